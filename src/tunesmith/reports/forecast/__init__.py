"""The report of a fit of time series."""
