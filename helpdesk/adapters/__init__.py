"""One file per outside thing; only wiring.py imports them."""
