"""The contacts' functions and seniorities in the words of one list, from the company's own words or from the titles."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from icpfit.sources.job_titles import role_of, standard_function, standard_seniority
from icpfit.sources.rows import DataFinding
from icpfit.sources.sql import quoted

FIELDS = ("title", "function", "seniority")


@dataclass(frozen=True, slots=True)
class _Person:
    """``unknown``: which of function and seniority are in no word of the lists, though the person has a title or a word for it."""

    function: str | None
    seniority: str | None
    unknown: tuple[str, ...]


def standardise_people(
    connection: duckdb.DuckDBPyConnection, columns: tuple[str, ...], place: str
) -> tuple[tuple[str, ...], tuple[DataFinding, ...]]:
    """Write function and seniority of the clean ``contacts`` in the words of the lists; answers its columns and what to say.

    The company's own word goes first where it means one of the list, then the title. Where neither does, the
    company's word stays as it is.
    """
    if not set(FIELDS) & set(columns):
        return columns, ()
    for field in ("function", "seniority"):
        if field not in columns:
            connection.execute(f"ALTER TABLE contacts ADD COLUMN {quoted(field)} VARCHAR")
    given = ", ".join(f if f in (*columns, "function", "seniority") else f"CAST(NULL AS VARCHAR) AS {f}" for f in FIELDS)
    rows = connection.sql(f"SELECT {given}, count(*) AS n FROM contacts GROUP BY ALL ORDER BY ALL").fetchall()
    people = [_person(title, function, seniority) for title, function, seniority, _ in rows]
    listed = [*(list(column) for column in zip(*(row[:3] for row in rows), strict=True))] or [[], [], []]
    new = [[p.function for p in people], [p.seniority for p in people]]
    names = ["title", "function", "seniority", "new_function", "new_seniority"]
    connection.register("icpfit_people", pa.table([pa.array(c, pa.string()) for c in (*listed, *new)], names=names))
    same = " AND ".join(f"contacts.{f} IS NOT DISTINCT FROM p.{f}" for f in FIELDS if f in columns or f != "title")
    connection.execute(f'UPDATE contacts SET "function" = p.new_function, seniority = p.new_seniority FROM icpfit_people p WHERE {same}')
    connection.unregister("icpfit_people")
    counts = [int(n) for *_, n in rows]
    return tuple(dict.fromkeys((*columns, "function", "seniority"))), _finding(place, [r[0] or r[1] or r[2] for r in rows], people, counts)


def _person(title: str | None, function: str | None, seniority: str | None) -> _Person:
    role = role_of(title) if title is not None else None
    found_function = (standard_function(function) if function is not None else None) or (role.function if role is not None else None)
    found_seniority = (standard_seniority(seniority) if seniority is not None else None) or (role.seniority if role is not None else None)
    whole = role is not None and role.whole_company
    unknown = []
    if found_function is None and not whole and (title or function) is not None:
        unknown.append("function")
    if found_seniority is None and (title or seniority) is not None:
        unknown.append("seniority")
    return _Person(found_function or function, found_seniority or seniority, tuple(unknown))


def _finding(place: str, words: list[str | None], people: list[_Person], counts: list[int]) -> tuple[DataFinding, ...]:
    """The share of people of whom the words say nothing that the lists know, and the commonest such words."""
    known = sum(n for word, n in zip(words, counts, strict=True) if word is not None)
    missing = {what: sum(n for p, n in zip(people, counts, strict=True) if what in p.unknown) for what in ("function", "seniority")}
    most = max(missing.values(), default=0)
    if not most:
        return ()
    common: Counter[str] = Counter()
    for word, p, n in zip(words, people, counts, strict=True):
        if word is not None and p.unknown:
            common[word] += n
    examples = ", ".join(f"{word[:60]!r} ({n:,})" for word, n in sorted(common.items(), key=lambda c: (-c[1], c[0]))[:3])
    shares = " and ".join(f"{n:,} ({n / known:.1%}) no {what}" for what, n in missing.items() if n)
    said = f"{place}: of {known:,} people with a title, {shares} that the lists know, most often {examples}; no condition finds them by it."
    return (DataFinding("PEOPLE-UNMAPPED", "note", "contacts", said, most),)
