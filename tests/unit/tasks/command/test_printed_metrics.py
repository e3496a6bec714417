import pytest

from tunesmith.tasks.command.printed_metrics import PrintedMetrics


def found(*pieces):
    printed = PrintedMetrics()
    for piece in pieces:
        printed.feed(piece)
    return printed.values()


@pytest.mark.parametrize(
    ("line", "metrics"),
    [
        (b"val_mse=0.31", {"val_mse": 0.31}),
        (b"val_mse: 3.1e-1, acc = 97.5%", {"val_mse": 0.31, "acc": 97.5}),
        (b"| loss -0.5 | loss=-.5.", {"loss": -0.5}),
        (b"\x1b[32mval/mse=0.31\x1b[0m", {"val/mse": 0.31}),
        (b"y=inf", {"y": float("inf")}),
        (b"at 12:30:45 version=1.2.3 id=12abc see http://host:80/ time: 12:30", {}),
        (b"\xff\xfey=1", {"y": 1.0}),
    ],
)
def test_numbers_with_a_name_are_metrics(line, metrics):
    assert found(line) == metrics


def test_the_last_value_of_a_name_counts():
    assert found(b"y=1\ny=2\r y=3\n") == {"y": 3.0}


def test_pieces_may_break_anywhere():
    text = b"first y=1.25\nsecond y=2.5\n"
    assert found(*(text[place : place + 1] for place in range(len(text)))) == {"y": 2.5}


def test_very_long_lines_are_passed_over_and_the_next_ones_not():
    long = b"x" * 50_000
    assert found(b"y=1\n", long, long, b" y=2", b" y=3\ny=4") == {"y": 4.0}
    assert found(b"y=1\n" + long + long + b" y=2\n") == {"y": 1.0}


def test_memory_does_not_grow_with_names():
    assert len(found(b"\n".join(b"name%d=1" % number for number in range(5000)))) == 1000
