"""Texts in an ONNX graph: their terms, weighted by TF-IDF, and their statistics.

A text becomes a stream of characters, in which each run of separators is one; then a word is a sequence between two
separators, and the terms of words and of characters alike are sequences. So upper and lower case need no regional
settings of the machine, as ONNX's own normalisation of strings does. Tokens are split by an operator of onnxruntime.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from ...core.arrays import Floats
from .graph import Graph

_SPACE = r"[\s\x0b\x1c-\x1f\x{85}\p{Z}]"
_SEPARATORS = {"word": r"[^\pL\pN_]", "char_wb": _SPACE}
_CHARACTERS = {"word": r"[\pL\pN_]", "char_wb": r"[^\s\x0b\x1c-\x1f\x{85}\p{Z}]"}
_UNKNOWN, _SEPARATOR, _FIRST = 0, 1, 2
_KINDS = {"digits": "[0-9]", "capitals": "[A-Z]", "punctuation": r"[!-/:-@\[-`{-~]"}


def term_weights(graph: Graph, text: str, analyzer: str, terms: Sequence[str], idf: Floats) -> str:
    """Return the weighted terms of texts before normalisation, as scikit-learn's `TfidfVectorizer` with `sublinear_tf`.

    Args:
        graph: The graph.
        text: Strings of shape `(rows, 1)`.
        analyzer: `word`, or `char_wb` for characters within words.
        terms: In the order of the columns.
        idf: The inverse document frequency of each, shape `(terms,)`.

    Returns:
        Shape `(rows, terms)`.
    """
    codes = {character: _FIRST + index for index, character in enumerate(sorted(set("".join(terms)) - {" "}))}
    sequences = [[_SEPARATOR if character == " " else codes[character] for character in term] for term in terms]
    if analyzer == "word":
        sequences = [[_SEPARATOR, *sequence, _SEPARATOR] for sequence in sequences]
    counts = graph.cast(_counted(graph, _stream(graph, text, analyzer, codes), sequences), "DOUBLE")
    one = graph.constant(1.0)
    damped = graph.add("Add", graph.add("Log", graph.add("Max", counts, one)), graph.add("Min", counts, one))
    return graph.add("Mul", damped, graph.constant(idf[None, :]))


def normalized_sums(graph: Graph, weighted: str, factors: Floats) -> str:
    """Return weighted terms of length 1 times factors.

    Args:
        graph: The graph.
        weighted: Shape `(rows, terms)`.
        factors: Shape `(terms, sums)`.
    """
    squares = graph.add("ReduceSumSquare", weighted, graph.constant([1], np.int64), keepdims=1)
    nothing = graph.add("Equal", squares, graph.constant(0.0))
    length = graph.add("Sqrt", graph.add("Where", nothing, graph.constant(1.0), squares))
    table = graph.cast(graph.constant(factors, np.float32), "DOUBLE")
    return graph.add("Div", graph.add("MatMul", weighted, table), length)


def statistics(graph: Graph, name: str, text: str) -> Mapping[str, str]:
    """Return what `text_statistics` returns for strings of shape `(rows, 1)`, each of shape `(rows, 1)`."""
    characters = _tokens(graph, text, "(?s).")
    every = _total(graph, graph.add("RegexFullMatch", characters, pattern="(?s)."))
    length = graph.add("Sub", every, graph.constant(2.0))  # Without the separators at both ends.
    divisor = graph.add("Max", length, graph.constant(1.0))
    separators = graph.add("RegexFullMatch", _tokens(graph, text, _pattern("char_wb")), pattern=f"{_SPACE}+")
    made = {
        f"{name} (characters)": length,
        f"{name} (words)": graph.add("Sub", _total(graph, separators), graph.constant(1.0)),
    }
    for kind, pattern in _KINDS.items():
        counted = _total(graph, graph.add("RegexFullMatch", characters, pattern=pattern))
        made[f"{name} (share of {kind})"] = graph.add("Div", counted, divisor)
    return made


def _pattern(analyzer: str) -> str:
    return f"{_CHARACTERS[analyzer]}|{_SEPARATORS[analyzer]}+"


def _tokens(graph: Graph, text: str, pattern: str) -> str:
    """Return the parts of texts, with a space at both ends, that match a pattern; shape `(rows, most parts)`."""
    space = graph.constant([" "], object)
    flat = graph.add("Squeeze", text, graph.constant([1], np.int64))
    padded = graph.add("StringConcat", graph.add("StringConcat", space, flat), space)
    return graph.add("ort.Tokenizer", padded, mark=0, pad_value="", mincharnum=1, tokenexp=pattern)


def _stream(graph: Graph, text: str, analyzer: str, codes: Mapping[str, int]) -> str:
    """Return texts as codes of characters, shape `(rows, characters)`, 0 for those that are in no term."""
    tokens = _tokens(graph, text, _pattern(analyzer))
    separators = graph.add("RegexFullMatch", tokens, pattern=f"{_SEPARATORS[analyzer]}+")
    known = {variant: code for lower, code in codes.items() for variant in (lower, *_uppers().get(lower, ()))}
    coded = graph.add(
        "ml.LabelEncoder",
        tokens,
        keys_strings=list(known) or [""],
        values_int64s=list(known.values()) or [_UNKNOWN],
        default_int64=_UNKNOWN,
    )
    return graph.add("Where", separators, graph.constant(_SEPARATOR, np.int64), coded)


def _counted(graph: Graph, stream: str, sequences: Sequence[Sequence[int]]) -> str:
    """Return how often each sequence occurs in each row, in single precision; shape `(rows, sequences)`."""
    order = sorted(range(len(sequences)), key=lambda index: len(sequences[index]))
    lengths = [len(sequences[index]) for index in order]
    longest = lengths[-1]
    pool = [code for index in order for code in sequences[index]]
    starts = [sum(length for length in lengths if length < size) for size in range(1, longest + 1)]
    return graph.add(
        "TfIdfVectorizer",
        stream,
        mode="TF",
        min_gram_length=lengths[0],
        max_gram_length=longest,
        max_skip_count=0,
        ngram_counts=starts,
        ngram_indexes=order,
        pool_int64s=pool,
    )


def _total(graph: Graph, matches: str) -> str:
    """Return the number of matches in each row, shape `(rows, 1)`."""
    return graph.add("ReduceSum", graph.cast(matches, "DOUBLE"), graph.constant([1], np.int64), keepdims=1)


@cache
def _uppers() -> Mapping[str, Sequence[str]]:
    """Return the characters that become each character in lower case."""
    uppers: dict[str, list[str]] = {}
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        lower = character.lower()
        if lower != character and len(lower) == 1:
            uppers.setdefault(lower, []).append(character)
    return uppers
