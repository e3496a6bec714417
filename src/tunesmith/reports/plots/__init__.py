"""The pictures of a report, drawn from the values of `data` and nothing else.

A new picture is a new file with one function that returns a `Picture`, and its line in `pictures`.
"""

from __future__ import annotations

from ...history.history import History
from ...proposers.base import Proposer
from ...proposers.portfolio import PortfolioProposer
from ..importance import Importance
from .curves import curves_picture
from .front import front_picture, growth_picture
from .history import history_picture
from .importance import importance_picture
from .parallel import parallel_picture
from .picture import Picture
from .shares import shares_picture

__all__ = ["Picture", "pictures"]


def pictures(history: History, found: Importance, proposer: Proposer | None = None) -> list[Picture]:
    """Return the pictures in the order of the page.

    Args:
        history: All that is known.
        found: The parameters' importance, which also orders the axes of the parallel coordinates.
        proposer: Who proposes, where that is known; what a portfolio shared out has a picture.
    """
    several = [front_picture(history), growth_picture(history)] if history.objective.pareto else []
    return [
        *several,
        history_picture(history),
        importance_picture(found),
        parallel_picture(history, found),
        curves_picture(history),
        *([shares_picture(history, proposer)] if isinstance(proposer, PortfolioProposer) else []),
    ]
