"""When the desks work: days, hours and closures. Reads no ticket."""
