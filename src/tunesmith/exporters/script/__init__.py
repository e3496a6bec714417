"""A fitted model as one readable script that trains it again with public libraries only."""

from .exporter import ScriptExporter

__all__ = ["ScriptExporter"]
