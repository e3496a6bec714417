"""Forecasting models as a script, cut from the modules that train them."""
