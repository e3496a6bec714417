"""Write-only observers of a study. One tracker per file; the file's name is the plugin's name."""
