"""Time series: the grid of their stamps, many series as one panel, backtests, and metrics of forecasts."""
