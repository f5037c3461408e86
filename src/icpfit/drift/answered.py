"""Deals whose end is known, with what a profile said of them that did not know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Answered:
    """One row per deal (or customer), in the order of ``created``; microseconds.

    ``probability`` and ``points`` are those of models and cards that are older than the deal. ``parts``: the points of each attribute of
    the card by its name, which sum to ``points``; a card of the past that did not ask an attribute gave it 0, and may have had others.
    ``tier`` is empty where no card was there. ``inflation``: by how much the variance of a figure of these rows counts when later ones
    are compared with them: more than once where the model that speaks of the later ones has learned from these.
    """

    deal_id: Texts
    account: Texts
    created: Int64s
    good: Bools
    probability: Floats
    points: Int64s
    tier: Texts
    parts: Mapping[str, Int64s] = field(default_factory=dict)
    inflation: float = 1.0

    def __post_init__(self) -> None:
        lengths = {len(v) for v in (self.deal_id, self.account, self.created, self.good, self.probability, self.points, self.tier)}
        if len(lengths | {len(v) for v in self.parts.values()}) != 1:
            raise ValueError("each answered deal has an id, a moment, an end, a chance, points and a tier")
        if len(self) and (np.diff(self.created) < 0).any():
            raise ValueError("answered deals stand in the order in which they were created")
        if not self.inflation >= 1:
            raise ValueError(f"a figure has at least its own variance, got {self.inflation} times it")

    def __len__(self) -> int:
        return len(self.deal_id)

    def of(self, rows: Bools | Int64s) -> Answered:
        """Some of them, in their order."""
        return Answered(
            self.deal_id[rows],
            self.account[rows],
            self.created[rows],
            self.good[rows],
            self.probability[rows],
            self.points[rows],
            self.tier[rows],
            {name: v[rows] for name, v in self.parts.items()},
            self.inflation,
        )
