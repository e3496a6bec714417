"""Bad input of `tunesmith fit`: one message each, which says what must hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tunesmith import InputError
from tunesmith.cli import tunesmith

TABLE = "a,b,c\n" + "".join(f"{n},{n % 3},{'xy'[n % 2]}\n" for n in range(30))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no.csv", "--target", "a"], r"must be an existing file, got no\.csv"),
        (["empty.csv", "--target", "a"], r"empty\.csv is empty"),
        (["constant.csv", "--target", "b"], r"two or more values, but 'b' has the same one"),
        (["t.csv", "--target", "d"], "must be a column of the table, got 'd'"),
        (["t.csv", "--target", "c", "--metric", "rmse"], "must be one of log_loss"),
        (["t.csv", "--target", "c", "--families", "lightgmb"], "Did you mean 'lightgbm'"),
        (["t.csv", "--target", "c", "--limit", "model_mb = 5"], "a limit must be a metric, <= or >=, and a number"),
        (["t.csv", "--target", "c", "--limit", "modelmb <= 5"], "Did you mean 'model_mb'"),
        (["t.csv", "--target", "c", "--minutes", "0"], "minutes must be above 0"),
        (["t.csv", "--target", "c", "--task", "forecasting"], "a target of a forecast must hold numbers, but 'c'"),
        (["t.csv", "--target", "c", "--horizon", "7"], "a target of a forecast must hold numbers, but 'c'"),
        (["t.csv", "--target", "a", "--horizon", "0"], "horizon must be at least 1"),
        (["t.csv", "--target", "a", "--horizon", "7", "--time", "d"], "the time column must be a column of the table"),
        (["t.csv", "--target", "a", "--horizon", "7", "--group", "b"], "the option group is for tables of rows"),
        (["words.csv", "--horizon", "7"], "forecasting needs a column of numbers, as --target COLUMN"),
        (["t.csv"], r"a target must be named: .* The columns are a, b, c\."),
        (["twice.csv", "--target", "a"], "the target must be one column, but several are named 'a'"),
        (["t.json", "--target", "c"], r"JSON is not read. Save t\.json as CSV"),
        ([".", "--target", "c"], r"a table must be a file, but \. is a folder"),
        (["t.csv", "--request", "predict d"], "must name the column to predict, as 'predict COLUMN'"),
    ],
)
def test_bad_input(words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    Path("words.csv").write_text("a,b\nx,y\nu,v\nx,v\n")
    Path("empty.csv").write_text("")
    Path("twice.csv").write_text(TABLE.replace("a,b,c", "a,b,a", 1))
    Path("t.json").write_text("[{}]")
    Path("constant.csv").write_text("a,b\n1,2\n2,2\n3,2\n")
    with pytest.raises(InputError, match=message):
        tunesmith.main(["fit", *words, "--folder", "f"], standalone_mode=False)
    assert not Path("f", "journal.jsonl").exists()


def test_a_dry_run_shows_what_was_understood_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    tunesmith.main(["fit", "t.csv", "--target", "c", "--dry-run", "--json"], standalone_mode=False)
    facts = json.loads(capsys.readouterr().out)
    assert (facts["rows"], facts["metric"], facts["minutes"]) == (30, "log_loss", 5)
    assert facts["targets"][0]["classes"] == {"x": 15, "y": 15}
    assert facts["columns"]["b"] in ("number", "category")
    tunesmith.main(["fit", "t.csv", "--target", "c", "--dry-run"], standalone_mode=False)
    assert "c, 2 classes: x 50 %, y 50 %" in capsys.readouterr().out
    assert [path.name for path in Path().iterdir()] == ["t.csv"]


def test_several_targets_are_all_predicted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    tunesmith.main(["fit", "t.csv", "--target", "c", "--target", "a", "--dry-run", "--json"], standalone_mode=False)
    facts = json.loads(capsys.readouterr().out)
    assert [target["name"] for target in facts["targets"]] == ["c", "a"]
    assert list(facts["columns"]) == ["b"]


def test_a_request_names_the_target_and_is_shown_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    words = ["fit", "t.csv", "--request", "predict c, explainable, in 2 minutes, sing", "--minutes", "3", "--dry-run"]
    tunesmith.main(words, standalone_mode=False)
    shown = capsys.readouterr().out
    assert "'predict c': target c" in shown
    assert "not understood: sing" in shown
    tunesmith.main([*words, "--json"], standalone_mode=False)
    facts = json.loads(capsys.readouterr().out)
    assert facts["request"]["not_understood"] == ["sing"]
    assert facts["minutes"] == 3
    assert set(facts["families"]) == {"prior", "linear", "decision_tree", "additive"}
