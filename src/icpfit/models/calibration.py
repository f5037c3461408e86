"""Margins to probabilities, with the interval of the rate among accounts of that score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """``p = sigmoid(intercept + slope * margin)``, and a table of its 90 % interval.

    ``grid`` holds margins in rising order; ``low`` and ``high`` the interval's ends there (probabilities,
    between grid points linear, outside constant); ``similar`` the number of training rows near it.
    """

    intercept: float
    slope: float
    grid: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    similar: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.slope > 0:
            raise ValueError(f"a calibration keeps the order of scores; its slope must be positive, got {self.slope}")
        if not (len(self.grid) == len(self.low) == len(self.high) == len(self.similar)):
            raise ValueError("grid, low, high and similar have one entry each per point")

    def log_odds(self, margin: Floats) -> Floats:
        return self.intercept + self.slope * margin

    def probability(self, margin: Floats) -> Floats:
        return 1.0 / (1.0 + np.exp(-self.log_odds(margin)))

    def interval(self, margin: Floats) -> tuple[Floats, Floats]:
        """Low and high ends; they always enclose the probability itself."""
        p = self.probability(margin)
        low = np.minimum(np.interp(margin, self.grid, self.low), p)
        high = np.maximum(np.interp(margin, self.grid, self.high), p)
        return low, high
