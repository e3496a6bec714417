"""How people name the countries whose holidays matter."""

from __future__ import annotations

import re

_NAMES = {
    r"australian?": "AU",
    r"austrian?": "AT",
    r"belgium|belgian": "BE",
    r"brazil(?:ian)?": "BR",
    r"canad(?:a|ian)": "CA",
    r"china|chinese": "CN",
    r"czech(?:ia)?": "CZ",
    r"denmark|danish": "DK",
    r"finland|finnish": "FI",
    r"france|french": "FR",
    r"german(?:y)?": "DE",
    r"india|indian": "IN",
    r"ireland|irish": "IE",
    r"ital(?:y|ian)": "IT",
    r"japan(?:ese)?": "JP",
    r"mexic(?:o|an)": "MX",
    r"(?:the )?netherlands|dutch": "NL",
    r"norw(?:ay|egian)": "NO",
    r"poland|polish": "PL",
    r"portug(?:al|uese)": "PT",
    r"spain|spanish": "ES",
    r"swed(?:en|ish)": "SE",
    r"switzerland|swiss": "CH",
    r"(?:the )?(?:uk|united kingdom)|british": "GB",
    r"(?:the )?(?:usa?|united states)|american": "US",
}
CODE = r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?"
"""A pattern of the codes of countries and their parts."""
COUNTRY = rf"{CODE}|{'|'.join(_NAMES)}"
"""A pattern of every way to name a country."""


def code_of(name: str) -> str:
    """Return the code of a country.

    >>> code_of("german"), code_of("us-ca")
    ('DE', 'US-CA')
    """
    return next((code for pattern, code in _NAMES.items() if re.fullmatch(pattern, name, re.I)), name.upper())
