"""tunesmith finds better machine-learning models with less babysitting."""

__version__ = "0.1.0"
