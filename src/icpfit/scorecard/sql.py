"""The card as one SQL query that gives the same points for every row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from icpfit.config import LAYERS
from icpfit.errors import ScorecardError
from icpfit.scorecard.card import Attribute, Bin, Scorecard
from icpfit.scorecard.condition import Condition, Rule
from icpfit.scorecard.reading import NO_TEXT, NUMBER_PATTERN

Dialect = Literal["duckdb"]
DIALECTS: tuple[Dialect, ...] = ("duckdb",)


def scorecard_sql(card: Scorecard, dialect: str = "duckdb") -> str:
    """One SELECT over a relation named ``features`` with ``account_id``, ``as_of`` and the features by name.

    It yields ``account_id, as_of, points, points_firmographic, points_technographic, points_behavioral,
    points_intent, tier, disqualified``, one row per row, as ``Scorecard.score`` does. Features may be
    numbers, yes/no or text; numbers that stand as text are read as numbers; NULL and NaN are unknown.

    Raises:
        ScorecardError: a dialect that is not offered; only those are whose query is run against the card.
    """
    if dialect not in DIALECTS:
        raise ScorecardError(f"the card is not offered in the SQL of {dialect!r}", hint=f"one of: {', '.join(DIALECTS)}")
    read = {a.name: _text(a.name) if a.kind == "category" else _number(a.name) for a in card.attributes}
    asked = [*(c for r in card.rules for c in r.conditions), *(d.condition for d in card.disqualifiers)]
    read |= {c.feature: _text(c.feature) if c.kind == "category" else _number(c.feature) for c in asked}
    kept = ["account_id", "as_of"]
    values = kept + [f"{expression} AS {_name(name)}" for name, expression in read.items()]
    cells = [*kept, *(f"{_cell(a)} AS {_name('p_' + a.name)}" for a in card.attributes)]
    cells += [*(f"{_rule(r)} AS {_name('p_' + r.name)}" for r in card.rules), f"{_reason(card)} AS disqualified"]
    sums = [f"{_total([part for part in card.parts if part.layer == layer])} AS points_{layer}" for layer in LAYERS]
    total = " + ".join(f"points_{layer}" for layer in LAYERS)
    tiers = " ".join(f"WHEN points >= {t.from_points} THEN {_quoted(t.name)}" for t in card.tiers[:-1])
    return "\n".join(
        [
            "SELECT account_id, as_of, points, " + ", ".join(f"points_{layer}" for layer in LAYERS) + ",",
            f"  CASE WHEN disqualified <> '' THEN 'D' {tiers} ELSE 'D' END AS tier,",
            "  disqualified",
            f"FROM (SELECT *, {total} AS points",
            f"FROM (SELECT account_id, as_of, disqualified,\n    {_lines(sums)}",
            f"FROM (SELECT {_lines(cells)}",
            f"FROM (SELECT {_lines(values)}",
            "FROM features) AS read_values) AS cells) AS layers) AS totals",
            "",
        ]
    )


def _lines(parts: Sequence[str]) -> str:
    return ",\n    ".join(parts)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _float(value: float) -> str:
    """A literal that is read as the same double: decimal literals of many digits are not."""
    if value == int(value) and abs(value) < 2**53:
        return str(int(value))
    text = repr(value)
    return text if "e" in text else f"{text}e0"


def _text(name: str) -> str:
    text = f"CAST({_name(name)} AS VARCHAR)"
    return f"CASE WHEN {text} NOT IN ({', '.join(_quoted(t) for t in NO_TEXT)}) THEN {text} END"


def _number(name: str) -> str:
    text = f"CAST({_name(name)} AS VARCHAR)"
    number = f"WHEN regexp_full_match({text}, {_quoted(NUMBER_PATTERN)}) THEN TRY_CAST(trim({text}, ' ' || chr(9)) AS DOUBLE)"
    return f"CASE {text} WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE CASE {number} END END"


def _cell(attribute: Attribute) -> str:
    value = _name(attribute.name)
    unknown = next(b for b in attribute.bins if b.unknown)
    known = [b for b in attribute.bins if not b.unknown]
    cases = [f"WHEN {value} IS NULL THEN {unknown.points}"]
    if attribute.kind == "category":
        otherwise = next((b for b in known if b.other), unknown)
        cases += [f"WHEN {value} IN ({', '.join(map(_quoted, b.values))}) THEN {b.points}" for b in known if b.values]
    else:
        otherwise = known[-1]
        cases += [f"WHEN {value} < {_float(_high(b))} THEN {b.points}" for b in known[:-1]]
    return f"CASE {' '.join(cases)} ELSE {otherwise.points} END"


def _high(b: Bin) -> float:
    return math.inf if b.high is None else b.high


def _total(parts: Sequence[Attribute | Rule]) -> str:
    return " + ".join(_name("p_" + part.name) for part in parts) or "0"


def _met(condition: Condition) -> str:
    value = _name(condition.feature)
    if condition.values:
        return f"{value} IN ({', '.join(map(_quoted, condition.values))})"
    ends = [f"{value} >= {_float(condition.low)}"] if condition.low is not None else []
    ends += [f"{value} < {_float(condition.high)}"] if condition.high is not None else []
    return " AND ".join(ends)


def _rule(rule: Rule) -> str:
    return f"CASE WHEN {' AND '.join(map(_met, rule.conditions))} THEN {rule.points} ELSE {rule.otherwise} END"


def _reason(card: Scorecard) -> str:
    cases = " ".join(f"WHEN {_met(d.condition)} THEN {_quoted(d.reason)}" for d in card.disqualifiers)
    return f"CASE {cases} ELSE '' END" if cases else "''"
