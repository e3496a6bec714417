"""Benchmarks of tunesmith and other libraries, measured in one run. Not tests: nothing here can fail a build."""
