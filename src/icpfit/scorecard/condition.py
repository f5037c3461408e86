"""Yes/no questions about one attribute, and the rule rows that ask two of them together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Kind, Layer
from icpfit.errors import ScorecardError
from icpfit.scorecard.reading import as_numbers, as_texts

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Condition:
    """Whether a value lies in [low, high) (None = open end), or is one of the texts ``values``. Unknown meets no condition."""

    feature: str
    kind: Kind
    words: str
    """as people say it: ``Employees: 50 to 119``"""
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.kind == "category") != bool(self.values) or (self.values and (self.low, self.high) != (None, None)):
            raise ScorecardError(f"{self.feature}: a condition names texts of a category, or a range of a number")
        if not self.values and self.low is None and self.high is None:
            raise ScorecardError(f"{self.feature}: a condition that every value meets asks nothing")
        ends = [end for end in (self.low, self.high) if end is not None]
        if any(math.isnan(end) for end in ends) or (len(ends) == 2 and ends[0] >= ends[1]):
            raise ScorecardError(f"{self.feature}: no number lies in [{self.low}, {self.high})")

    def met(self, column: pd.Series) -> Bools:
        """For each row of the feature's column, read as the card reads it.

        >>> Condition("n", "number", "N: 5 or more", low=5.0).met(pd.Series(["4", "5", None, "inf"], dtype=object)).tolist()
        [False, True, False, True]
        """
        if self.kind == "category":
            codes, texts = as_texts(column)
            return np.array([t in self.values for t in texts], dtype=bool)[codes]
        numbers = as_numbers(column, self.kind)
        inside = ~np.isnan(numbers)
        if self.low is not None:
            inside &= numbers >= self.low
        if self.high is not None:
            inside &= numbers < self.high
        return inside


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the card for what two attributes are worth together: ``points`` where all ``conditions`` are met, else ``otherwise``.

    One of the two is 0, and ``points_low`` and ``points_high`` are the 90 % interval of the other. ``rows`` met it; ``rate`` is the
    observed rate among those of them with a label, ``rate_otherwise`` that among the others (None: none).
    """

    name: str
    label: str
    layer: Layer
    conditions: tuple[Condition, ...]
    points: int
    otherwise: int
    points_low: float = 0.0
    points_high: float = 0.0
    rows: int = 0
    rate: float | None = None
    rate_otherwise: float | None = None

    def __post_init__(self) -> None:
        if len({c.feature for c in self.conditions}) != len(self.conditions) or len(self.conditions) < 2:
            raise ScorecardError(f"{self.name}: a rule asks two attributes, each once")
        if min(self.points, self.otherwise) != 0 or self.points == self.otherwise:
            raise ScorecardError(
                f"{self.name}: a rule gives points where it is met, or where it is not, got {self.points} and {self.otherwise}"
            )

    @property
    def max_points(self) -> int:
        return max(self.points, self.otherwise)

    def met(self, features: pd.DataFrame) -> Bools:
        """For each row; a missing column is unknown."""
        inside = np.ones(len(features), dtype=bool)
        for c in self.conditions:
            inside &= c.met(features[c.feature]) if c.feature in features.columns else np.zeros(len(features), dtype=bool)
        return inside

    def points_of(self, features: pd.DataFrame) -> npt.NDArray[np.int64]:
        return np.where(self.met(features), self.points, self.otherwise).astype(np.int64)
