"""The options of a script, read in its source without running it. One module a language or a way to read arguments."""
