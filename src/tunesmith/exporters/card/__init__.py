"""A model card in Markdown (Mitchell et al. 2019): what the model is, how good, where it ends, how to use it."""

from .exporter import CardExporter

__all__ = ["CardExporter"]
