"""Options of executors whose trials are jobs."""

from __future__ import annotations

from typing import Any

import pytest

from tunesmith.errors import InputError
from tunesmith.executors._walltime import seconds_of, walltime_of
from tunesmith.executors.parsl import ParslExecutor, shares_of_gpus
from tunesmith.executors.slurm import SlurmExecutor


@pytest.mark.parametrize("walltime", ["2h", "10", "00:00:30", "1:2", "aa:bb:cc", "-1:00:00"])
def test_a_walltime_of_another_form_is_refused(walltime: str) -> None:
    with pytest.raises(InputError, match="walltime"):
        SlurmExecutor(walltime=walltime)


def test_a_walltime_may_exceed_a_day() -> None:
    assert seconds_of("48:30:10") == 174_610.0
    assert walltime_of(174_610.0) == "48:31:00"


@pytest.mark.parametrize("options", [{"slots": 0}, {"cores": 0}, {"gpus": -1}, {"poll_seconds": 0.0}])
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        SlurmExecutor(**options)


@pytest.mark.parametrize(("slots", "nodes", "trials_per_node", "blocks"), [
    (1, 1, 1, 1), (64, 1, 32, 2), (65, 1, 32, 3), (64, 4, 4, 4),
])  # fmt: skip
def test_there_are_as_many_pilot_jobs_as_the_slots_need(
    slots: int, nodes: int, trials_per_node: int, blocks: int
) -> None:
    assert ParslExecutor(slots=slots, nodes=nodes, trials_per_node=trials_per_node).blocks == blocks


@pytest.mark.parametrize(("gpus", "trials", "shares"), [
    (0, 4, []), (4, 4, ["0", "1", "2", "3"]), (4, 1, ["0,1,2,3"]), (4, 3, ["0", "1", "2"]),
    (1, 3, ["0", "0", "0"]), (4, 6, ["0", "0", "1", "2", "2", "3"]),
])  # fmt: skip
def test_gpus_are_shared(gpus: int, trials: int, shares: list[str]) -> None:
    assert shares_of_gpus(gpus, trials) == shares


@pytest.mark.parametrize(("partition", "limit"), [
    (None, "2:00:00"), ("gpu", "1-00:00:00"), ("gpu,short", "1-00:00:00"), ("all", "infinite"), ("nowhere", None),
])  # fmt: skip
def test_the_time_limit_of_a_partition_is_found(partition: str | None, limit: str | None) -> None:
    printed = "debug* 2:00:00\ngpu 1-00:00:00\nshort 30:00\nall infinite\n"
    assert SlurmExecutor(partition=partition).time_limit(printed) == limit
