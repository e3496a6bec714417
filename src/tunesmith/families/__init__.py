"""Families of models, one file each: a profile, a search space, fit and predict through a library."""
