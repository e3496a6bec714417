from pathlib import Path

from tunesmith.init.tryout import FileChange, Limits, Pace, SeenMetric, Tryout
from tunesmith.init.tryout_words import announcement, summary, tryout_facts

RUN = {"words": ("python", "train.py"), "folder": Path("/p/studies/x/tryout"), "project": Path("/p"), "seconds": 12.0}


def test_what_will_run_and_where_it_writes_is_said_before():
    first, second = announcement("python train.py --lr {lr}", "/p", "studies/x/tryout", Limits(seconds=120))
    assert "at most 2 min" in first
    assert first.endswith("python train.py --lr {lr}")
    assert second.startswith("It runs in /p and writes where it always does")
    assert "studies/x/tryout" in second


def test_a_run_is_summed_up():
    metrics = [
        SeenMetric(name="train_loss", value=0.5, sample="train_loss 0.5", count=3),
        SeenMetric(name="val_loss", value=0.25, sample="\x1b[31mval_loss 0.25\x1b[0m", count=3),
    ]
    files = [
        FileChange(path=Path("/p/new.pt"), is_new=True, size_bytes=2_000_000),
        FileChange(path=Path("/p/old.csv"), is_new=False, size_bytes=10),
    ]
    tryout = Tryout(
        **RUN, ending="finished", metrics=tuple(metrics), files=tuple(files), peak_memory_bytes=300_000_000,
        pace=Pace(unit="epoch", seconds=4.0, last=3),
    )  # fmt: skip
    assert list(summary(tryout)) == [
        "test run: finished after 12 s, 300 MB of memory",
        "  val_loss = 0.25, 3 values    val_loss 0.25",
        "  train_loss = 0.5, 3 values    train_loss 0.5",
        "  4 s per epoch",
        "  overwrote old.csv (10 B)",
        "  wrote new.pt (2 MB)",
    ]
    facts = tryout_facts(tryout)
    assert [metric["name"] for metric in facts["metrics"]] == ["val_loss", "train_loss"]
    assert facts["files"][0] == {"path": "/p/new.pt", "is_new": True, "size_bytes": 2_000_000}


def test_a_run_that_failed_shows_the_end_of_its_log_and_what_it_lacks():
    tail = "\n".join(f"line {index}" for index in range(40))
    tryout = Tryout(**RUN, ending="failed", reason="exit status 1", log_tail=tail, trouble="it needs a GPU. Use one.")
    lines = list(summary(tryout))
    assert lines[:2] == ["test run: exit status 1", "  it seems that it needs a GPU. Use one."]
    assert lines[-1] == "    line 39"
    assert len(lines) < 20
