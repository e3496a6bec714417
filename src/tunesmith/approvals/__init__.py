"""Steps that wait for a person's approval."""
