"""Labels as known at a moment, with the reason where there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from icpfit.outcomes.known import Bools


@dataclass(frozen=True)
class LabelsAt:
    """One entry per deal of the book, in its order.

    ``exists``: the deal was known at ``moment``. ``label``: 1, 0 or NaN. ``reason``: why a known deal has no
    label; empty where it has one, and where the deal did not exist.
    """

    moment: int
    exists: Bools
    label: npt.NDArray[np.float64]
    reason: npt.NDArray[np.object_]

    def __post_init__(self) -> None:
        labelled = ~np.isnan(self.label)
        if (labelled & ~self.exists).any():
            raise ValueError("a deal that does not exist yet cannot have a label")
        if ((self.reason != "") != (self.exists & ~labelled)).any():
            raise ValueError("a deal has a label or a reason why not, never both, never neither")

    @classmethod
    def of(
        cls,
        moment: int,
        exists: Bools,
        positive: Bools,
        reasons: list[tuple[str, Bools]],
    ) -> LabelsAt:
        """The first reason that holds is the one that counts; a known deal without any has a label."""
        reason = np.full(len(exists), "", dtype=object)
        for words, holds in reversed(reasons):
            reason[holds] = words
        reason[~exists] = ""
        labelled = exists & (reason == "")
        label = np.where(labelled, positive.astype(np.float64), np.nan)
        return cls(moment, exists, label, reason)
