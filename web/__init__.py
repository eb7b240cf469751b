"""The web: pages for advisors and the event stream."""
