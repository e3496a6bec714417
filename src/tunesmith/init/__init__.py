"""`tunesmith init`: a study.toml drafted from a script or a config file, and from a request in plain words."""

from .draft import Draft
from .drafting import draft_study
from .request import with_request
from .study_toml import to_toml

__all__ = ["Draft", "draft_study", "to_toml", "with_request"]
