import stat

import pytest

from tunesmith.core.cores import count_cores
from tunesmith.executors.process.environment import (
    find_gpus,
    gpu_variables,
    gpus_of_slot,
    thread_variables,
)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)


def test_threads_are_shared_out_unless_the_environment_says_how_many(monkeypatch):
    monkeypatch.setenv("MKL_NUM_THREADS", "7")
    share = str(max(1, count_cores() // 2))
    assert thread_variables(None, 2) == {"OMP_NUM_THREADS": share, "OPENBLAS_NUM_THREADS": share}


def test_a_number_of_threads_that_is_asked_for_goes_before_the_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert set(thread_variables(1, 2).values()) == {"1"}
    assert thread_variables(1, 2)["OMP_NUM_THREADS"] == "1"


def test_gpus_are_given_out_in_turn_and_shared_where_there_are_too_few():
    assert [gpus_of_slot(["0", "1", "2"], slot, 1) for slot in range(4)] == [["0"], ["1"], ["2"], ["0"]]
    assert gpus_of_slot(["0", "1", "2", "3"], 1, 2) == ["2", "3"]
    assert gpu_variables(1, ["0", "GPU-a1"], 1)["CUDA_VISIBLE_DEVICES"] == "GPU-a1"
    assert gpu_variables(0, [], 1) == {"CUDA_VISIBLE_DEVICES": "", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    assert gpu_variables(0, None, 1) == {}


def test_gpus_are_those_that_the_user_has_made_visible(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, 3")
    assert find_gpus() == ["2", "3"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert find_gpus() == []


def test_gpus_are_those_that_nvidia_smi_lists(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'GPU 0: H200 (UUID: GPU-1)'\necho 'GPU 1: H200 (UUID: GPU-2)'\n")
    program.chmod(stat.S_IRWXU)
    assert find_gpus() == ["0", "1"]
    program.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed'\nexit 9\n")
    assert find_gpus() == []
