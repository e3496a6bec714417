"""A fitted model as one ONNX graph that takes raw rows."""

from .exporter import OnnxExporter

__all__ = ["OnnxExporter"]
