"""The journal of a study: an append-only list of events."""
