"""The plots of a report, drawn from computed values only.

A new plot is a new file with one function that returns a `Plot`, and its line in `draw`.
"""

from __future__ import annotations

from ...history.history import History
from ...proposers.base import Proposer
from ...proposers.portfolio import PortfolioProposer
from ..importance import Importance
from .curves import curves_plot
from .front import front_plot, growth_plot
from .history import history_plot
from .importance import importance_plot
from .parallel import parallel_plot
from .plot import Plot
from .shares import shares_plot

__all__ = ["Plot", "draw"]


def draw(history: History, importance: Importance, proposer: Proposer | None = None) -> list[Plot]:
    """Return the plots in the order of the page.

    Args:
        history: The study's history.
        importance: The parameters' importance, which also orders the axes of the parallel coordinates.
        proposer: The study's proposer, if known; a portfolio has a plot of its shares.
    """
    return [
        *([front_plot(history), growth_plot(history)] if history.objective.pareto else []),
        history_plot(history),
        importance_plot(importance),
        parallel_plot(history, importance),
        curves_plot(history),
        *([shares_plot(history, proposer)] if isinstance(proposer, PortfolioProposer) else []),
    ]
