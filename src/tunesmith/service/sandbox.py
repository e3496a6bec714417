"""The folder that limits what a remote client can reach."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..config.settings import Settings, read_settings
from ..errors import InputError
from ..journal.file import JOURNAL_NAME
from ..study.spec import source_of
from ..study.study import Study
from ..study.tuning import load, study_from_settings
from .settings import settings_of


@dataclass(frozen=True)
class Sandbox:
    """Resolves the paths that clients send, and refuses those outside one folder.

    Args:
        folder: An absolute path without symbolic links.
    """

    folder: Path

    @classmethod
    def of(cls, folder: Path) -> Sandbox:
        """Return the sandbox of an existing folder.

        Raises:
            InputError: The folder does not exist.
        """
        if not folder.is_dir():
            raise InputError(f"the root must be an existing folder, got {folder}.")
        return cls(folder.resolve())

    def path(self, requested: str | Path) -> Path:
        """Return a path with its symbolic links resolved; a relative one starts at the sandbox's folder.

        Raises:
            InputError: The path leads outside.
        """
        try:
            path = (self.folder / Path(requested).expanduser()).resolve()
        except (OSError, RuntimeError, ValueError):
            raise InputError(f"expected the path of a file or folder, got {str(requested)!r:.200}.") from None
        if not path.is_relative_to(self.folder):
            raise InputError(
                f"studies must lie in {self.folder}, but {str(requested)!r:.200} lies outside. "
                "Move the study there, or start the server with another --root."
            )
        return path

    def load(self, requested: str) -> Study:
        """Return the study in a folder, for reading."""
        folder = self.path(requested)
        self.path(folder / JOURNAL_NAME)
        return load(folder)

    def open(self, requested: str) -> Study:
        """Return the study in a folder, or the one that a study.toml describes, to ask and tell."""
        path = self.path(requested)
        return self.load(requested) if path.is_dir() else self.build(read_settings(path))

    def settings(self, requested: str, flags: dict[str, int | float | None]) -> Settings:
        """Return the settings of a study.toml, or of the one that the study in a folder came from."""
        path = self.path(requested)
        if path.is_dir():
            self.path(path / JOURNAL_NAME)
            self.path(source_of(path))
        return settings_of(path, flags)

    def build(self, settings: Settings) -> Study:
        """Return the study that settings describe; its folder must lie inside, too."""
        self.path(settings.folder / JOURNAL_NAME)
        return study_from_settings(settings, tracked=False)
