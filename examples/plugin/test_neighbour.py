from tunesmith import plugins
from tunesmith.testing.contracts import check_proposer


def test_it_keeps_the_contract():
    check_proposer(plugins.create("proposers", "neighbour"))


def test_it_keeps_the_contract_without_exploring():
    check_proposer(plugins.create("proposers", "neighbour", {"explore": 0.0}))
