"""One rule per file, each judging a mail without changing anything."""
