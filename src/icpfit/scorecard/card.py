"""The weighted scorecard: attributes, bins, points, tiers, disqualifiers. Values only; the table is the function."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import LAYERS, Direction, Kind, Layer
from icpfit.errors import ScorecardError
from icpfit.scorecard.condition import Condition, Rule
from icpfit.scorecard.lookup import bin_index

CardKind = Literal["icp", "win", "retention"]
TierName = Literal["A", "B", "C", "D"]
TIER_NAMES: tuple[TierName, ...] = ("A", "B", "C", "D")


@dataclass(frozen=True, slots=True)
class Bin:
    """One cell: a half-open range [low, high) of a number (None = open end), a set of texts, or ``unknown``.

    ``points_low`` and ``points_high`` are the 90 % bootstrap interval. ``rows`` counts the rows behind
    it, ``rate`` is the observed rate among those with a label (None: none).
    """

    label: str
    points: int
    points_low: float
    points_high: float
    rows: int
    rate: float | None
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    unknown: bool = False
    other: bool = False
    """takes the texts that no bin names"""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A row group of the card. Its bins take every value there can be, each exactly one.

    Numbers and flags: the ranges follow one another from minus to plus infinity (a flag's edge is 0.5).
    Categories: no text stands in two bins, at most one bin is ``other``.
    """

    name: str
    label: str
    layer: Layer
    kind: Kind
    unit: str
    why: str
    bins: tuple[Bin, ...]
    own_value_r2: float
    """share of the attribute's SHAP variance that its own value explains; low means interactions"""
    stands_for: tuple[str, ...] = ()
    """labels of near-copies that were left off, which this attribute speaks for"""
    monotone: Direction | None = None
    """the declared direction, which the points of the known bins hold"""

    @property
    def max_points(self) -> int:
        return max(b.points for b in self.bins)

    def __post_init__(self) -> None:
        if sum(b.unknown for b in self.bins) != 1:
            raise ScorecardError(f"{self.name}: exactly one bin must be 'unknown'")
        if min(b.points for b in self.bins) < 0:
            raise ScorecardError(f"{self.name}: points are never negative")
        known = [b for b in self.bins if not b.unknown]
        if not known:
            raise ScorecardError(f"{self.name}: an attribute needs a bin beside 'unknown'")
        if self.kind == "category":
            texts = [v for b in known for v in b.values]
            if len(set(texts)) != len(texts) or sum(b.other for b in known) > 1:
                raise ScorecardError(f"{self.name}: a text falls into two bins")
            return
        gaps = [b.high is None or b.high != c.low or not math.isfinite(b.high) for b, c in pairwise(known)]
        falling = [b.low is not None and b.high is not None and b.low >= b.high for b in known]
        if known[0].low is not None or known[-1].high is not None or any(gaps) or any(falling):
            raise ScorecardError(f"{self.name}: the ranges must follow one another from minus to plus infinity")
        points = [b.points for b in known]
        if self.monotone is not None and points != sorted(points, reverse=self.monotone == "decreasing"):
            raise ScorecardError(f"{self.name}: the points must be {self.monotone}, as declared, got {points}")


@dataclass(frozen=True, slots=True)
class Disqualification:
    """A yes/no criterion that forces tier D: ``feature >= at_least``, or ``feature < below``, or one of the texts ``values``.

    The evidence stands beside it.
    """

    feature: str
    at_least: float | None
    reason: str
    rows: int
    rate: float | None
    rate_otherwise: float | None
    below: float | None = None
    values: tuple[str, ...] = ()
    is_flag: bool = False
    """the feature is a yes/no, and is read as one"""

    def __post_init__(self) -> None:
        if self.values and self.is_flag:
            raise ScorecardError(f"{self.feature}: a yes/no is no list of texts")
        if (self.at_least is not None) + (self.below is not None) + bool(self.values) != 1:
            raise ScorecardError(f"{self.feature}: a disqualifier says one of: at least, below, is one of")

    @property
    def condition(self) -> Condition:
        kind: Kind = "category" if self.values else "flag" if self.is_flag else "number"
        return Condition(self.feature, kind, self.reason, low=self.at_least, high=self.below, values=self.values)


