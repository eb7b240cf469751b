"""Backups: made, listed, removed in time, put back, tried. None holds the ledger: it outlives them."""
