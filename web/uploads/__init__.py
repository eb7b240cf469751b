"""Sending a file in pieces ahead of the form it goes with, for people who ask and for staff."""
