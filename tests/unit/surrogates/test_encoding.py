import numpy as np
import pytest

from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.core.space import SearchSpace
from tunesmith.surrogates.encoding import snap
from tunesmith.testing.contracts import spaces

NUMERIC_PARENTS = SearchSpace(
    {
        "layers": Int(1, 4),
        "width": Int(8, 512, log=True, when={"layers": {"low": 2, "high": 3}}),
        "ratio": Float(0.0, 1.0, step=0.25, when={"layers": [1, 4]}),
        "size": Choice([1, 2.5, 7], when={"ratio": [0.25, 0.5, 0.75]}),
        "deep": Float(0.0, 1.0, when={"size": {"low": 2}, "layers": 4}),
        "rate": Float(1e-4, 1.0, log=True),
        "late": Int(0, 5, when={"rate": {"high": 1e-2}}),
    }
)


@pytest.mark.parametrize("name", [*spaces(), "numeric parents"])
def test_snap_equals_decode_then_encode(name: str) -> None:
    space = {**spaces(), "numeric parents": NUMERIC_PARENTS}[name]
    units = np.random.default_rng(0).random((300, len(space.names)))
    units[:20] = np.nan
    units[20:40], units[40:60] = 0.0, 1.0
    each = np.array([space.encode(space.decode(point)) for point in units])
    np.testing.assert_allclose(snap(space, units), each, atol=1e-9)
