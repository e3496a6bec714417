"""Where trials run. One executor a file; the file's name is the plugin's name."""
