"""What the cards of the past said of deals that they did not know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from icpfit.config import ScorecardSettings
from icpfit.scorecard.card import tier_names
from icpfit.scorecard.disqualify import disqualified
from icpfit.scorecard.drafted import draft_card
from icpfit.scorecard.folds import Taught, fold_models
from icpfit.scorecard.tiers import with_shares

Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class PastRows:
    """Test rows of the folds, each with points and tier by the card that is made from its fold's models and training rows.

    ``row`` is the number of the training row, ``period`` the fold's name. A fold's training rows are older than its
    test rows, or at least of other accounts; ``foresight`` says whether a model of staying knew later customers.
    """

    row: Ints
    period: Texts
    points: Ints
    tier: Texts
    foresight: bool = False

    def __post_init__(self) -> None:
        if not len(self.row) == len(self.period) == len(self.points) == len(self.tier):
            raise ValueError("each past row has a period, points and a tier")


def past_rows(win: Taught | None, keep: Taught | None, settings: ScorecardSettings, seed: int) -> PastRows:
    """The backtest's rows by the cards of their own time, made by the rule of the final card from nothing that is newer.

    The folds' models keep their own calibration here: that of the final models has learned from the rows to be judged.
    The rows are those of win, if it is there; those of a fold without a card are not among them.
    """
    training, _ = win or keep or (None, None)
    if training is not None:
        settings = with_shares(settings, training)
    rows: list[Ints] = []
    points: list[Ints] = []
    periods: list[str] = []
    tiers: list[Texts] = []
    foresight = False
    for fold, models, foresees in fold_models(win, keep):
        card = draft_card(training, fold.train, models, settings, seed) if training is not None else None
        if training is None or card is None:
            continue
        tested = training.frame.iloc[fold.test]
        _, out = disqualified(settings.disqualifiers, tested, np.full(len(tested), np.nan))
        rows.append(fold.test)
        points.append(card.draft.points(tested))
        periods += [fold.name] * len(tested)
        tiers.append(tier_names(points[-1], card.edges, out))
        foresight |= foresees
    none = np.zeros(0, dtype=np.int64)
    return PastRows(
        np.concatenate([none, *rows]),
        np.array(periods, dtype=object),
        np.concatenate([none, *points]),
        np.concatenate([np.zeros(0, dtype=object), *tiers]),
        foresight,
    )
