"""The domain: tickets, people, mail, retention. Knows no web, no IMAP and no SMTP server."""
