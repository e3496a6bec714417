"""The contract of every proposer in the folder."""

import pytest

from tunesmith import plugins
from tunesmith.testing.contracts import check_proposer


@pytest.mark.parametrize("name", plugins.names("proposers"))
def test_proposer_keeps_its_contract(name: str) -> None:
    check_proposer(plugins.create("proposers", name))
