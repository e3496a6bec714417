"""How good a fitted model is, where it is weak, and why; values only."""
