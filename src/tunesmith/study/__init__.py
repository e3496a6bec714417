"""The study: its specification, ask and tell, and run."""
