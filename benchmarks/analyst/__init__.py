"""What the analyst finds in made-up tables with known groups, times and leaks, and in real tables without."""
