"""Answers that are kept and given again: written and reviewed by staff, found and read by everybody who may."""
