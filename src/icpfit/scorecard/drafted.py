"""A card's table with the lines at which its tiers begin: one rule for today's card and for those of the past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import ScorecardSettings
from icpfit.moments import DAY
from icpfit.scorecard.distill import Draft, distill
from icpfit.scorecard.material import Models, gather, sample_rows
from icpfit.scorecard.measures import platt
from icpfit.scorecard.tiers import chance_at, fixed_edges, tier_edges
from icpfit.training_set import TrainingSet

Ints = npt.NDArray[np.int64]

SAMPLE = 4_000
"""training rows that a card is distilled from"""
YEAR_ROWS = 300
"""the newest year's rows draw the tiers if there are so many of them"""


@dataclass(frozen=True)
class Drafted:
    """``edges`` are the points from which A, B, C and D begin; ``newest`` are the training rows that drew them."""

    draft: Draft
    edges: tuple[int, int, int, int]
    newest: Ints


def draft_card(training: TrainingSet, rows: Ints, models: Models, settings: ScorecardSettings, seed: int) -> Drafted | None:
    """Table and tier edges from the training rows that the models have learned from; None where no attribute tells rows apart."""
    features = training.features
    sample = features.iloc[sample_rows(rows, SAMPLE, seed)].reset_index(drop=True)
    draft = distill(gather(training.specs, sample, models), settings)
    if draft is None:
        return None
    newest = newest_rows(training, rows)
    fixed = fixed_edges(settings.tiers, _chance_at(draft, sample, models)) if any(t.expected for t in settings.tiers) else (None,) * 3
    edges = tier_edges(draft.points(features.iloc[newest]), [t.share for t in settings.tiers], fixed)
    return Drafted(draft, edges, newest)


def _chance_at(draft: Draft, rows: pd.DataFrame, models: Models) -> npt.NDArray[np.float64]:
    """The chance at 0 to 100 points, as the models see it."""
    chance = models.chance(models.margins(rows))
    # One unit of log P is 1 / (1 - P) units of log-odds; a single outcome's value is in log-odds already.
    expected = 1 / (1 - float(np.clip(chance.mean(), 0.01, 0.9))) if models.kind == "icp" else 1.0
    intercept, slope = platt(draft.value(rows), chance, expected)
    return chance_at(intercept + slope * draft.intercept, slope * draft.per_point)


def newest_rows(training: TrainingSet, rows: Ints) -> Ints:
    """Those of the newest year among ``rows`` where there are enough of them, else all: the base of rates moves."""
    if training.timing != "dated" or not len(rows):
        return rows
    position = training.position[rows]
    recent = rows[position > position.max() - 365 * DAY]
    return recent if len(recent) >= YEAR_ROWS else rows
