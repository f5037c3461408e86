"""Margins to probabilities, with the interval of the rate among accounts of that score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Shape = Literal["sigmoid", "beta", "isotonic"]

SHAPES: tuple[Shape, ...] = ("sigmoid", "beta", "isotonic")
SLANT = 0.001
"""of an isotonic map, the share that rises everywhere, so that no rank is lost on its flat parts or outside its knots"""
NEAR = 1e-6
"""a distance below which a stretch is measured as if it were this long"""
FURTHEST = (-700.0, 36.0)
"""log-odds beyond which a double cannot tell a probability from 0, or from 1"""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising map from margins to probabilities, and a table of its 90 % interval.

    * ``sigmoid``: log-odds = intercept + slope x margin.
    * ``beta``: the margin bends on its way: its part above 0 counts (1 + lean) times, that below (1 - lean) times, with a
      smooth passage between. Source: Kull, Silva Filho and Flach, "Beta calibration", 2017, whose
      a is slope x (1 - lean) and whose b is slope x (1 + lean).
    * ``isotonic``: ``rates`` at the margins ``knots`` (between them linear, outside constant) and a very small slant, all
      of it kept inside [1 / (rows + 2), 1 - 1 / (rows + 2)]. Its intercept and slope are those of the sigmoid.

    ``grid`` holds margins in rising order; ``low`` and ``high`` the interval's ends there (probabilities,
    between grid points linear, outside constant); ``similar`` the number of training rows near it.

    Raises:
        ValueError: the map would not rise, or its parts are not those of its shape.
    """

    intercept: float
    slope: float
    grid: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    similar: tuple[int, ...]
    shape: Shape = "sigmoid"
    lean: float = 0.0
    knots: tuple[float, ...] = ()
    rates: tuple[float, ...] = ()
    rows: int = 0
    """that an isotonic map was fitted on"""

    def __post_init__(self) -> None:
        if not self.slope > 0:
            raise ValueError(f"a calibration keeps the order of scores; its slope must be positive, got {self.slope}")
        if not (len(self.grid) == len(self.low) == len(self.high) == len(self.similar)):
            raise ValueError("grid, low, high and similar have one entry each per point")
        if self.shape not in SHAPES:
            raise ValueError(f"a calibration is one of {', '.join(SHAPES)}, got {self.shape!r}")
        if not abs(self.lean) < 1 or (self.lean != 0 and self.shape != "beta"):
            raise ValueError(f"a beta map leans by less than 1, and no other leans, got {self.lean} in a {self.shape} map")
        if (self.shape == "isotonic") != (len(self.knots) > 0) or len(self.knots) != len(self.rates) or (self.knots and self.rows < 1):
            raise ValueError("an isotonic map, and no other, has knots, a rate at each, and the rows it was fitted on")
        if (np.diff(self.knots) <= 0).any() or (np.diff(self.rates) < 0).any() or not all(0 <= r <= 1 for r in self.rates):
            raise ValueError("the knots of an isotonic map rise, and its rates are shares that do not fall")

    def log_odds(self, margin: Floats) -> Floats:
        """Rising with the margin.

        Raises:
            ValueError: a margin is not a finite number.
        """
        if self.shape == "isotonic":
            p = self.probability(margin)
            return np.log(p) - np.log1p(-p)
        return self._line(margin)

    def probability(self, margin: Floats) -> Floats:
        """Strictly between 0 and 1, rising with the margin.

        Raises:
            ValueError: a margin is not a finite number.
        """
        if self.shape != "isotonic":
            p: Floats = 1.0 / (1.0 + np.exp(-np.clip(self._line(margin), *FURTHEST)))
            return p
        _finite(margin)
        slant = 0.5 + 0.5 * margin / (8 + np.abs(margin))
        edge = 1.0 / (self.rows + 2)
        steps: Floats = edge + (1 - 2 * edge) * ((1 - SLANT) * np.interp(margin, self.knots, self.rates) + SLANT * slant)
        return steps

    def _line(self, margin: Floats) -> Floats:
        _finite(margin)
        return self.intercept + self.slope * bent(margin, self.lean)

    def steepness(self, margin: Floats, base: float) -> Floats:
        """By how much each margin's distance from ``base`` is stretched on its way to log-odds: the slope, if it is a line.

        So parts whose sum is margin - base, each times this, sum to log-odds less those of ``base``.
        """
        if self.shape == "sigmoid":
            return np.full(len(margin), self.slope)
        there = np.where(np.abs(margin - base) < NEAR, base + NEAR, margin)
        return (self.log_odds(there) - self.log_odds(np.array([base]))) / (there - base)

    def interval(self, margin: Floats) -> tuple[Floats, Floats]:
        """Low and high ends; they always enclose the probability itself."""
        p = self.probability(margin)
        low = np.minimum(np.interp(margin, self.grid, self.low), p)
        high = np.maximum(np.interp(margin, self.grid, self.high), p)
        return low, high


def _finite(margin: Floats) -> None:
    if not np.isfinite(margin).all():
        raise ValueError("a margin is not a finite number")


def bent(margin: Floats, lean: float | Floats) -> Floats:
    """(1 + lean) x ln(1 + e^margin) - (1 - lean) x ln(1 + e^-margin): the margin itself where ``lean`` is 0.

    >>> bent(np.array([-9.0, 0.0, 9.0]), 0.5).round(2).tolist()
    [-4.5, 0.69, 13.5]
    """
    if isinstance(lean, float) and lean == 0:
        return margin
    upper = np.logaddexp(0.0, margin)
    return (1 + lean) * upper - (1 - lean) * (upper - margin)
