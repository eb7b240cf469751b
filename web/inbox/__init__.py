"""The advisors' pages."""
