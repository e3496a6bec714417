"""The parameter that an option of a script can become, or the reason to leave it alone."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ..config_files.names import NOT_PLAIN
from ..core.parameters import Choice, Float, Int
from ..errors import InputError
from .importance import importance
from .ranges import Guess, guess, guess_around
from .script_option import ScriptOption
from .script_text import ScriptText

_TEXT_FOR_A_NUMBER = "it has no type=, so the script would get text instead of a number"


def name_of(option: ScriptOption) -> str:
    """Return the parameter's name: the first long spelling without dashes, as the user reads it in the help."""
    long = [spelling for spelling in option.spellings if spelling.startswith("--")]
    first = (long or list(option.spellings) or [option.name])[0]
    return first.lstrip("-") or option.name


def present_value(option: ScriptOption) -> Any:
    """Return the value that an option has under the user's own command."""
    return option.value if option.given or option.value is not None else option.default


def guess_option(option: ScriptOption, text: ScriptText) -> Guess:
    """Guess the parameter of an option, in the type that the script expects."""
    name, value = name_of(option), present_value(option)
    if option.form == "positional" and not option.given:
        return Guess(None, "a positional argument")
    is_known = importance(name, option.help) or (option.given and option.help)
    if len(name) == 1 and not is_known:
        return Guess(None, "it has only a short option, which does not tell what it means")
    if value is NOT_PLAIN:
        return Guess(None, "the script computes its default")
    if option.kind == "path":
        return Guess(None, "a file or folder")
    if option.kind == "list" or isinstance(value, list | tuple | dict):
        return Guess(None, "it takes a list")
    if option.switch is not None:
        return _switch(option, name, value)
    if option.choices is not None:
        return _choice(option, name, value, text)
    return _within(_value(option, name, value, text), option)


def _within(guessed: Guess, option: ScriptOption) -> Guess:
    """Keep a range within what the script takes."""
    parameter = guessed.parameter
    if not isinstance(parameter, Float | Int) or option.bounds == (None, None):
        return guessed
    least, most = option.bounds
    low = parameter.low if least is None else max(parameter.low, least)
    high = parameter.high if most is None else min(parameter.high, most)
    if low >= high or (parameter.log and low <= 0):
        return Guess(None, f"the script takes only {low:g}")
    try:
        if isinstance(parameter, Int):
            return replace(guessed, parameter=replace(parameter, low=math.ceil(low), high=math.floor(high)))
        return replace(guessed, parameter=replace(parameter, low=low, high=high))
    except InputError as error:
        return Guess(None, error.message)


def _switch(option: ScriptOption, name: str, value: Any) -> Guess:
    assert option.switch is not None
    if option.switch[0] == option.switch[1]:
        return Guess(None, f"it has no effect, because its default is {option.default} already")
    if value is None and "" not in option.switch:
        return Guess(None, "it has no default value")
    return guess(name, bool(value), help_text=option.help)


def _choice(option: ScriptOption, name: str, value: Any, text: ScriptText) -> Guess:
    assert option.choices is not None
    choices = list(option.choices)
    if option.kind == "str" and not all(isinstance(choice, str) for choice in choices):
        return Guess(None, _TEXT_FOR_A_NUMBER)
    if all(isinstance(choice, bool) for choice in choices):
        return guess(name, value, help_text=option.help)
    return guess(name, value, choices, text, option.help)


def _value(option: ScriptOption, name: str, value: Any, text: ScriptText) -> Guess:
    """Guess the parameter of an option that takes any value."""
    if option.kind in ("int", "float") and value is not None and not isinstance(value, bool):
        try:
            value = int(value) if option.kind == "int" else float(value)
        except (TypeError, ValueError, OverflowError):
            return Guess(None, f"its default {value!r} is not of type {option.kind}")
    guessed = guess(name, value, text=text, help_text=option.help)
    if guessed.parameter is None:
        return guessed
    if isinstance(value, bool):
        return _true_or_false(option, guessed)
    if option.kind == "str" and not isinstance(value, str):
        return Guess(None, _TEXT_FOR_A_NUMBER)
    if isinstance(value, int) and _takes_fractions(guessed):
        return guess_around(value)  # The script refuses a number that is not whole.
    return guessed


def _takes_fractions(guessed: Guess) -> bool:
    parameter = guessed.parameter
    options = parameter.options if isinstance(parameter, Choice) else ()
    return isinstance(parameter, Float) or any(isinstance(option, float) for option in options)


def _true_or_false(option: ScriptOption, guessed: Guess) -> Guess:
    if option.form != "--name value":
        return guessed
    return Guess(None, "it is true or false, and no words change it")
