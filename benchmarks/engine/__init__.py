"""What the engine itself costs: a turn of the loop, `ask`, memory, and going on after a kill."""
