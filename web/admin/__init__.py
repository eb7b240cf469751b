"""Pages for administrators: parked mail, health."""
