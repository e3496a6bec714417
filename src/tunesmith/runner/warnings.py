"""The log of a study's warnings, for those who see no view of the study."""

from __future__ import annotations

import logging

from ..history.history import History
from ..history.warnings import study_warnings

log = logging.getLogger(__name__)


class WarningLog:
    """Logs each warning about a study once."""

    def __init__(self) -> None:
        self._logged: set[str] = set()

    def update(self, history: History) -> None:
        """Log the warnings that are new."""
        for warning in study_warnings(history):
            if warning.kind not in self._logged:
                self._logged.add(warning.kind)
                log.warning("%s", warning.text)
