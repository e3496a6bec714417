"""Combinations of trained models."""
