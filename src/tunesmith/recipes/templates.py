"""Recipes by name."""

from __future__ import annotations

from ..steps.dates import DatesStep
from .recipe import Recipe

TEMPLATES = {"plain": Recipe((DatesStep(),))}
"""`plain`: what every family needs."""
