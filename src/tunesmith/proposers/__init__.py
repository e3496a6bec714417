"""Which trial next. One proposer a file; the file's name is the plugin's name."""
