"""The weighted scorecard: attributes, bins, points, tiers, disqualifiers. Values only; the table is the function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Kind, Layer
from icpfit.errors import ScorecardError

CardKind = Literal["icp", "win", "retention"]
TierName = Literal["A", "B", "C", "D"]


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

    @property
    def max_points(self) -> int:
        return max(b.points for b in self.bins)

    def __post_init__(self) -> None:
        if sum(b.unknown for b in self.bins) != 1:
            raise ScorecardError(f"{self.name}: exactly one bin must be 'unknown'")
        if min(b.points for b in self.bins) < 0:
            raise ScorecardError(f"{self.name}: points are never negative")


@dataclass(frozen=True, slots=True)
class Disqualification:
    """A yes/no criterion: ``feature >= at_least`` forces tier D. The evidence stands beside it."""

    feature: str
    at_least: float
    reason: str
    rows: int
    rate: float | None
    rate_otherwise: float | None


@dataclass(frozen=True, slots=True)
class Tier:
    """Points from ``from_points`` up to the next tier's edge. ``expected_rate``: of accounts in it, by the card."""

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
    """Card against model, on rows later than both, where there is time."""

    spearman: float
    r2: float
    auc_model: float
    auc_card: float
    auc_loss_se: float
    top20_overlap: float
    rows: int


@dataclass(frozen=True)
class Scorecard:
    """Maxima sum to 100; tier edges fall; every row gets points."""

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

    def __post_init__(self) -> None:
        if (total := sum(a.max_points for a in self.attributes)) != 100:
            raise ScorecardError(f"the maxima must sum to 100, got {total}")
        edges = [t.from_points for t in self.tiers]
        if [t.name for t in self.tiers] != ["A", "B", "C", "D"] or edges != sorted(edges, reverse=True) or edges[-1] != 0:
            raise ScorecardError(f"tiers are A to D with falling edges down to 0, got {edges}")

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """``points, points_<layer> (4), tier, disqualified`` for each row, same index as ``features``.

        ``features`` holds the training set's columns by name (text, float); a missing column is
        unknown; a number stored as text is read as a number. ``disqualified`` is the reason, or "".
        """
        raise NotImplementedError

    def probability(self, points: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Chance of the card's outcome at so many points (Platt)."""
        return 1.0 / (1.0 + np.exp(-(self.platt_intercept + self.platt_slope * points)))
