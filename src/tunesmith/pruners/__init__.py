"""When a running trial is not worth finishing. One pruner a file; the file's name is the plugin's name."""
