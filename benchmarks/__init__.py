"""Figures of tunesmith beside its peers, taken in one run. Not timed tests: nothing here can fail a build."""
