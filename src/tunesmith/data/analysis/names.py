"""What the name of a column says about it."""

from __future__ import annotations

import re
from collections.abc import Sequence, Sized

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|#")

_IDENTIFIERS = {
    *("id", "ids", "no", "nr", "num", "number", "key", "code", "uuid", "guid", "hash", "name", "index", "#"),
    *("row", "rownum", "rowid", "unnamed"),
}
_FIRST = {"id", "uuid", "guid", "row", "rownum", "rowid", "unnamed"}
_LAST = {"id", "ids", "no", "nr", "num", "number", "key", "code", "uuid", "guid", "hash", "rownum", "rowid", "#"}
_ENTITIES = {
    *("patient", "subject", "person", "participant", "individual", "respondent", "user", "customer", "client"),
    *("cust", "member", "subscriber", "student", "pupil", "visitor", "session", "household", "family", "donor"),
    *("animal", "mouse", "rat", "dog", "speaker", "writer", "author", "player", "athlete", "employee", "worker"),
    *("device", "machine", "sensor", "engine", "unit", "vehicle", "robot", "recording", "recordist", "slide"),
    *("specimen", "experiment", "batch", "group", "cluster", "cohort", "site", "hospital", "clinic", "school"),
    *("pid", "uid", "cid", "sid", "mrn", "panelist", "borrower", "applicant", "driver", "passenger", "policyholder"),
    *("plate", "well", "plot", "field", "farm", "tree", "video", "document", "conversation", "dialog", "thread"),
    *("account", "acct", "card"),
}
_PLACES = {
    *("store", "shop", "product", "item", "sku", "article", "country", "city", "town", "zip", "postcode", "postal"),
    *("state", "region", "county", "brand", "model", "make", "category", "type", "class", "department", "dept"),
    *("area", "phone", "occupation", "job", "currency", "airport", "airline", "carrier", "route", "station", "street"),
}
_MOMENTS = {
    *("date", "time", "datetime", "timestamp", "ts", "day", "week", "month", "quarter", "year", "period", "when"),
    *("moment", "created", "recorded", "measured", "observed", "epoch", "yyyymm", "yyyymmdd", "hour", "minute"),
}
_OTHER_DATES = {
    *(
        "birth",
        "born",
        "dob",
        "birthday",
        "birthdate",
        "geburt",
        "geburtsdatum",
        "geboren",
        "naissance",
        "nacimiento",
        "expiry",
        "expires",
        "expiration",
        "due",
        "hire",
        "hired",
    ),
    *("joined", "join", "signup", "registered", "registration", "built", "build", "renovated", "founded"),
    *("release", "released", "publish", "published", "launch", "deadline", "valid", "until", "from", "manufactured"),
    *("first", "last", "next", "previous", "prev", "death", "modified", "updated", "end", "return", "delivery"),
}


def words(name: str) -> list[str]:
    """Return the words of a column's name in lower case.

    >>> words("CustomerID"), words("order_date2"), words("patient no.")
    (['customer', 'id'], ['order', 'date', '2'], ['patient', 'no'])
    """
    return [word.lower() for word in _WORDS.findall(name)]


def names_entity(name: str) -> bool:
    """Tell whether a name is that of people or things that occur in several rows, such as `patient_id`.

    >>> names_entity("patient_id"), names_entity("Subject"), names_entity("customer_age"), names_entity("store_id")
    (True, True, False, False)
    """
    found = words(name)
    if not found or set(found) & _PLACES:
        return False
    rest = [word for word in found if word not in _IDENTIFIERS and not word.isdigit()]
    return bool(rest) and rest[-1] in _ENTITIES and (found[-1] == rest[-1] or found[-1] not in rest)


def names_identifier(name: str) -> bool:
    """Tell whether a name is that of a key, such as `order_nr`.

    >>> names_identifier("order_nr"), names_identifier("id"), names_identifier("Unnamed: 0")
    (True, True, True)
    >>> names_identifier("idea"), names_identifier("zip_code"), names_identifier("number of calls")
    (False, False, False)
    """
    found = words(name)
    if not found or set(found) & _PLACES:
        return False
    return found[0] in _FIRST or found[-1] in _LAST or found == ["index"]


def names_place(name: str) -> bool:
    """Tell whether a name is that of a place or a product, which new rows mostly share with old ones."""
    return bool(set(words(name)) & _PLACES)


def names_moment(name: str) -> bool | None:
    """Tell whether a name says when the row was recorded; None if it says neither that nor something else.

    >>> names_moment("order_date"), names_moment("date_of_birth"), names_moment("x3")
    (True, False, None)
    """
    found = set(words(name))
    if found & _OTHER_DATES:
        return False
    return True if found & _MOMENTS else None


def verb(names: Sized, one: str, several: str) -> str:
    """Return the form of a verb that goes with so many names.

    >>> verb(["a"], "has", "have"), verb(["a", "b"], "has", "have")
    ('has', 'have')
    """
    return one if len(names) == 1 else several


def listed(names: Sequence[str], most: int = 6) -> str:
    """Return names in a sentence, at most a few of them.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d"], most=2)
    ("'a' and 'b'", "'a', 'b' and 2 more")
    """
    quoted = [f"'{name}'" for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(quoted)} and {len(names) - most:,} more"
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
