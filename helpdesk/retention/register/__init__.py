"""The register of processing as code: one TOML per processing, its reading, tensions and export. No database."""
