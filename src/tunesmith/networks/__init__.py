"""Networks of torch for time series.

Each takes windows of shape `(batch, lookback, channels)` and returns what comes after them, `(batch, horizon,
channels)`. Those with `uses_calendar` also take marks of the calendar, `(batch, lookback + horizon, marks)`.
"""
