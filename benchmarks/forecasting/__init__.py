"""Forecasts of time series beside statsforecast and AutoGluon, in the same time."""
