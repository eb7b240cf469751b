"""Mail as the domain speaks of it: references, matching, composing, the outbox."""
