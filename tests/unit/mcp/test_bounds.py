import math

from tunesmith.mcp.bounds import MAX_CHARACTERS, MAX_ITEMS, bounded


def test_what_is_short_stays_as_it_is():
    facts = {"number": 3, "metrics": {"loss": 0.5}, "notes": ["fine"], "failure": None, "log_tail": "one\ntwo"}
    assert bounded(facts) == facts


def test_a_number_that_is_none_becomes_null():
    assert bounded({"reports": [{"loss": math.nan}, {"loss": math.inf}]}) == {
        "reports": [{"loss": None}, {"loss": None}]
    }


def test_long_lists_keep_both_ends_and_say_what_is_left_out():
    cut = bounded({"reports": list(range(1000)), "front": [{"reports": list(range(1000))}]})
    assert cut["reports"] == [*range(MAX_ITEMS // 2), *range(1000 - MAX_ITEMS // 2, 1000)]
    assert cut["reports_left_out"] == 1000 - MAX_ITEMS
    assert len(cut["front"][0]["reports"]) == MAX_ITEMS // 2
    assert cut["front"][0]["reports_left_out"] == 1000 - MAX_ITEMS // 2


def test_long_tables_say_what_is_left_out():
    cut = bounded({"metrics": {f"m{place}": 0.0 for place in range(10_000)}})["metrics"]
    assert len(cut) == 501
    assert cut["left_out"] == 9500


def test_texts_are_cleaned_and_keep_their_end():
    cut = bounded({"log_tail": "\x1b[31m" + "x" * 10_000 + "\x1b]0;title\x07the end", "reason": "a\u202eb"})
    assert cut["log_tail"].startswith("…xxx")
    assert cut["log_tail"].endswith("xthe end")
    assert len(cut["log_tail"]) == MAX_CHARACTERS + 1
    assert cut["reason"] == "ab"


def test_parameters_are_given_on_as_they_are():
    parameters = {"prompt": "\t" + "x" * 5000, "widths": list(range(100))}
    assert bounded({"parameters": parameters}) == {"parameters": parameters}
