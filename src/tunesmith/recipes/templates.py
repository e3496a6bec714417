"""Recipes by name."""

from __future__ import annotations

from ..steps.dates import DatesStep
from ..steps.text import TextStep
from .recipe import Recipe

TEMPLATES = {"plain": Recipe((DatesStep(), TextStep()))}
"""`plain`: what every family needs."""
