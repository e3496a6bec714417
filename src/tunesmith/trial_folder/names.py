"""Names of the files in a trial's folder, as `studies/mine/trials/0007/`."""

from __future__ import annotations

from ..core.trial import ARTIFACTS_FOLDER as ARTIFACTS_FOLDER
from ..core.trial import CHECKPOINT_FOLDER as CHECKPOINT_FOLDER

PARAMETERS_FILE = "parameters.json"
"""The trial's parameters, written before it starts."""
ENVIRONMENT_FILE = "environment.json"
"""Host, process, Python, environment variables, and the command that reproduces the trial."""
REPORTS_FILE = "reports.jsonl"
"""Intermediate results, one JSON object per line. A script may append to it."""
HEARD_FILE = "heard.jsonl"
"""What the script logs with libraries, heard in its process, in the form of reports."""
METRICS_FILE = "metrics.json"
"""Final metrics by name."""
RESULT_FILE = "result.json"
"""How the last attempt ended, written by the executor."""
LOG_FILE = "log.txt"
"""Everything that the trial printed."""
WORK_FOLDER = "work"
"""The folder in which the command of a trial with `own_files` runs."""
HANDED_FILE = "handed.json"
"""Who has an attempt that outlives the study's session."""
STOP_FILE = "stop"
"""An empty file that asks the trial to stop; `trial.report` and the command task look for it."""

OF_ONE_ATTEMPT = (REPORTS_FILE, HEARD_FILE, METRICS_FILE, RESULT_FILE, ENVIRONMENT_FILE, STOP_FILE)
"""Files that the next attempt removes before it starts."""
