"""Who is who, who may do what, and signing in."""
