"""Attachments, raw source and cleaned HTML, served so that none can run."""
