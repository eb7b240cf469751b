"""Raw bytes become tickets: the doors, the parser, the rules and the filing."""
