"""The public face of a study: its specification, ask and tell, run."""
