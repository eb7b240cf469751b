"""The `helpdesk` command, one file per group of commands; the only importers of click. Decides nothing itself."""
