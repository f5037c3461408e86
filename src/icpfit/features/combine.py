"""Features made of other features: together, either, one against the other. Computed once the others are there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import FeatureSpec
from icpfit.features.values import Floats, Texts, quotient

COMBINATIONS = ("all_of", "any_of", "ratio", "difference")
OF_CONDITIONS = ("all_of", "any_of")

_TERM = re.compile(
    r"\s*(?P<negated>not\s+)?(?P<feature>[a-z][a-z0-9_]*)\s*"
    r"(?:(?P<sign><=|>=|<>|!=|=|<|>)\s*(?:(?P<number>-?\d+(?:\.\d+)?)|'(?P<text>(?:[^']|'')*)')\s*)?"
)
_SIGNS: Mapping[str, Callable[[Floats, float], npt.NDArray[np.bool_]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "=": np.equal,
    "<>": np.not_equal,
}


@dataclass(frozen=True, slots=True)
class Term:
    """``[not] feature``, or ``feature`` against a number or a text. Without a sign the feature is a flag."""

    feature: str
    negated: bool = False
    sign: str | None = None
    value: float | str | None = None

    def holds(self, column: Floats | Texts) -> Floats:
        """1 where it holds, 0 where not, NaN where that is unknown."""
        if self.sign is None or not isinstance(self.value, str):
            numbers = np.asarray(column, dtype=np.float64)
            unknown = np.isnan(numbers)
            sign, value = (self.sign, float(self.value or 0)) if self.sign is not None else (">=", 0.5)
            true = _SIGNS[sign](numbers, value)
        else:
            unknown = pd.isna(column)
            true = (column == self.value) if self.sign == "=" else (column != self.value)
        return np.where(unknown, np.nan, (true != self.negated).astype(np.float64))


def parse_term(text: str) -> Term | None:
    """What a text says; None where it says nothing.

    >>> parse_term("not layoffs_180d")
    Term(feature='layoffs_180d', negated=True, sign=None, value=None)
    >>> parse_term("jobs_90d >= 2"), parse_term("region = 'EMEA'").value, parse_term("jobs + 1")
    (Term(feature='jobs_90d', negated=False, sign='>=', value=2.0), 'EMEA', None)
    """
    match = _TERM.fullmatch(text)
    if match is None or match["feature"] == "not":
        return None
    value = float(match["number"]) if match["number"] else None if match["text"] is None else match["text"].replace("''", "'")
    sign = "<>" if match["sign"] == "!=" else match["sign"]
    return Term(match["feature"], bool(match["negated"]), sign, value)


def parts_of(spec: FeatureSpec) -> tuple[str, ...]:
    """Names of the features that a combination is made of; of others, none."""
    return tuple(term.feature for text in spec.of if (term := parse_term(text)) is not None)


def in_order(specs: Sequence[FeatureSpec]) -> tuple[FeatureSpec, ...]:
    """The combinations among ``specs``, each behind those that it is made of. What is made of itself is left out."""
    waiting = {s.name: s for s in specs if s.aggregate in COMBINATIONS}
    done: list[FeatureSpec] = []
    while ready := [s for s in waiting.values() if not any(p in waiting for p in parts_of(s))]:
        done += ready
        for spec in ready:
            del waiting[spec.name]
    return tuple(done)


def made_of(spec: FeatureSpec, specs: Sequence[FeatureSpec]) -> tuple[FeatureSpec, ...]:
    """The features of ``specs`` behind a feature that read the tables themselves; of one that does, itself."""
    named = {s.name: s for s in specs}
    found: dict[str, FeatureSpec] = {}
    waiting, seen = [spec], {spec.name}
    while waiting:
        part = waiting.pop()
        if part.aggregate not in COMBINATIONS:
            found[part.name] = part
        inner = [named[p] for p in dict.fromkeys(parts_of(part)) if p in named and p not in seen]
        seen.update(s.name for s in inner)
        waiting += reversed(inner)
    return tuple(found.values())


def combined(spec: FeatureSpec, columns: Mapping[str, Floats | Texts]) -> Floats:
    """A combination's values from those of its parts.

    Unknown is neither yes nor no: one no decides ``all_of`` and one yes ``any_of``, whatever else is unknown; where
    nothing decides, an unknown part makes the whole unknown. A ratio to 0 is unknown.
    """
    if spec.aggregate in OF_CONDITIONS:
        held = np.stack([term.holds(columns[term.feature]) for text in spec.of if (term := parse_term(text)) is not None])
        decides = 0.0 if spec.aggregate == "all_of" else 1.0
        decided, unknown = (held == decides).any(axis=0), np.isnan(held).any(axis=0)
        return np.where(decided, decides, np.where(unknown, np.nan, 1.0 - decides))
    first, second = (np.asarray(columns[name], dtype=np.float64) for name in parts_of(spec))
    return quotient(first, second) if spec.aggregate == "ratio" else np.asarray(first - second, dtype=np.float64)
