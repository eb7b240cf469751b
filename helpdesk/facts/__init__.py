"""Dates about people, added and never changed, and the files they come from. Reckons nothing itself: the clock does."""
