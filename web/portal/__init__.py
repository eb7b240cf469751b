"""Pages for people who ask: their door, their questions, their data, and what everybody may read."""
