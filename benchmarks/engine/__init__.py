"""The overhead of the engine: a turn of the loop, `ask`, memory, and resuming after a kill."""
