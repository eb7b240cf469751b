"""Chat: a ticket from its first line on, said in lines. Stands on `tickets/`, and sends through `mail/`."""
