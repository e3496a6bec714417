"""Preparation of columns for a model, fitted on the training fold only."""
