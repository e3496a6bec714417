"""The contract of every judge in the folder."""

import pytest

from tunesmith import plugins
from tunesmith.testing.judges import check_judge


@pytest.mark.parametrize("name", plugins.names("judges"))
def test_judge_keeps_its_contract(name: str) -> None:
    check_judge(plugins.create("judges", name))
