"""Steps of recipes, one file each."""
