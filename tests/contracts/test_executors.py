"""Every executor keeps the contract; a new file in the folder is tested the day it appears."""

from pathlib import Path

import pytest

from tunesmith import plugins
from tunesmith.testing.executors import check_executor


@pytest.mark.parametrize("name", plugins.names("executors"))
def test_executor_keeps_its_contract(name: str, tmp_path: Path) -> None:
    check_executor(plugins.create("executors", name), tmp_path)
