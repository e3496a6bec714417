"""Tables for `fit`: read from files and frames, described, and split into folds."""
