"""The analysis of a table: what its columns are, what is wrong with it, and how its rows should be split."""

from .analysis import Analysis, SplitColumn
from .analyst import analyse
from .digest import as_text, column_rows, digest

__all__ = ["Analysis", "SplitColumn", "analyse", "as_text", "column_rows", "digest"]
