"""From the two outcomes' models to cards: the one for win and keep, and one for each outcome."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import LAYERS, ScorecardSettings
from icpfit.errors import ScorecardError
from icpfit.models.results import OutcomeResult
from icpfit.scorecard.card import Attribute, CardKind, Scorecard
from icpfit.scorecard.disqualify import check_disqualifiers, disqualified
from icpfit.scorecard.distill import Draft
from icpfit.scorecard.drafted import draft_card
from icpfit.scorecard.folds import later_rows
from icpfit.scorecard.lookup import bin_index
from icpfit.scorecard.material import Models
from icpfit.scorecard.measures import LaterRows, fidelity, platt
from icpfit.scorecard.tiers import empty_tier_words, make_tiers
from icpfit.scorecard.wobble import point_intervals
from icpfit.scorecard.words import card_words
from icpfit.training_set import TrainingSet

Floats = npt.NDArray[np.float64]
Taught = tuple[TrainingSet, OutcomeResult]

MIN_CLASS = 15
"""rows of each class that a rate or a chance needs"""


def build_scorecards(
    win: Taught | None,
    retention: Taught | None,
    settings: ScorecardSettings,
    *,
    seed: int,
    joint: Floats | None = None,
) -> dict[CardKind, Scorecard]:
    """Every card that the data supports; the first one is the main card.

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
    cards: dict[CardKind, Scorecard] = {}
    if taught_win is not None and taught_keep is not None:
        _add(cards, _card("icp", taught_win, taught_keep, settings, seed, joint, retention))
    if taught_win is not None:
        _add(cards, _card("win", taught_win, None, settings, seed, None, retention))
    if taught_keep is not None:
        _add(cards, _card("retention", None, taught_keep, settings, seed, None, retention))
    return cards


def _add(cards: dict[CardKind, Scorecard], card: Scorecard | None) -> None:
    if card is not None:
        cards[card.kind] = card


def _card(
    kind: CardKind,
    win: Taught | None,
    keep: Taught | None,
    settings: ScorecardSettings,
    seed: int,
    joint: Floats | None,
    retention: Taught | None,
) -> Scorecard | None:
    training, result = win or keep or (None, None)
    if training is None or result is None:
        raise ScorecardError("a card needs an outcome")
    check_disqualifiers(settings.disqualifiers, training.specs)
    models = Models(win[1].model if win else None, keep[1].model if keep else None)
    drafted = draft_card(training, np.arange(len(training.frame)), models, settings, seed)
    if drafted is None:
        return None
    draft, edges, newest = drafted.draft, drafted.edges, drafted.newest
    own = training.label.astype(np.float64)
    label = own if kind != "icp" or joint is None else np.asarray(joint, dtype=np.float64)
    later = later_rows(win, keep, label, drafted.specs, settings, seed)
    soft = kind == "icp" and (joint is None or not both_classes(later.label))
    intercept, slope = _line(later, kind, soft)
    if soft:
        later = replace(later, label=own[later.row])
    features = training.features
    disqualifiers, out = disqualified(settings.disqualifiers, training.frame, label)
    points = draft.points(features)
    # Rounded, so that the order in which a machine adds does not show.
    at_zero, per_point = round(intercept + slope * draft.intercept, 9), round(slope * draft.per_point, 9)
    attributes, move = _filled(draft, features, label, training.frame["account_id"], per_point, seed)
    shares = [t.share for t in settings.tiers]
    kept = newest[~out[newest]]
    if not both_classes(label[kept]):
        # The newest deals are too young for this outcome: the rates are those of all whose outcome is known.
        kept = np.flatnonzero(~out & ~np.isnan(label))
    chance = 1 / (1 + np.exp(-(at_zero + per_point * np.arange(101))))
    return Scorecard(
        kind=kind,
        attributes=attributes,
        disqualifiers=disqualifiers,
        tiers=make_tiers(settings.tiers, edges, points[kept], chance[points[kept]], label[kept], chance),
        fidelity=fidelity(later),
        layer_weights_learned={layer: sum(a.max_points for a in attributes if a.layer == layer) for layer in LAYERS},
        layer_weights_assumed={layer: settings.assumed_weights.get(layer, 0) for layer in LAYERS},
        platt_intercept=at_zero,
        platt_slope=per_point,
        words=card_words(
            kind,
            label=label,
            wins=result.evidence.wins,
            move=move,
            attributes=attributes,
            retention=None if retention is None else retention[1],
            soft=soft,
            foresight=later.foresight,
            tiers=empty_tier_words(edges, points[newest], shares),
        ),
    )


def both_classes(label: Floats) -> bool:
    """At least ``MIN_CLASS`` known labels of each class."""
    return bool(min((label == 1).sum(), (label == 0).sum()) >= MIN_CLASS)


def _line(later: LaterRows, kind: CardKind, soft: bool) -> tuple[float, float]:
    """Intercept and slope from the card's value to log-odds; ``soft``: of the models' own chance, not of labels."""
    # One unit of log P is 1 / (1 - P) units of log-odds; a single outcome's value is in log-odds already.
    expected = 1 / (1 - float(np.clip(later.chance.mean(), 0.01, 0.9))) if kind == "icp" else 1.0
    if soft:
        return platt(later.card, later.chance, expected)
    return platt(later.card[later.labelled], later.label[later.labelled], expected)


def _filled(
    draft: Draft, features: pd.DataFrame, label: Floats, accounts: pd.Series, per_point: float, seed: int
) -> tuple[tuple[Attribute, ...], float]:
    """Rows, rates and intervals of every bin; and by how many points the strongest bin may move."""
    codes = [bin_index(a.kind, a.bins, features[a.name]) for a in draft.attributes]
    points = [np.array([b.points for b in a.bins], dtype=np.int64) for a in draft.attributes]
    known = ~np.isnan(label)
    spans = point_intervals(
        [c[known] for c in codes],
        points,
        [a.monotone for a in draft.attributes],
        label[known],
        pd.factorize(accounts[known])[0].astype(np.int64),
        logit_per_point=per_point,
        seed=seed,
    )
    filled = []
    for a, c, (low, high) in zip(draft.attributes, codes, spans, strict=True):
        n, taught = np.bincount(c, minlength=len(a.bins)), np.bincount(c[known], minlength=len(a.bins))
        won = np.bincount(c[known], weights=label[known], minlength=len(a.bins))
        bins = tuple(
            replace(
                b,
                points_low=float(low[i]),
                points_high=float(high[i]),
                rows=int(n[i]),
                rate=round(float(won[i] / taught[i]), 6) if taught[i] else None,
            )
            for i, b in enumerate(a.bins)
        )
        filled.append(replace(a, bins=bins))
    strongest = max(filled, key=lambda a: a.max_points)
    top = max(strongest.bins, key=lambda b: b.points)
    return tuple(filled), max(top.points_high - top.points, top.points - top.points_low)
