"""Proposers, which choose the configurations to try. One file per proposer, named like the plugin."""
