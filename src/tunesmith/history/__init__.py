"""What a study knows: events played back into trials, arrays, the leaderboard and credit."""

from .history import History

__all__ = ["History"]
