"""What the cards of the past said of deals that they did not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import ScorecardSettings
from icpfit.scorecard.card import tier_names
from icpfit.scorecard.disqualify import disqualified
from icpfit.scorecard.distill import Draft
from icpfit.scorecard.drafted import draft_card
from icpfit.scorecard.folds import Taught, fold_models
from icpfit.scorecard.lookup import bin_index
from icpfit.scorecard.tiers import with_shares
from icpfit.training_set import of_rows

Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PastRows:
    """Test rows of the folds, each with points and tier by the card that is made from its fold's models and training rows.

    ``row`` is the number of the training row, ``period`` the fold's name; ``out``: a disqualifier took it to D. A fold's training rows
    are older than its test rows, or at least of other accounts; ``foresight`` says whether a model of staying knew later customers.

    ``parts`` has the points of each row by what gives them, under the attribute's name (rules: their label): they sum to ``points``,
    and are 0 where the card of its own time does not ask. ``labels`` are their words.
    """

    row: Ints
    period: Texts
    points: Ints
    tier: Texts
    foresight: bool = False
    out: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
    parts: Mapping[str, Ints] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.row) == len(self.period) == len(self.points) == len(self.tier) == len(self.out):
            raise ValueError("each past row has a period, points and a tier")
        if self.parts and not np.array_equal(np.sum(list(self.parts.values()), axis=0), self.points):
            raise ValueError("the parts of the points must sum to them")


def past_rows(win: Taught | None, keep: Taught | None, settings: ScorecardSettings, seed: int) -> PastRows:
    """The backtest's rows by the cards of their own time, made by the rule of the final card from nothing that is newer.

    The folds' models keep their own calibration here: that of the final models has learned from the rows to be judged.
    The rows are those of win, if it is there; those of a fold without a card are not among them.
    """
    training, _ = win or keep or (None, None)
    rows: list[Ints] = []
    points: list[Ints] = []
    periods: list[str] = []
    tiers: list[Texts] = []
    outs: list[Bools] = []
    given: list[dict[str, Ints]] = []
    labels: dict[str, str] = {}
    foresight = False
    for fold, models, foresees in fold_models(win, keep):
        if training is None:
            continue
        known = np.zeros(len(training.frame), dtype=bool)
        known[fold.train] = True
        card = draft_card(training, fold.train, models, with_shares(settings, of_rows(training, known)), seed)
        if card is None:
            continue
        tested = training.frame.iloc[fold.test]
        _, out = disqualified(settings.disqualifiers, training.specs, tested, np.full(len(tested), np.nan))
        rows.append(fold.test)
        given.append(_parts(card.draft, tested, labels))
        points.append(np.sum(list(given[-1].values()), axis=0, dtype=np.int64))
        outs.append(out)
        periods += [fold.name] * len(tested)
        tiers.append(tier_names(points[-1], card.edges, out))
        foresight |= foresees
    none = np.zeros(0, dtype=np.int64)
    parts = {
        name: np.concatenate([one.get(name, np.zeros(len(r), dtype=np.int64)) for one, r in zip(given, rows, strict=True)])
        for name in labels
    }
    return PastRows(
        np.concatenate([none, *rows]),
        np.array(periods, dtype=object),
        np.concatenate([none, *points]),
        np.concatenate([np.zeros(0, dtype=object), *tiers]),
        foresight,
        np.concatenate([np.zeros(0, dtype=bool), *outs]),
        parts,
        labels,
    )


def _parts(draft: Draft, rows: pd.DataFrame, labels: dict[str, str]) -> dict[str, Ints]:
    """The points of each row by what gives them; ``labels`` learns their words. Rules have no lasting names: their words are theirs."""
    parts: dict[str, Ints] = {}
    for a in draft.attributes:
        labels.setdefault(a.name, a.label)
        parts[a.name] = np.array([b.points for b in a.bins], dtype=np.int64)[bin_index(a.kind, a.bins, rows[a.name])]
    for rule in draft.rules:
        labels.setdefault(f"both: {rule.label}", f"both: {rule.label}")
        parts[f"both: {rule.label}"] = rule.points_of(rows)
    return parts
