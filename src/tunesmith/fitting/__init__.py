"""`fit`: a study over families and their hyperparameters, and an ensemble of its trials."""
