"""What fit does because of what the analyst finds, and what it leaves to the user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.analyst.tables import patients, plain, trend

from tunesmith.data.analysis import Analysis
from tunesmith.data.table import Table
from tunesmith.fitting.data_options import DataOptions
from tunesmith.fitting.prepare import prepare


def prepared(tmp_path: Path, frame: pd.DataFrame, **options: Any) -> tuple[Table, Analysis]:
    folder = tmp_path / "study" / "table"
    table = prepare(frame, DataOptions(target="y", **options), folder, seed=0)
    analysis = Analysis.load(folder)
    assert analysis is not None
    return table, analysis


def shared_groups(table: Table, groups: pd.Series) -> int:
    """How many groups are in more than one fold."""
    return int((pd.Series(table.folds[0]).groupby(groups.to_numpy()).nunique() > 1).sum())


def test_groups_that_are_found_are_kept_in_one_fold_and_it_is_said(tmp_path: Path) -> None:
    frame = patients(np.random.default_rng(0), "patient_id").reset_index(drop=True)
    table, analysis = prepared(tmp_path, frame)
    assert shared_groups(table, frame["patient_id"]) == 0
    assert "patient_id" not in table.schema.names
    assert analysis.of_kind("group")[0].remedy.startswith("Rows of one value are kept in one fold")


def test_a_table_is_kept_as_given_if_the_user_says_so(tmp_path: Path) -> None:
    frame = patients(np.random.default_rng(0), "patient_id").reset_index(drop=True)
    table, analysis = prepared(tmp_path, frame, as_given=True)
    assert shared_groups(table, frame["patient_id"]) > 0
    assert "patient_id" in table.schema.names
    assert "--group patient_id" in analysis.of_kind("group")[0].remedy


def test_a_column_that_the_user_names_wins(tmp_path: Path) -> None:
    frame = patients(np.random.default_rng(0), "patient_id").reset_index(drop=True)
    frame["town"] = frame["patient_id"].astype(str).str[-1:]
    table, _ = prepared(tmp_path, frame, group="town")
    assert shared_groups(table, frame["town"]) == 0
    assert shared_groups(table, frame["patient_id"]) == 0  # Patients stay in their town.
    assert "patient_id" in table.schema.names


def test_time_that_is_found_orders_the_rows(tmp_path: Path) -> None:
    frame = trend(np.random.default_rng(4))
    table, analysis = prepared(tmp_path, frame)
    assert table.ordered
    assert analysis.of_kind("time")[0].remedy.startswith("Models are validated on rows later")


def test_a_table_of_a_few_rows_many_times_can_be_learned_from(tmp_path: Path) -> None:
    frame = plain(np.random.default_rng(0)).iloc[np.arange(600) % 7].reset_index(drop=True)
    frame["y"] = (np.arange(600) % 7 > 3).astype(int)
    table, _ = prepared(tmp_path, frame)
    assert len(table.splits) == 10
    for train, held_out in table.splits:
        assert set(table.target[train, 0]) == set(table.target[held_out, 0]) == {0, 1}


def test_keys_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    frame = plain(np.random.default_rng(0))
    frame["order_nr"] = [f"A{number:05d}" for number in np.random.default_rng(1).permutation(len(frame))]
    table, analysis = prepared(tmp_path, frame)
    assert "order_nr" not in table.schema.names
    assert not table.ordered
    assert analysis.of_kind("identifier")[0].remedy.startswith("It is left out")


def test_the_analysis_of_a_study_has_what_reading_noticed(tmp_path: Path) -> None:
    frame = plain(np.random.default_rng(0))
    frame["y"] = frame["y"].astype(object)
    frame.loc[:4, "y"] = None
    _, analysis = prepared(tmp_path, frame)
    assert len(analysis.of_kind("unlabelled_rows")) == 1
