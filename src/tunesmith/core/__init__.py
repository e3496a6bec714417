"""Frozen data and what is computed from it. Nothing here reads or writes."""
