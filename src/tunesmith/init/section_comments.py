"""The part of a config that a comment above its values names, as `# pde` or `# --- data ---`."""

from __future__ import annotations

import re

_WORDS = {
    "problem": "problem pde pdes ode odes physics physical equation equations domain geometry material",
    "data": "data dataset datasets",
    "evaluation": "evaluation eval validation testing",
    "output": "output outputs logging plotting plots",
}
_PARTS = {word: part for part, words in _WORDS.items() for word in words.split()}
"""The part to a word that names it."""
_FILLERS = {"settings", "config", "configuration", "parameters", "params", "options", "and", "constants", "section"}
_COMMENT = re.compile(r"[ \t]*[#;][ \t#;=*-]*([A-Za-z][A-Za-z ,/&]*?)[ \t#;=:*-]*")
_ASSIGNED = re.compile(r"""[ \t]*["']?(?P<name>[A-Za-z_]\w*)["']?[ \t]*(?::[^=]*?)?[:=]""")


def sections(text: str) -> dict[str, str]:
    r"""Return the part of each assigned name that stands below a comment, up to an empty line or the next comment.

    A name in several parts has none.

    Args:
        text: A config, or a script.

    Returns:
        `problem`, `data`, `evaluation` or `output`, by name.

    >>> sections("# pde\nalpha: float = 0.05\n# network\nwidth = 8\n\n# --- Data settings ---\nnoise: 0.1\n")
    {'alpha': 'problem', 'noise': 'data'}
    """
    found: dict[str, set[str]] = {}
    part = ""
    for line in text.splitlines():
        if not line.strip():
            part = ""
        elif (comment := _COMMENT.fullmatch(line)) is not None:
            part = _part_in(comment[1])
        elif line.lstrip().startswith(("#", ";")):
            part = ""
        elif (assigned := _ASSIGNED.match(line)) is not None:
            found.setdefault(assigned["name"], set()).add(part)
    return {name: next(iter(parts)) for name, parts in found.items() if len(parts) == 1 and parts != {""}}


def _part_in(heading: str) -> str:
    """Return the part that a comment names, if it says nothing else."""
    words = [word for word in re.findall(r"[a-z]+", heading.lower()) if word not in _FILLERS]
    parts = {_PARTS.get(word, "") for word in words}
    return parts.pop() if len(parts) == 1 else ""