@dataclass(frozen=True, slots=True)
class Tier:
    """Points from ``from_points`` up to the next tier's edge. ``expected_rate``: of accounts in it, by the card.

    The rates are of the training rows of the newest year (of all rows whose outcome is known, where the
    newest are too young for it) that no disqualifier moved. Where two tiers share an edge, the lower one is empty.
    """

    name: TierName
    from_points: int
    expected_rate: float
    observed_rate: float | None
    rows: int
    sla_hours: int | None
    owner: str
    action: str


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Card against model, on rows later than both, where there is time.

    The card is made anew from each fold's model; measures are taken within a fold, then averaged. AUC is
    that of pairs within a fold; ``auc_loss_se`` is the standard error of ``auc_model - auc_card`` on the
    same rows, clustered by account.
    """

    spearman: float
    r2: float
    auc_model: float
    auc_card: float
    auc_loss_se: float
    top20_overlap: float
    rows: int


@dataclass(frozen=True, slots=True)
class Imposed:
    """Layer weights that the company insists on, and what they cost: ``auc_learned`` is the AUC of the card with the weights
    that the data says, on the rows of ``Fidelity.auc_card``; ``auc_loss_se`` the standard error of the difference."""

    weights: Mapping[Layer, int]
    auc_learned: float
    auc_loss_se: float


@dataclass(frozen=True)
class Scorecard:
    """Maxima of attributes and rules sum to 100; tier edges fall; every row gets points."""

    kind: CardKind
    attributes: tuple[Attribute, ...]
    disqualifiers: tuple[Disqualification, ...]
    tiers: tuple[Tier, ...]
    fidelity: Fidelity
    layer_weights_learned: Mapping[Layer, int]
    layer_weights_assumed: Mapping[Layer, int]
    platt_intercept: float
    platt_slope: float
    words: tuple[str, ...] = ()
    """plain sentences on what the card cannot say (wobble, hypotheses, no retention signal)"""
    rules: tuple[Rule, ...] = ()
    """rows for what two attributes are worth together"""
    imposed: Imposed | None = None
    """None: the layers weigh what the data says"""

    def __post_init__(self) -> None:
        if (total := sum(part.max_points for part in self.parts)) != 100:
            raise ScorecardError(f"the maxima must sum to 100, got {total}")
        if len({part.name for part in self.parts}) != len(self.parts):
            raise ScorecardError("an attribute stands in the card twice")
        weights = self.layer_weights_learned if self.imposed is None else self.imposed.weights
        if self.layer_maxima != {layer: weights.get(layer, 0) for layer in LAYERS}:
            raise ScorecardError(f"the layers' weights are {dict(weights)}, but their rows' maxima sum to {self.layer_maxima}")
        asked = [*((a.name, a.kind) for a in self.attributes), *((c.feature, c.kind) for c in self.conditions)]
        if both := {name for name, kind in asked if kind == "flag"} & {name for name, kind in asked if kind == "number"}:
            raise ScorecardError(f"{min(both)}: a feature is a number or a yes/no, not both")
        edges = [t.from_points for t in self.tiers]
        if tuple(t.name for t in self.tiers) != TIER_NAMES or edges != sorted(edges, reverse=True) or edges[-1] != 0:
            raise ScorecardError(f"tiers are A to D with falling edges down to 0, got {edges}")
        if not (math.isfinite(self.platt_intercept) and math.isfinite(self.platt_slope) and self.platt_slope > 0):
            raise ScorecardError("more points must mean a higher chance")

    @property
    def within_reach(self) -> tuple[bool, ...]:
        """For each tier, whether any points lead to it: none do where it begins above 100, or where the tier above begins as low."""
        above = (101, *(t.from_points for t in self.tiers))
        return tuple(t.from_points < edge for t, edge in zip(self.tiers, above, strict=False))

    @property
    def parts(self) -> tuple[Attribute | Rule, ...]:
        """All rows that give points."""
        return (*self.attributes, *self.rules)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What the rules ask, then what the disqualifiers ask."""
        return (*(c for r in self.rules for c in r.conditions), *(d.condition for d in self.disqualifiers))

    @property
    def layer_maxima(self) -> dict[Layer, int]:
        """The most points that each layer can give."""
        return {layer: sum(part.max_points for part in self.parts if part.layer == layer) for layer in LAYERS}

    def parts_of(self, features: pd.DataFrame) -> dict[str, npt.NDArray[np.int64]]:
        """The points of each row by what gives them: an attribute under its name, a rule under ``both: `` and its label. Columns as in
        :meth:`score`; together they are its ``points``."""
        parts: dict[str, npt.NDArray[np.int64]] = {}
        for attribute in self.attributes:
            points = np.array([b.points for b in attribute.bins], dtype=np.int64)
            parts[attribute.name] = points[bin_index(attribute.kind, attribute.bins, _column(features, attribute.name))]
        for rule in self.rules:
            parts[f"both: {rule.label}"] = rule.points_of(features)
        return parts

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """``points, points_<layer> (4), tier, disqualified`` for each row, same index as ``features``.

        ``features`` holds the training set's columns by name (text, float); a missing column is
        unknown; a number stored as text is read as a number. ``disqualified`` is the reason (the first
        that applies, in the card's order), or "".
        """
        n = len(features)
        by_layer = {layer: np.zeros(n, dtype=np.int64) for layer in LAYERS}
        for part, points in zip(self.parts, self.parts_of(features).values(), strict=True):
            by_layer[part.layer] += points
        total = sum(by_layer.values(), start=np.zeros(n, dtype=np.int64))
        reason = np.full(n, "", dtype=object)
        for rule in reversed(self.disqualifiers):
            reason[rule.condition.met(_column(features, rule.feature))] = rule.reason
        tier = tier_names(total, [t.from_points for t in self.tiers], reason != "")
        columns: dict[str, object] = {"points": total}
        columns |= {f"points_{layer}": by_layer[layer] for layer in LAYERS}
        columns["tier"] = tier
        columns["disqualified"] = reason
        return pd.DataFrame(columns, index=features.index)

    def probability(self, points: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Chance of the card's outcome at so many points (Platt)."""
        return np.asarray(1.0 / (1.0 + np.exp(-(self.platt_intercept + self.platt_slope * points))))


def tier_index(points: npt.NDArray[np.int64], edges: Sequence[int]) -> npt.NDArray[np.int64]:
    """0 (A) to 3 (D) for each total, by the falling edges of A to D; a total on an edge belongs above it.

    >>> tier_index(np.array([100, 80, 79, 0]), (80, 50, 20, 0)).tolist()
    [0, 0, 1, 3]
    """
    tier_at = (np.arange(101)[:, None] < np.array(edges)[None, :]).sum(axis=1)
    return np.asarray(tier_at[points], dtype=np.int64)


def tier_names(points: npt.NDArray[np.int64], edges: Sequence[int], out: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    """The tier of each total; D for the rows that a disqualifier takes ``out``."""
    return np.where(out, "D", np.array(TIER_NAMES, dtype=object)[tier_index(points, edges)])


def _column(features: pd.DataFrame, name: str) -> pd.Series:
    return features[name] if name in features.columns else pd.Series(np.nan, index=features.index)
