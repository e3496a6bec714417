"""What is usual in a field: everything that a template names exists."""

from __future__ import annotations

import pytest

from tunesmith import InputError, plugins
from tunesmith.agents.forecast_templates import TEMPLATES, field_of, template_of
from tunesmith.series.scores import SCORES
from tunesmith.series.span import Span


@pytest.mark.parametrize("field", TEMPLATES)
def test_families_metric_and_horizons_exist(field: str) -> None:
    template = template_of(field)
    assert set(template.families) <= set(plugins.names("forecasters"))
    assert template.metric in SCORES
    assert all(Span.parse(words).count >= 1 for words in template.horizon.values())


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        (["date", "store_id", "SalesUnits", "promo"], "retail"),
        (["Date", "Open", "High", "Low", "Close", "Volume"], "finance"),
        (["timestamp", "load_mw", "temperature"], "energy"),
        (["date", "y"], None),
        (["date", "volume", "store"], None),
    ],
)
def test_columns_tell_the_field(columns: list[str], field: str | None) -> None:
    assert field_of(columns) == field


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(InputError, match="Did you mean 'retail'"):
        template_of("retial")
