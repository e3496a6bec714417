"""Exporters, one file or folder each: a fitted model in a form that other programs and people use."""
