import pytest

from tunesmith.init import gpu_use


@pytest.fixture
def smi(tmp_path, monkeypatch):
    """Put a program `nvidia-smi` on the path that prints a listing, since the real one needs a GPU."""

    def write(listing, status=0):
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\nprintf '{listing}'\nexit {status}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        gpu_use._program.cache_clear()

    yield write
    gpu_use._program.cache_clear()


@pytest.mark.parametrize(
    ("listing", "status", "held"),
    [
        ("11, 512\\n12, 100\\n99, 4000\\n", 0, 612 << 20),
        ("", 0, 0),
        ("11, [N/A]\\n", 0, 0),
        ("No devices were found\\n", 6, None),
    ],
)
def test_the_memory_of_a_runs_own_processes_is_counted(smi, listing, status, held):
    smi(listing, status)
    assert gpu_use.gpu_bytes({11, 12}) == held
