"""The tools with which a language model that advises a fit looks at its table, families, recipes and model."""

from __future__ import annotations

from typing import Any

from ..agents.family_selection import Needs, TableSize, Wish
from ..agents.tool_results import Tool, ToolResults
from ..data.analysis import Analysis
from ..data.table import Table
from ..diagnosis.assessment import NO_MODELS
from ..errors import InputError, nearest
from ..study.study import Study
from ..tasks.table import TableTask
from ..text.cleaning import short
from .advice import diagnosed, drafted_recipe, suggested_families
from .result import chosen_combination

_LONGEST_NAME = 80


class TableTools:
    """The tools for one question: each method without an underscore is one. They look and train nothing.

    They tell what the MCP tools of the same names do. Each result is short, as those of `tunesmith.agents.tools`.

    Args:
        study: The study of a fit.
        analysis: What was found in its table.
        results: Where results are collected.
    """

    def __init__(self, study: Study, analysis: Analysis | None, results: ToolResults) -> None:
        self._study, self._analysis, self._results = study, analysis, results

    @property
    def tools(self) -> list[Tool]:
        """All tools."""
        return [self.analyse, self.suggest_families, self.draft_recipe, self.diagnose]

    def analyse(self, column: str | None = None) -> str:
        """Say what was found in the table, the most severe first, or all that is known of one column.

        Args:
            column: The name of a column; the whole table by default.
        """
        if self._analysis is None:
            raise InputError("this table was not analysed.")
        facts = self._analysis.to_table()
        if column is None:
            return self._results.add(lambda limit: {"findings": facts["findings"][:limit], "rows": facts["rows"]})
        names = {short(one["name"], _LONGEST_NAME): one for one in facts["columns"]}
        if column not in names:
            raise InputError(f"there is no column '{short(column, _LONGEST_NAME)}'.{nearest(column, names)}")
        about = [one for one in facts["findings"] if names[column]["name"] in one["columns"]]
        return self._results.add(lambda limit: {"column": names[column], "findings": about[:limit]})

    def suggest_families(
        self,
        interpretable: bool = False,
        small: bool = False,
        fast: bool = False,
        quick: bool = False,
        seconds: float | None = None,
    ) -> str:
        """Say which families of models suit the table and some needs, what each is good for, and what one gives up.

        Args:
            interpretable: A person must be able to read the model.
            small: It must be small on disk.
            fast: It must be fast to predict.
            quick: It must be quick to train.
            seconds: The most processor seconds for one trial.
        """
        wishes: list[Wish] = [wish for wish, wanted in _wishes(small, fast, quick) if wanted]
        needs = Needs(interpretable=interpretable, wishes=tuple(wishes), seconds=seconds)
        table, facts = self._table, suggested_families(self._table.problems, _size(self._table), needs)
        searched = self._study.space.parameters["family"]
        tried = {str(name) for name in getattr(searched, "options", ())}
        rows = [{**row, "in_this_search": row["family"] in tried} for row in facts["families"]]
        return self._results.add(lambda limit: {"rows": len(table.target), "families": rows[:limit]})

    def draft_recipe(self, request: str = "") -> str:
        """Draft how columns are prepared, with a reason for each step, and list the recipes that are known by name.

        Args:
            request: What is wanted, as 'ratios, and mark what is missing'.
        """
        findings = () if self._analysis is None else self._analysis.findings
        facts = drafted_recipe(request, findings)
        searched = self._study.space.parameters["recipe"]
        return self._results.add(lambda limit: {**facts, "in_this_search": list(getattr(searched, "options", ()))})

    def diagnose(self) -> str:
        """Say where the best combination of models so far is weak, how severe it is, and what helps."""
        task = self._study.task
        assert isinstance(task, TableTask)
        facts = diagnosed(self._study, chosen_combination(self._study, task), NO_MODELS)
        return self._results.add(lambda limit: {"diagnoses": facts["diagnoses"][:limit]})

    @property
    def _table(self) -> Table:
        task = self._study.task
        assert isinstance(task, TableTask)
        return task.loaded


def _size(table: Table) -> TableSize:
    rows, columns = table.features.shape
    return TableSize(rows=rows, columns=columns, texts=sum(column.kind == "text" for column in table.schema.columns))


def _wishes(small: bool, fast: bool, quick: bool) -> Any:
    return (("small", small), ("fast", fast), ("quick", quick))
