"""Answers as pages: for everybody, and for staff who write and use them."""
