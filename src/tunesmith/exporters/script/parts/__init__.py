"""Modules that are pasted into scripts: each is code of public libraries only, and does what a family here does."""
