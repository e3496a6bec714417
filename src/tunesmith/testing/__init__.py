"""Contract checks, test problems and histories for plugin authors."""
