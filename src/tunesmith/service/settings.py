"""Settings of a new study or of one that goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config.settings import Settings, read_settings
from ..study.spec import source_of


def settings_of(study: Path, flags: Mapping[str, Any]) -> Settings:
    """Return the settings of a study.toml, or of the study in a folder, which then goes on in that folder.

    Args:
        study: A study.toml or a study's folder.
        flags: Settings that override the file's; None leaves one as it is.
    """
    settings = read_settings(source_of(study) if study.is_dir() else study, flags)
    if study.is_dir() and flags.get("folder") is None:
        settings.tables["study"]["folder"] = str(study.absolute())
        settings.origins[("study", "folder")] = str(study)
    return settings
