"""The analysis of a table: what its columns are, what is wrong with it, and how its rows should be split."""

from .analysis import Analysis, SplitColumn
from .analyst import analyse

__all__ = ["Analysis", "SplitColumn", "analyse"]
