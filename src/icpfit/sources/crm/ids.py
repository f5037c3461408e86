"""Salesforce's identifiers: of 15 letters in reports, of 18 elsewhere; the last three say which of the first are capitals."""

from __future__ import annotations

_SUMS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def long_id(text: str) -> str:
    """SQL for an identifier of 18 letters from one of 15; any other text stays.

    >>> import duckdb
    >>> asked = ", ".join(long_id(f"'{text}'") for text in ("0015500000Xyy06", "0015500000Xyy06AAB", "Acme"))
    >>> duckdb.sql("SELECT " + asked).fetchall()[0]
    ('0015500000Xyy06AAB', '0015500000Xyy06AAB', 'Acme')
    """
    sums = []
    for part in range(3):
        capitals = " + ".join(f"CASE WHEN {text}[{5 * part + i + 1}] BETWEEN 'A' AND 'Z' THEN {1 << i} ELSE 0 END" for i in range(5))
        sums.append(f"'{_SUMS}'[{capitals} + 1]")
    return f"CASE WHEN regexp_full_match({text}, '[A-Za-z0-9]{{15}}') THEN concat({text}, {', '.join(sums)}) ELSE {text} END"
