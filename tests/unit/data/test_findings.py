from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunesmith.data.findings import SEVERITIES, Finding, by_severity
from tunesmith.errors import InputError

VALUES = st.dictionaries(
    st.text(st.characters(codec="utf-8")),
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False),
)
FINDINGS = st.builds(
    Finding,
    kind=st.sampled_from(["constant", "drift"]),
    severity=st.sampled_from(SEVERITIES),
    text=st.text(),
    columns=st.lists(st.text()).map(tuple),
    remedy=st.text(),
    values=VALUES,
)


@given(FINDINGS)
def test_a_finding_survives_json(finding: Finding) -> None:
    assert Finding.from_table(orjson.loads(orjson.dumps(finding.to_table()))) == finding


def test_an_unknown_severity_is_refused() -> None:
    with pytest.raises(InputError, match="must be one of info, warning, error, got 'fatal'"):
        Finding(kind="constant", severity="fatal", text="x")  # type: ignore[arg-type]


def test_a_value_that_json_cannot_hold_is_refused() -> None:
    with pytest.raises(InputError, match="the value 'share' of a finding must be"):
        Finding(kind="constant", severity="info", text="x", values={"share": float("nan")})


def test_the_most_severe_come_first_and_equals_keep_their_order() -> None:
    listed = [
        Finding(kind=kind, severity=severity, text="")
        for kind, severity in [("a", "info"), ("b", "error"), ("c", "info"), ("d", "warning")]
    ]
    assert [finding.kind for finding in by_severity(listed)] == ["b", "d", "a", "c"]
