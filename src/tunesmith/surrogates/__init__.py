"""Surrogate models and acquisition functions that proposers share."""
