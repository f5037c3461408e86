"""Every value to a small code: all values of one code go the same way at every split of the model.

The code of a number is how many of the model's thresholds lie below it, of a category its own number; one code more is for
the missing, and for categories that no split knows. A question is then a set of codes, kept as the bits of one integer.
LightGBM's own habits are kept: |x| <= 1e-35 is 0, and NaN is 0 where the training rows had none missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from icpfit.attribution.forest import NAN_IS_MISSING, ZERO_IS_MISSING, Forest, NotTabledError, Split

ZERO = float(np.float32(1e-35))
"""LightGBM's kZeroThreshold"""
MOST_CODES = 65_000
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of one feature: 0 to ``missing``, which is the last.

    ``breaks``: rising thresholds of a number; None for a category, whose codes are its own numbers.
    """

    feature: int
    breaks: Floats | None
    missing: int

    @property
    def everything(self) -> int:
        """All codes."""
        return (1 << (self.missing + 1)) - 1

    def left(self, split: Split) -> int:
        """The codes that go left."""
        if self.breaks is None:
            return (split.categories or 0) & (self.everything >> 1)
        place = int(np.searchsorted(self.breaks, split.threshold))
        codes = (1 << (place + 1)) - 1
        if split.missing == ZERO_IS_MISSING:
            zero = 1 << int(np.searchsorted(self.breaks, 0.0))
            codes = codes | zero if split.default_left else codes & ~zero
        as_zero = split.threshold >= 0.0
        unknown = split.default_left if split.missing in (ZERO_IS_MISSING, NAN_IS_MISSING) else as_zero
        return codes | (1 << self.missing) if unknown else codes

    def of(self, x: Floats) -> npt.NDArray[np.uint16]:
        """(n,) codes of float64 values.

        >>> number = Codes(0, np.array([-1.0, 0.0, 2.5]), 4)
        >>> number.of(np.array([-np.inf, -1.0, -1e-36, 1e-36, 2.5, 2.6, np.nan])).tolist()
        [0, 0, 1, 1, 2, 3, 4]
        >>> Codes(0, None, 3).of(np.array([0.0, 2.9, -0.5, -1.0, 3.0, np.inf, np.nan])).tolist()
        [0, 2, 0, 3, 3, 3, 3]
        """
        if self.breaks is None:
            known = (x > -1.0) & (x < self.missing)
            return np.where(known, np.trunc(np.where(known, x, 0.0)), self.missing).astype(np.uint16)
        code = np.searchsorted(self.breaks, np.where(np.abs(x) <= ZERO, 0.0, x))
        return np.where(np.isnan(x), self.missing, code).astype(np.uint16)


def codes_of(forest: Forest) -> dict[int, Codes]:
    """The codes of each feature that a tree asks of, in the order of features.

    Raises:
        NotTabledError: a feature is asked as a number and as a category, or has more values that matter than codes.
    """
    asked: dict[int, list[Split]] = {}
    for tree in forest.trees:
        for split in tree.splits:
            asked.setdefault(split.feature, []).append(split)
    return {feature: _codes(feature, asked[feature]) for feature in sorted(asked)}


def _codes(feature: int, splits: Iterable[Split]) -> Codes:
    sets = {s.categories for s in splits}
    if sets == {None}:
        numbers = {s.threshold for s in splits}
        if any(s.missing == ZERO_IS_MISSING for s in splits):
            numbers |= {float(np.nextafter(-ZERO, -np.inf)), 0.0}
        breaks = np.array(sorted(numbers))
        codes = Codes(feature, breaks, len(breaks) + 1)
    elif None in sets:
        raise NotTabledError(f"feature {feature} is asked as a number and as a category")
    else:
        codes = Codes(feature, None, max(s.bit_length() for s in sets if s is not None))
    if codes.missing >= MOST_CODES:
        raise NotTabledError(f"feature {feature} has more than {MOST_CODES:,} values that matter")
    return codes
