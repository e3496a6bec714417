"""Every pruner keeps the contract; a new file in the folder is tested the day it appears."""

import pytest

from tunesmith import plugins
from tunesmith.testing.contracts import check_pruner


@pytest.mark.parametrize("name", plugins.names("pruners"))
def test_pruner_keeps_its_contract(name: str) -> None:
    check_pruner(plugins.create("pruners", name))
