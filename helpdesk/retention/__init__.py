"""Until when a ticket is kept, and why. Knows models only and calls no verb."""
