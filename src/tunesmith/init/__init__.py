"""`tunesmith init`: a study.toml drafted from a command, a script or a config file, and a request in plain words."""

from .asked import Asked
from .command_line import CommandLine
from .draft import Draft
from .drafting import draft_study
from .request import with_request
from .sources import Sources, find_sources, sources_of
from .study_toml import to_toml

__all__ = [
    "Asked",
    "CommandLine",
    "Draft",
    "Sources",
    "draft_study",
    "find_sources",
    "sources_of",
    "to_toml",
    "with_request",
]
