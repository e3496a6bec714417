"""Families of forecasting models; one file each."""
