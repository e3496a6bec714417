"""Recipes by name."""

from __future__ import annotations

from ..steps.arithmetic import ArithmeticStep
from ..steps.counts import CountsStep
from ..steps.dates import DatesStep
from ..steps.target_means import TargetMeansStep
from ..steps.text import TextStep
from .recipe import Recipe

_PLAIN = (DatesStep(), TextStep())

TEMPLATES = {
    "plain": Recipe(_PLAIN),
    "engineered": Recipe((*_PLAIN, CountsStep(), TargetMeansStep(), ArithmeticStep(most=20))),
}
"""`plain`: what every family needs. `engineered`: for boosted trees, where pairs of numbers say more than each."""
