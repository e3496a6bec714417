"""The graph that drives a study, and the roles in it."""
