"""Whether a finished trial is really better. One judge a file; the file's name is the plugin's name."""
