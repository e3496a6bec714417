"""The contract of every executor in the folder."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from tests.detached_executor import DetachedExecutor

from tunesmith import plugins
from tunesmith.executors.base import Executor
from tunesmith.executors.pool import PoolExecutor
from tunesmith.testing.executors import check_executor

OTHERS: dict[str, Callable[[], Executor]] = {
    "process pool": lambda: PoolExecutor(slots=2, pool=ProcessPoolExecutor),
    "without a shared folder": lambda: PoolExecutor(slots=2, pool=ProcessPoolExecutor, shared_folder=False),
    "remote, cannot be stopped": lambda: DetachedExecutor(slots=2),
}


@pytest.mark.parametrize("name", plugins.names("executors"))
def test_executor_keeps_its_contract(name: str, tmp_path: Path) -> None:
    check_executor(plugins.create("executors", name, {} if name == "inline" else {"slots": 2}), tmp_path)


@pytest.mark.parametrize("name", OTHERS)
def test_an_executor_of_another_kind_keeps_the_contract(name: str, tmp_path: Path) -> None:
    check_executor(OTHERS[name](), tmp_path)
