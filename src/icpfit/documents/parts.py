"""A part of a page: a title, sentences, tables and remarks, which the templates only place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from icpfit.documents.words import count, known, percent, sentence

NOTHING = "—"


def part(
    title: str, words: Sequence[str], tables: Sequence[dict[str, Any]] = (), remarks: Sequence[str] = (), to_copy: Sequence[str] = ()
) -> dict[str, Any]:
    """``to_copy``: lines for a configuration."""
    return {
        "title": title,
        "words": [sentence(w) for w in words if w],
        "tables": [t for t in tables if t["rows"]],
        "remarks": [sentence(r) for r in remarks if r],
        "to_copy": list(to_copy),
    }


def table(name: str, heads: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]], *, stack: bool = False) -> dict[str, Any]:
    """``heads``: (name, a number or not); ``rows``: (the row's name, its cells), each cell (text, note, a number or not). ``stack``: a
    narrow page puts the cells of a row below each other.

    What a number has in brackets is its note, which a narrow page puts below it.

    >>> table("", [("", False), ("n", True), ("t", False)], [("a", "5 (4 to 6)", "b (c)")])["rows"]
    [('a', [('5', '4 to 6', True), ('b (c)', '', False)])]
    """
    numeric = [h[1] for h in heads[1:]]
    cells = [(row[0], [(*_noted(c, n), n) for c, n in zip(row[1:], numeric, strict=True)]) for row in rows]
    return {"name": name, "heads": list(heads), "rows": cells, "stack": stack}


def _noted(cell: str, numeric: bool) -> tuple[str, str]:
    text, bracket, note = cell.partition(" (")
    return (text, note.removesuffix(")")) if numeric and bracket else (cell, "")


def goes_with(report: Mapping[str, Any] | None, first: str, second: str) -> str:
    """What tells two groups apart, in a sentence; nothing where nobody asked."""
    if report is None:
        return ""
    a, b = report["accounts"]
    groups = f"{first} ({count(a)}) from {second} ({count(b)})"
    if not report["asked"]:
        short = f"there are {count(a)} and {count(b)}, and {report['needed']} of each are needed"
        return f"what tells {first} from {second} cannot be told: {short}"
    if not report["strongest"]:
        return f"not one of {count(report['asked'])} comparisons tells {groups} beyond chance"
    told = f"{count(report['beyond_chance'])} of {count(report['asked'])} comparisons tell {groups} beyond chance"
    if len(report["strongest"]) > 1:
        return f"{told}. The strongest, each of its own kind, are in the table"
    lead = report["strongest"][0]
    return f"{told}: {lead['label']}, {lead['said']}: {percent(lead['shares'][0])} of {first}, {percent(lead['shares'][1])} of {second}"


def differences(report: Mapping[str, Any] | None, first: str, second: str) -> dict[str, Any] | None:
    """The strongest differences as a table; None for fewer than two: the sentence says one."""
    if report is None or len(report["strongest"]) < 2:
        return None
    rows = [(f"{d['label']}: {d['said']}", percent(d["shares"][0]), percent(d["shares"][1])) for d in report["strongest"]]
    return table(f"{first} and {second.lower()}, what differs most", [("Differs most", False), (first, True), (second, True)], rows)


def in_brackets(low: object, high: object, places: int = 1, *, percents: bool = False) -> str:
    a, b = known(low), known(high)
    if a is None or b is None:
        return ""
    return f" ({percent(a)} to {percent(b)})" if percents else f" ({a:,.{places}f} to {b:,.{places}f})"


def with_range(found: Sequence[float | None] | None, shown: Callable[[object], str]) -> str:
    """
    >>> with_range([1.0, 0.5, 2.0], str), with_range([1.0, None, None], str), with_range(None, str)
    ('1.0 (0.5 to 2.0)', '1.0', '—')
    """
    if found is None:
        return NOTHING
    value, low, high = found
    return shown(value) if low is None or high is None or low == high else f"{shown(value)} ({shown(low)} to {shown(high)})"
