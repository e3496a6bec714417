from tunesmith import plugins
from tunesmith.testing.contracts import check_proposer


def test_contract():
    check_proposer(plugins.create("proposers", "neighbour"))


def test_contract_without_exploration():
    check_proposer(plugins.create("proposers", "neighbour", {"explore": 0.0}))
