from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from tunesmith.networks.normalisation import Centre, WindowNorm  # noqa: E402


@pytest.mark.parametrize("centre", ["mean", "last", "none"])
@pytest.mark.parametrize("scaled", [True, False])
def test_the_norm_is_undone_exactly(centre: Centre, scaled: bool) -> None:
    norm = WindowNorm(3, centre=centre, scaled=scaled, affine=True)
    with torch.no_grad():
        norm.factor.copy_(torch.tensor([0.5, 1.0, 2.0]))
        norm.offset.copy_(torch.tensor([-1.0, 0.0, 1.0]))
    windows = torch.randn(4, 10, 3, dtype=torch.float64) * 5 + 20
    normalised, middle, spread = norm(windows)
    torch.testing.assert_close(norm.undo(normalised, middle, spread), windows, rtol=1e-8, atol=1e-8)


def test_windows_have_mean_0_and_deviation_1() -> None:
    normalised, _, _ = WindowNorm(2)(torch.randn(4, 50, 2) * 7 + 100)
    torch.testing.assert_close(normalised.mean(dim=1), torch.zeros(4, 2), atol=1e-4, rtol=0)
    torch.testing.assert_close(normalised.var(dim=1, unbiased=False), torch.ones(4, 2), atol=1e-3, rtol=0)


def test_a_constant_window_is_finite() -> None:
    norm = WindowNorm(1)
    normalised, middle, spread = norm(torch.full((1, 6, 1), 5.0))
    assert torch.isfinite(normalised).all()
    torch.testing.assert_close(norm.undo(torch.zeros(1, 3, 1), middle, spread), torch.full((1, 3, 1), 5.0))
