import pytest

from tunesmith.init.pace import EpochClock
from tunesmith.init.tryout import Pace


def paced(lines):
    clock = EpochClock()
    for second, line in enumerate(lines):
        clock.read(line, float(second))
    return clock.pace()


@pytest.mark.parametrize(
    ("lines", "pace"),
    [
        (["Epoch 1/5", "loss 0.5", "Epoch 2/5", "loss 0.4"], Pace(unit="epoch", seconds=2.0, last=2, total=5)),
        (["epochs: 9", "epoch=9", "learning rate 0.1"], None),
        (["{'epoch': 1.0}", "{'epoch': 2.0}"], Pace(unit="epoch", seconds=1.0, last=2)),
        (["Train Epoch: 3 [0/60 (0%)]", "Train Epoch: 3 [20/60 (33%)]"], Pace(unit="epoch", seconds=3.0, last=2)),
        (["Epoch 1/4:   0%| | 0/8 [00:00<?]", "Epoch 1/4:  25%|# | 2/8 [00:01<00:03]"],
         Pace(unit="epoch", seconds=4.0, last=0, total=4)),
        (["step 100: loss 2", "step 200: loss 1", "step 400: loss 0"], Pace(unit="step", seconds=0.0075, last=400)),
        (["[0]\tvalid-rmse:1.0", "[1]\tvalid-rmse:0.9"], Pace(unit="step", seconds=1.0, last=1)),
        (["fold 1", "Epoch 1", "Epoch 2", "fold 2", "Epoch 1", "Epoch 2"], Pace(unit="epoch", seconds=1.0, last=2)),
        (["done in 3 s", "saved to /tmp/1/2"], None),
    ],
)  # fmt: skip
def test_the_pace_is_told_from_what_is_counted(lines, pace):
    assert paced(lines) == pace
