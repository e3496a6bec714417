import io
import math
import sys

from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from tunesmith.progress.terminal import Printable, sparkline


@example([sys.float_info.max] * 3, 1)
@example([-sys.float_info.max] * 3, 1)
@given(st.lists(st.floats() | st.floats(1e-300, 1e300), max_size=60), st.integers(1, 40))
def test_any_curve_has_a_sparkline_that_fits(values: list[float], width: int) -> None:
    drawn = sparkline(values, width)
    assert len(drawn) <= width
    assert set(drawn) <= set(" ▁▂▃▄▅▆▇█")
    assert bool(drawn.strip()) == any(math.isfinite(value) for value in values)


def test_a_sparkline_shows_the_shape() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([1.0, math.nan, 3.0], 8) == "▁ █"
    assert sparkline([5.0] * 4, 8) == "▁▁▁▁"
    assert sparkline([1e6, 4.0, 3.0, 2.0, 1.0], 8) == "█▃▂▁▁", "one huge value does not hide the rest"
    assert len(sparkline(range(1000), 20)) == 20


def test_a_console_that_knows_ascii_alone_gets_ascii_alone() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    console = Console(file=stream, width=40)
    console.print(Printable(Text("★ best ▁▄█ ━━── größe 学")))
    stream.flush()
    assert stream.buffer.getvalue() == b"* best _=# ==-- gr??e ?\n"  # type: ignore[attr-defined]
