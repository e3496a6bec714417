"""The contract of every pruner in the folder."""

import pytest

from tunesmith import plugins
from tunesmith.testing.contracts import check_pruner


@pytest.mark.parametrize("name", plugins.names("pruners"))
def test_pruner_keeps_its_contract(name: str) -> None:
    check_pruner(plugins.create("pruners", name))
