"""A card with everything that a card can hold, rows with everything that a value can be, and the card read bin by bin by hand."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icpfit.config import LAYERS
from icpfit.scorecard.card import TIER_NAMES, Attribute, Bin, Disqualification, Fidelity, Scorecard, Tier
from icpfit.scorecard.condition import Condition, Rule

RESULTS = ("points", *(f"points_{layer}" for layer in LAYERS), "tier", "disqualified")
Row = tuple[Any, ...]

THIRD = 0.1 + 0.2
"""a number that needs 17 digits"""
ODD_NAME = 'the "odd" `one`'
TEXT_NUMBERS = (
    "5",
    " 5.0 ",
    "1e3",
    "-1E-3",
    "+7",
    ".5",
    "5.",
    "0.1",
    "1e999",
    "-1e999",
    "1e-400",
    "-1e-400",
    "1" + 20 * "0",
    "\t8\t",
    "8\n",
)
TEXT_NUMBERS += ("inf", "-Infinity", "INF", "+inf", "nan", "NaN", "", " ", "true", "True", "false", "1_000", "1,000", "0x10", "½", "١")
TEXT_NUMBERS += ("--1", "e5", "1 2", "1d", "1e", "1e+", "+", "-", ".", "1-2", "1e5-3", "5-", "1.2.3", "01", "-0", "0e99999", "1e00003")
TEXT_NUMBERS += ("1e-99999", "2e99999", "-.5e+2", "1/2/2024", "5%", "$5", "1e5.0", "9007199254740993", "0.30000000000000004", "infinit")
FLAGS = ("yes", "no", "Yes", "NO", "y", "N", "Y", "n", "t", "F", "T", "f", "true", "TRUE", "false", "False", " yes ", "\tno", "t ")
NO_FLAGS = ("yes.", "yess", "nope", "ye", "ye0", "te0", "noe0", "tr", "y es", "yes\n", "ja", "0n", "perhaps", "on", "off", "-", "--1", "ｙ")
COUNTRIES = ("US", "us", " US", "US ", "D'E", 'the "west"', "C:\\new\\table", "Zürich", "Zürich", "日本", "${x}", "a`b", "=1+1", "@home")
COUNTRIES += ("two\nlines", "100%", "-", "nan", "", "NaN", "true", "unseen", "1", "a;b", 'O\'Brien \\ "Sons"', "\\", "'", "''", "\\'")


def cell(label: str, points: int, **where: Any) -> Bin:
    return Bin(label, points, max(points - 2.5, 0.0), points + 2.5, 40, 0.25, **where)


def ranges(edges: list[float], points: list[int], unknown: int) -> tuple[Bin, ...]:
    ends = [None, *edges, None]
    bins = [cell(f"{low} to {high}", p, low=low, high=high) for low, high, p in zip(ends[:-1], ends[1:], points, strict=True)]
    return (*bins, cell("unknown", unknown, unknown=True))


def attribute(name: str, layer: Any, kind: Any, bins: tuple[Bin, ...]) -> Attribute:
    return Attribute(name, name.replace("_", " ").capitalize(), layer, kind, "", f"why {name} counts", bins, 0.9)


def full_card() -> Scorecard:
    """Numbers as numbers and as text, flags, categories of hostile texts, two rules, every kind of disqualifier."""
    countries = (
        cell("US and others", 16, values=("US", "D'E", "C:\\new\\table", "${x}", "two\nlines", "\\'")),
        cell("the rest that is named", 5, values=('the "west"', "Zürich", "日本", "=1+1", "@home", "'", 'O\'Brien \\ "Sons"')),
        cell("any other", 2, other=True),
        cell("unknown", 4, unknown=True),
    )
    regions = (cell("true", 6, values=("true", "1")), cell("a`b", 0, values=("a`b", " US", "-")), cell("unknown", 3, unknown=True))
    attributes = (
        attribute("employees", "firmographic", "number", ranges([0.0, 50.0, 120.0], [0, 4, 15, 7], 3)),
        attribute("country", "firmographic", "category", countries),
        attribute("share", "technographic", "number", ranges([-1e-3, THIRD, 1e17], [1, 0, 9, 5], 2)),
        attribute("warehouse", "technographic", "flag", ranges([0.5], [0, 12], 6)),
        attribute(ODD_NAME, "behavioral", "number", ranges([5.0, 8.0, 1000.0], [2, 0, 18, 11], 1)),
        attribute("region", "behavioral", "category", regions),
        attribute("on_free_mail", "intent", "flag", ranges([0.5], [4, 0], 1)),
        attribute("first_seen", "intent", "number", ranges([3.0], [2, 0], 5)),
    )
    big = Condition("employees", "number", "Employees: 50 to 119", low=50.0, high=120.0)
    west = Condition("country", "category", "Country: US, D'E", values=("US", "D'E"))
    few = Condition(ODD_NAME, "number", "under 8", high=8.0)
    rules = (
        Rule("employees & country", "50 to 119, and US or D'E", "firmographic", (big, west), 10, 0, 7.0, 12.0, 30, 0.5, 0.2),
        Rule("odd & warehouse", "few, and a warehouse", "intent", (few, Condition("warehouse", "flag", "yes", low=0.5)), 0, 5, 3.0, 8.0, 9),
    )
    disqualifiers = (
        Disqualification("employees", 1e6, "far too large", 3, None, 0.3),
        Disqualification("share", None, 'it\'s "negative" \\ below', 3, 0.0, 0.3, below=-5.0),
        Disqualification("seats", None, "too few seats", 3, 0.0, 0.3, below=2.0),
        Disqualification("country", None, "@home is no country", 3, 0.0, 0.3, values=("@home", "C:\\new\\table")),
        Disqualification("seats", 40.0, "=too many seats", 3, 0.0, 0.3),
        Disqualification("employees", None, "the number says no number", 3, 0.0, 0.3, values=("n/a", "-")),
        Disqualification("partner", None, "a partner", 3, 0.0, 0.3, values=("yes", "日本")),
        Disqualification("on_free_mail", 1.0, "free mail", 3, 0.0, 0.3, is_flag=True),
        Disqualification("competitor", 1.0, "a competitor", 3, 0.0, 0.3, is_flag=True),
        Disqualification("reseller", None, "no reseller", 3, 0.0, 0.3, below=1.0, is_flag=True),
    )
    tiers = tuple(Tier(n, e, 0.5, None, 40, 4, "SDR", "call") for n, e in zip(TIER_NAMES, (60, 45, 25, 0), strict=True))
    weights: dict[Any, int] = dict.fromkeys(LAYERS, 0)
    for part in (*attributes, *rules):
        weights[part.layer] += part.max_points
    assumed: dict[Any, int] = {"firmographic": 30, "technographic": 20, "behavioral": 35, "intent": 15}
    fidelity = Fidelity(0.97, 0.95, 0.8, 0.79, 0.004, 0.9, 700)
    return Scorecard("icp", attributes, disqualifiers, tiers, fidelity, weights, assumed, -3.1, 0.05, ("Points wobble.",), rules)


@dataclass(frozen=True)
class Rows:
    """Columns of plain values (None: nothing stands there) with the type that a database gives them."""

    columns: dict[str, list[Any]]
    types: dict[str, str]

    @property
    def frame(self) -> pd.DataFrame:
        made = {}
        for name, values in self.columns.items():
            if self.types[name] == "double":
                made[name] = pd.Series([math.nan if v is None else v for v in values], dtype=np.float64)
            elif self.types[name] == "date":
                made[name] = pd.Series(pd.to_datetime(values))
            else:
                made[name] = pd.Series(values, dtype=object)
        return pd.DataFrame(made)


def near(edge: float) -> list[float]:
    return [edge, math.nextafter(edge, -math.inf), math.nextafter(edge, math.inf)]


def rows(n: int, seed: int, *, neighbours: bool = True) -> Rows:
    """Every special value many times over. ``neighbours``: with the doubles next to each edge, which differ in the 17th digit."""
    rng = np.random.default_rng(seed)
    edges = [0.0, 50.0, 120.0, -1e-3, THIRD, 1e17, 5.0, 8.0, 1000.0, 1e6, -5.0, 2.0, 40.0, 0.5, 3.0]
    special = [x for e in edges for x in (near(e) if neighbours else [e])] + [math.inf, -math.inf, math.nan, -0.0, 1e300, -1e300]

    def pick(values: Any) -> list[Any]:
        values = list(values)
        return [values[i] for i in rng.integers(len(values), size=n)]

    def mixed(*columns: list[Any]) -> list[Any]:
        return [columns[i][k] for k, i in enumerate(rng.integers(len(columns), size=n))]

    def numbers(scale: float) -> list[Any]:
        spread = [float(v) for v in rng.normal(0, scale, n)]
        return spread if neighbours else [float(f"{v:.12g}") for v in spread]

    nothing = [None] * n
    whole = [int(v) for v in rng.integers(-20, 200, n)]
    texts = mixed(pick(TEXT_NUMBERS), [repr(v) for v in numbers(40)], pick([repr(e) for e in special]), [str(v) for v in whole])
    columns: dict[str, list[Any]] = {
        "employees": mixed(mixed(whole, pick([50, 120, 0, 10**6, 2**53, -(2**53)])), whole, nothing),
        "country": mixed(pick(COUNTRIES), pick(["US", "D'E", "@home"]), pick([*COUNTRIES, None])),
        "share": mixed(pick(special), numbers(1), numbers(3), nothing),
        "warehouse": pick([True, False, None]),
        ODD_NAME: mixed(texts, texts, texts, nothing),
        "region": pick([*COUNTRIES, None]),
        "on_free_mail": pick(["true", "false", "0", "1", "0.0", "0", "0", "false", "False", None, "", "no", *FLAGS, *NO_FLAGS]),
        "first_seen": pick([datetime.date(2024, 1, 1), datetime.date(2025, 3, 1), None]),
        "seats": mixed(numbers(30), pick(special), nothing, [float(v) for v in whole]),
        "competitor": pick(["Yes", "t", "TRUE ", "1", *["no", "N", "f", "0", "", "ye0", "yes!", None] * 8]),
        "reseller": pick(["No", "f", "N", "0", *["yes", "Y", "t", "1.0", "", "nay", "noe0", None] * 8]),
        "partner": pick(["yes", "no", "Yes", "日本", "", "nan", None, "no", "no", "no"]),
    }
    types = {"employees": "bigint", "share": "double", "warehouse": "boolean", "first_seen": "date", "seats": "double"}
    return Rows(columns, {name: types.get(name, "text") for name in columns})


def by_hand(card: Scorecard, columns: dict[str, list[Any]]) -> list[Row]:
    """``RESULTS`` of each row, bin by bin, as a person with the printed card would read them."""
    n = len(next(iter(columns.values())))
    return [_one(card, {name: values[i] for name, values in columns.items()}) for i in range(n)]


def _one(card: Scorecard, account: dict[str, Any]) -> Row:
    layers = dict.fromkeys(LAYERS, 0)
    for a in card.attributes:
        layers[a.layer] += _points(a, account.get(a.name))
    for rule in card.rules:
        met = all(_met(c, account.get(c.feature)) for c in rule.conditions)
        layers[rule.layer] += rule.points if met else rule.otherwise
    total = sum(layers.values())
    reason = next((d.reason for d in card.disqualifiers if _met(d.condition, account.get(d.feature))), "")
    tier = "D" if reason else next(t.name for t in card.tiers if total >= t.from_points)
    return (total, *layers.values(), tier, reason)


def _points(a: Attribute, value: Any) -> int:
    read = text(value) if a.kind == "category" else number_or_flag(value, a.kind)
    for b in a.bins:
        if b.unknown or read is None:
            continue
        if read in b.values if a.kind == "category" else (b.low is None or read >= b.low) and (b.high is None or read < b.high):
            return b.points
    return next((b for b in a.bins if b.other and read is not None), next(b for b in a.bins if b.unknown)).points


def _met(c: Condition, value: Any) -> bool:
    if c.kind == "category":
        return text(value) in c.values
    read = number_or_flag(value, c.kind)
    return read is not None and (c.low is None or read >= c.low) and (c.high is None or read < c.high)


def text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value in (None, "", "nan") or value != value else str(value)


def number_or_flag(value: Any, kind: str) -> float | None:
    word = value.strip(" \t").lower() if isinstance(value, str) and value.isascii() else ""
    if kind == "flag" and word in ("yes", "y", "true", "t", "no", "n", "false", "f"):
        return float(word[0] in "yt")
    return number(value)


def number(value: Any) -> float | None:
    """Its own reading of texts, letter by letter."""
    if isinstance(value, (bool, int, float)):
        return None if value != value else float(value)
    if value in ("true", "false"):
        return float(value == "true")
    if not isinstance(value, str):
        return None
    left = value.strip(" \t").lower()
    body = left[1:] if left[:1] in ("+", "-") else left
    if body not in ("inf", "infinity"):
        mantissa, e, exponent = body.partition("e")
        exponent = exponent[1:] if exponent[:1] in ("+", "-") else exponent
        digits = mantissa.replace(".", "", 1)
        if any(not d or set(d) - set("0123456789") for d in (digits, *([exponent] if e else []))):
            return None
    return float(left)
