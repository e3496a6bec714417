"""A request read by rules, and with a language model also where the rules find nothing; what it says is checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .. import plugins
from ..agents.roles.model import Model
from ..agents.roles.request_reader import LONGEST_NAME, Phrase, RequestReader
from ..errors import InputError, ModelUnavailable
from ..init.request import is_quoted
from ..text.cleaning import short
from .options import parse_limits
from .request import SEVERAL, FitRequest
from .request_checks import setting_fault
from .request_settings import Setting
from .vocabulary import TABLES, Vocabulary

if TYPE_CHECKING:
    import pandas as pd

BY_MODEL = "language model"
_FEW_VALUES = 6
_MOST_DESCRIBED = 60  # Columns whose values are looked at.
_LONGEST_VALUE = 40
_MOST_REFUSED = 20
_MOST = 2**53  # Of a number.
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_request(
    words: str,
    frame: pd.DataFrame,
    model: Model | None = None,
    fault: Callable[[FitRequest], str] = lambda request: "",
    vocabulary: Vocabulary = TABLES,
) -> FitRequest:
    """Return what words ask of `fit`.

    Rules read first, and what they have read stands. A model's reading of the rest takes effect if it quotes the words,
    contradicts nothing, and passes the same checks against the table; otherwise `refused` says why not.

    Args:
        words: The user's words.
        frame: The first rows of the table.
        model: The language model; None for rules alone.
        fault: Says why a request cannot be carried out, or returns an empty text.
        vocabulary: What words can name.

    Raises:
        InputError: The request is empty, or very long.
    """
    columns = [str(name) for name in frame.columns]
    request = FitRequest.read(words, columns, vocabulary.phrases)
    if model is None:
        return request
    try:
        reading = RequestReader(model).read(
            request.words,
            data=vocabulary.data,
            options=vocabulary.options,
            understood=request.understood,
            not_understood=request.not_understood,
            columns=_described(frame),
            metrics=list(vocabulary.maximize),
            families=_purposes(vocabulary),
        )
    except ModelUnavailable as error:
        return replace(request, refused=(f"no language model answered, and rules alone read it: {short(error, 300)}",))
    for phrase in sorted(reading.phrases, key=lambda phrase: phrase.option != "target"):
        request = _amended(request, phrase, columns, fault, vocabulary)
    known = {*request.not_understood, *(setting.words for setting in request.settings)}
    missed = [short(text, 200) for text in reading.not_understood if is_quoted(text, request.words)]
    more = [text for text in missed if not any(text.lower() in one.lower() for one in known)]
    return replace(request, not_understood=(*request.not_understood, *more))


def _amended(
    request: FitRequest,
    phrase: Phrase,
    columns: Sequence[str],
    fault: Callable[[FitRequest], str],
    vocabulary: Vocabulary,
) -> FitRequest:
    """Return a request with what a model reads in one phrase, or with the reason why that has no effect."""
    setting = _setting(phrase, columns, vocabulary)
    if any(entry.name == setting.name and entry.value == setting.value for entry in request.settings):
        return request  # As the rules read it.
    why = (
        ("" if is_quoted(setting.words, request.words) else "the request does not say so.")
        or setting_fault(setting, columns, vocabulary)
        or _contradiction(request, setting)
    )
    amended = replace(
        request,
        settings=(*request.settings, setting),
        not_understood=tuple(text for text in request.not_understood if not _covers(setting.words, text)),
    )
    if not why and (found := fault(amended)) != fault(request):  # Not what is wrong without it, too.
        why = found
    if why:
        told = f"the language model's reading of '{setting.words}' as {setting} is refused: {why}"
        return replace(request, refused=(*request.refused, told)[:_MOST_REFUSED])
    return amended


def _setting(phrase: Phrase, columns: Sequence[str], vocabulary: Vocabulary) -> Setting:
    """Return what a phrase sets, in the type and the spelling that the option has; faults are found later."""
    names: dict[str, str] = {short(name, LONGEST_NAME): name for name in columns}
    spelled = {name.casefold(): name for name in names} | {name: name for name in names}
    values: list[Any] = list(phrase.values)
    if phrase.option in ("target", "exclude", "id", "group", "time", "weight", "known"):
        texts = [short(value, LONGEST_NAME) for value in values]
        values = [names.get(spelled.get(text, spelled.get(text.casefold(), text)), text) for text in texts]
    elif phrase.option == "metric":
        values = [vocabulary.aliases.get(key, key) for key in (str(value).strip().lower() for value in values)]
    elif phrase.option == "interpretable":
        values = [_TRUTHS.get(str(value).lower()[:10], value) for value in values]
    elif phrase.option in ("trials", "parallel", "minutes", "memory_gb", "windows"):
        values = [_number(value) for value in values]
    else:
        values = [short(value, LONGEST_NAME) for value in values]
    several = phrase.option == "target" or phrase.option in SEVERAL
    value = tuple(dict.fromkeys(values)) if several else values[0] if len(values) == 1 else tuple(values)
    return Setting(name=phrase.option, value=value, words=short(phrase.words, 200), by=BY_MODEL)


def _number(value: Any) -> Any:
    """Return a whole number as one, and a text for a number that is too large for anything."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, bool) else short(value, LONGEST_NAME)
    if not abs(value) < _MOST:
        return "too large a number"
    return int(value) if float(value).is_integer() else value


def _contradiction(request: FitRequest, setting: Setting) -> str:
    """Return what a setting contradicts; empty if nothing."""
    for earlier in request.settings:
        if earlier.name != setting.name:
            continue
        is_more = setting.name in SEVERAL and not _covers(setting.words, earlier.words)
        if setting.name == "limits":
            limited = {limit.metric for limit in parse_limits(earlier.value)}
            is_more = not limited & {limit.metric for limit in parse_limits(setting.value)}
        if not is_more:
            return f"it contradicts '{earlier.words}', {earlier}."
    return ""


def _covers(words: str, clause: str) -> bool:
    one, other = words.lower().strip(" .,;:!?"), clause.lower().strip(" .,;:!?")
    return one in other or other in one


def _described(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the kind of each column, or its values where they are few words."""
    described: dict[str, Any] = {}
    for index, name in enumerate(frame.columns):
        values = frame.iloc[:, index]
        if values.dtype.kind in "iufc":
            described[str(name)] = "number"
        elif index < _MOST_DESCRIBED and len(few := values.dropna().astype(str).unique()) <= _FEW_VALUES:
            described[str(name)] = [short(value, _LONGEST_VALUE) for value in sorted(few)]
        else:
            described[str(name)] = "category, text or date"
    return described


def _purposes(vocabulary: Vocabulary) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in plugins.names(vocabulary.families):
        if name != vocabulary.baseline:
            try:
                found[name] = plugins.load(vocabulary.families, name).profile.purpose
            except InputError:
                continue  # Another's plugin that cannot be loaded.
    return found
