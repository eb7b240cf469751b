"""The demonstration of `make run`: a mailbox, a relay and an employee. Never beside a real mailbox; loopback only."""
