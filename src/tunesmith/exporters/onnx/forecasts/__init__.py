"""Forecasting models as one ONNX graph: histories in, quantiles out."""
