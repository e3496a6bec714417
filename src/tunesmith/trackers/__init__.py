"""Write-only observers of a study. One tracker a file; the file's name is the plugin's name."""
