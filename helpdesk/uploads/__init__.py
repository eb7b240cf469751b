"""Files that come through the pages: what may come, sent in pieces, and looked at by the virus scanner."""
