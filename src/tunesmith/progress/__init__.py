"""What a running study shows on a terminal or in a notebook: its live state, and how that is drawn."""
