"""From the two outcomes' models to cards: the one for win and keep, and one for each outcome."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from icpfit.config import ScorecardSettings
from icpfit.errors import ScorecardError
from icpfit.models.results import OutcomeResult
from icpfit.scorecard.assemble import Drawn, both_classes, card_of
from icpfit.scorecard.card import CardKind, Scorecard
from icpfit.scorecard.disqualify import check_disqualifiers
from icpfit.scorecard.drafted import draft_card
from icpfit.scorecard.folds import later_rows
from icpfit.scorecard.material import Models
from icpfit.scorecard.tiers import with_shares
from icpfit.training_set import TrainingSet

Floats = npt.NDArray[np.float64]
Taught = tuple[TrainingSet, OutcomeResult]


def draw_scorecards(
    win: Taught | None,
    retention: Taught | None,
    settings: ScorecardSettings,
    *,
    seed: int,
    joint: Floats | None = None,
) -> dict[CardKind, Drawn]:
    """Every card that the data supports, before it is filled in; the first one is the main card.

    ``icp`` (wins and stays) where both outcomes have a signal, then ``win``, then ``retention``. Where
    winning shows no signal there is no card at all; where keeping shows none the win card is the main one
    and says so. ``joint`` says for each win training row whether it was won and kept (1), not (0), or is
    not known yet (NaN); without it, or with too little of it, the icp card's chances are those of the two
    models together, and its AUC is measured on wins.

    Raises:
        ConfigError: a disqualifier names a feature that is not there, or that is text.
    """
    taught_win = win if win is not None and win[1].model is not None else None
    taught_keep = retention if retention is not None and retention[1].model is not None else None
    if win is not None and taught_win is None:
        return {}
    first = taught_win or taught_keep
    if first is not None:
        settings = with_shares(settings, first[0])
    wanted: list[tuple[CardKind, Taught | None, Taught | None, Floats | None]] = []
    if taught_win is not None and taught_keep is not None:
        wanted.append(("icp", taught_win, taught_keep, joint))
    if taught_win is not None:
        wanted.append(("win", taught_win, None, None))
    if taught_keep is not None:
        wanted.append(("retention", None, taught_keep, None))
    found = [_draw(kind, of_win, of_keep, settings, seed, known, retention) for kind, of_win, of_keep, known in wanted]
    return {one.kind: one for one in found if one is not None}


def build_scorecards(
    win: Taught | None,
    retention: Taught | None,
    settings: ScorecardSettings,
    *,
    seed: int,
    joint: Floats | None = None,
) -> dict[CardKind, Scorecard]:
    """The cards of :func:`draw_scorecards`, each of all rows."""
    drawn = draw_scorecards(win, retention, settings, seed=seed, joint=joint)
    return {kind: card_of(one, seed=seed) for kind, one in drawn.items()}


def _draw(
    kind: CardKind,
    win: Taught | None,
    keep: Taught | None,
    settings: ScorecardSettings,
    seed: int,
    joint: Floats | None,
    retention: Taught | None,
) -> Drawn | None:
    training, result = win or keep or (None, None)
    if training is None or result is None:
        raise ScorecardError("a card needs an outcome")
    check_disqualifiers(settings.disqualifiers, training.specs)
    models = Models(win[1].model if win else None, keep[1].model if keep else None)
    every = np.arange(len(training.frame))
    drafted = draft_card(training, every, models, settings, seed)
    if drafted is None:
        return None
    own = training.label.astype(np.float64)
    label = own if kind != "icp" or joint is None else np.asarray(joint, dtype=np.float64)
    later = later_rows(win, keep, label, settings, seed)
    soft = kind == "icp" and (joint is None or not both_classes(later.label))
    told = replace(later, label=own[later.row]) if soft else later
    free, beside = None, None
    if settings.imposed_weights is not None:
        learned = settings.model_copy(update={"imposed_weights": None})
        freely = draft_card(training, every, models, learned, seed)
        free = freely.draft if freely is not None else None
        beside = later_rows(win, keep, own if soft else label, learned, seed)
    said = None if retention is None else retention[1]
    return Drawn(kind, training, settings, drafted.draft, drafted.newest, told, label, soft, result.evidence.wins, said, free, beside)
