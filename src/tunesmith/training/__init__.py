"""Training of neural networks: epochs, schedules, early stopping, history. Everything but `schedules` needs torch."""
