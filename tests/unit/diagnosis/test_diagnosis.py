from __future__ import annotations

import orjson
import pytest

from tunesmith.diagnosis.diagnosis import Diagnosis
from tunesmith.errors import InputError


def test_a_diagnosis_travels_as_json() -> None:
    one = Diagnosis(kind="x", severity="info", text="t", actions=("calibrate",), columns=("a",), values={"b": 1.5})
    assert Diagnosis.from_table(orjson.loads(orjson.dumps(one.to_table()))) == one


def test_an_unknown_action_is_refused() -> None:
    with pytest.raises(InputError, match="an action must be one of add_columns"):
        Diagnosis(kind="x", severity="info", text="t", actions=("pray",))  # type: ignore[arg-type]
