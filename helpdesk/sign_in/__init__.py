"""Signing in by way of a mail: stands above the outbox, unlike `people/`."""
