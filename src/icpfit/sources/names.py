"""Headers that people write to names that a database takes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection

MAX_NAME = 63

TAKEN = frozenset(
    {
        *("id", "account_id", "deal_id", "domain", "name", "row"),
        *("as_of", "created_at", "closed_at", "cohort", "amount", "label"),
        *("points", "points_firmographic", "points_technographic", "points_behavioral", "points_intent", "tier", "disqualified"),
    }
)
"""Columns that training sets, flat tables and the card's SQL have of their own."""


def snake_case(header: str) -> str:
    """Lower case, words joined by ``_``, at most 63 letters, always a legal and stable name.

    >>> snake_case("Client Size By Revenue"), snake_case("TotalVisits"), snake_case("customerID"), snake_case("emp.var.rate")
    ('client_size_by_revenue', 'total_visits', 'customer_id', 'emp_var_rate')
    >>> snake_case("Größe (m²)"), snake_case("24h trial")
    ('grosse_m2', 'c_24h_trial')
    >>> snake_case("業種") == snake_case("業種") != snake_case("国")
    True
    """
    text = unicodedata.normalize("NFKD", header.replace("ß", "ss").replace("ø", "o").replace("Ø", "O").replace("æ", "ae"))
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    if not name:
        return f"column_{hashlib.sha256(header.encode()).hexdigest()[:8]}"
    if not name[0].isalpha():
        name = f"c_{name}"
    return name[:MAX_NAME].rstrip("_")


def free_name(wanted: str, taken: Collection[str]) -> str:
    """``wanted``, or with a number behind it where it is taken.

    >>> free_name("region", {"region", "region_2"})
    'region_3'
    """
    name, n = wanted, 1
    while name in taken:
        n += 1
        name = f"{wanted[: MAX_NAME - len(str(n)) - 1]}_{n}"
    return name


def words_of(header: str) -> str:
    """A header as people read it: snake_case becomes words; what has blanks or capitals stays as it is.

    >>> words_of("annual_revenue"), words_of("Route To Market")
    ('Annual revenue', 'Route To Market')
    """
    if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", header):
        return header.replace("_", " ").capitalize()
    return header
