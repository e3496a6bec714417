"""Every proposer keeps the contract; a new file in the folder is tested the day it appears."""

import pytest

from tunesmith import plugins
from tunesmith.testing.contracts import check_proposer


@pytest.mark.parametrize("name", plugins.names("proposers"))
def test_proposer_keeps_its_contract(name: str) -> None:
    check_proposer(plugins.create("proposers", name))
