"""What one trial runs. One kind of task a file; the file's name is the plugin's name."""
