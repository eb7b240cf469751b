"""Pages for privacy officers and record managers: destruction, certificates, legal holds, the register, reads."""
