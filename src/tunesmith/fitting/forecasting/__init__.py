"""`fit` for time series."""
