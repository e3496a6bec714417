from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from tunesmith.training.memory import MemoryNeed, count_parameters, estimate_memory  # noqa: E402


def test_parameters_are_counted_without_memory_for_them() -> None:
    assert count_parameters(lambda: nn.Linear(10**6, 10**6, bias=False)) == 10**12, "4 TB are not there"


def test_a_step_needs_what_its_way_back_keeps() -> None:
    """Two layers keep their inputs, of 100 and 50 numbers, and what the activation lets through."""

    def build() -> nn.Module:
        return nn.Sequential(nn.Linear(100, 50), nn.ReLU(), nn.Linear(50, 10))

    need = estimate_memory(build, [torch.randn(2, 100)], batch=64)
    assert need.parameters == 100 * 50 + 50 + 50 * 10 + 10
    numbers = 100 + 50 + 10
    assert need.batch_bytes == pytest.approx(1.5 * 4 * 64 * numbers)
    assert estimate_memory(build, [torch.randn(2, 100)], batch=128).batch_bytes == 2 * need.batch_bytes


def test_parameters_count_with_their_optimiser_and_checkpoint() -> None:
    need = MemoryNeed(parameters=1_000, batch_bytes=500)
    assert need.total_bytes == 9 * 4_000 + 500
