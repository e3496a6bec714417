"""The folder outside of which a client reaches nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..cli.verb_run import settings_of
from ..config.settings import Settings, read_settings
from ..engine.recorder import JOURNAL_NAME
from ..errors import InputError
from ..study.study import Study
from ..study.tuning import load, source_of, study_from_settings


@dataclass(frozen=True)
class Root:
    """Resolves the paths that clients give, and refuses those that lead outside.

    Args:
        folder: Absolute, and without symbolic links.
    """

    folder: Path

    @classmethod
    def of(cls, folder: Path) -> Root:
        """Return the root in an existing folder.

        Raises:
            InputError: There is no such folder.
        """
        if not folder.is_dir():
            raise InputError(f"the root must be a folder, but {folder} is none.")
        return cls(folder.resolve())

    def path(self, given: str | Path) -> Path:
        """Return a path with its symbolic links resolved; a relative one starts at the root.

        Raises:
            InputError: It lies outside.
        """
        try:
            path = (self.folder / Path(given).expanduser()).resolve()
        except (OSError, RuntimeError, ValueError):
            raise InputError(f"a path must lead to a file or folder, but {str(given)!r:.200} leads nowhere.") from None
        if not path.is_relative_to(self.folder):
            raise InputError(
                f"studies must lie in {self.folder}, but {str(given)!r:.200} lies outside. "
                "Move the study there, or start the server with another --root."
            )
        return path

    def load(self, given: str) -> Study:
        """Return the study in a folder, to look at."""
        folder = self.path(given)
        self.path(folder / JOURNAL_NAME)
        return load(folder)

    def open(self, given: str) -> Study:
        """Return the study in a folder, or the one that a study.toml describes, to ask and tell."""
        path = self.path(given)
        return self.load(given) if path.is_dir() else self.build(read_settings(path))

    def settings(self, given: str, flags: dict[str, int | float | None]) -> Settings:
        """Return the settings of a study.toml, or of the one that the study in a folder was made from."""
        path = self.path(given)
        if path.is_dir():
            self.path(path / JOURNAL_NAME)
            self.path(source_of(path))
        return settings_of(path, flags)

    def build(self, settings: Settings) -> Study:
        """Return the study that settings describe; its folder must lie inside, too."""
        self.path(settings.folder / JOURNAL_NAME)
        return study_from_settings(settings)
