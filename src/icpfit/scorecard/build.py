"""From the two outcomes' models to cards: the one for win and keep, and one for each outcome."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import LAYERS, Layer, ScorecardSettings
from icpfit.errors import ScorecardError
from icpfit.models.results import OutcomeResult
from icpfit.scorecard.card import Attribute, CardKind, Imposed, Scorecard
from icpfit.scorecard.condition import Rule
from icpfit.scorecard.disqualify import check_disqualifiers, disqualified
from icpfit.scorecard.distill import Draft
from icpfit.scorecard.drafted import draft_card
from icpfit.scorecard.folds import later_rows
from icpfit.scorecard.imposed import cost_of, imposed_words
from icpfit.scorecard.lookup import bin_index
from icpfit.scorecard.material import Models
from icpfit.scorecard.measures import LaterRows, fidelity, platt
from icpfit.scorecard.tiers import capacity_words, chance_at, empty_tier_words, fixed_edges, make_tiers, tier_edges, with_shares
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
    first = taught_win or taught_keep
    if first is not None:
        settings = with_shares(settings, first[0])
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
    draft, newest = drafted.draft, drafted.newest
    own = training.label.astype(np.float64)
    label = own if kind != "icp" or joint is None else np.asarray(joint, dtype=np.float64)
    later = later_rows(win, keep, label, settings, seed)
    soft = kind == "icp" and (joint is None or not both_classes(later.label))
    intercept, slope = _line(later, kind, soft)
    if soft:
        later = replace(later, label=own[later.row])
    disqualifiers, out = disqualified(settings.disqualifiers, training.frame, label)
    points = draft.points(training.features)
    # Rounded, so that the order in which a machine adds does not show.
    at_zero, per_point = round(intercept + slope * draft.intercept, 9), round(slope * draft.per_point, 9)
    attributes, rules, move = _filled(draft, training.features, label, training.frame["account_id"], per_point, seed)
    kept = newest[~out[newest]]
    if not both_classes(label[kept]):
        # The newest deals are too young for this outcome: the rates are those of all whose outcome is known.
        kept = np.flatnonzero(~out & ~np.isnan(label))
    chance = chance_at(at_zero, per_point)
    edges = tier_edges(points[newest], [t.share for t in settings.tiers], fixed_edges(settings.tiers, chance))
    learned, imposed = draft.layer_maxima, None
    if settings.imposed_weights is not None:
        free = settings.model_copy(update={"imposed_weights": None})
        freely = draft_card(training, np.arange(len(training.frame)), models, free, seed)
        beside = later_rows(win, keep, own if soft else label, free, seed)
        learned, imposed = _insisted(draft, later, freely.draft if freely is not None else draft, beside)
    found = fidelity(later)
    words = card_words(
        kind,
        label=label,
        wins=result.evidence.wins,
        move=move,
        attributes=[a for a in attributes if not any(c.feature == a.name for r in rules for c in r.conditions)],
        retention=None if retention is None else retention[1],
        soft=soft,
        foresight=later.foresight,
        tiers=empty_tier_words(edges, points[newest], settings.tiers),
    )
    if imposed is not None:
        words = (imposed_words(imposed.weights, learned, found.auc_card, imposed.auc_learned), *words)
    return Scorecard(
        kind=kind,
        attributes=attributes,
        disqualifiers=disqualifiers,
        tiers=make_tiers(settings.tiers, edges, points[kept], chance[points[kept]], label[kept], chance),
        fidelity=found,
        layer_weights_learned=learned,
        layer_weights_assumed={layer: settings.assumed_weights.get(layer, 0) for layer in LAYERS},
        platt_intercept=at_zero,
        platt_slope=per_point,
        words=(*words, *((said,) if (said := capacity_words(settings, (win or (training, result))[0])) else ())),
        rules=rules,
        imposed=imposed,
    )


def _insisted(draft: Draft, later: LaterRows, free: Draft, beside: LaterRows) -> tuple[dict[Layer, int], Imposed]:
    """What the layers would weigh by the data, ``free`` and ``beside``, and what it costs that they do not."""
    auc, error = cost_of(beside, later)
    return free.layer_maxima, Imposed(draft.layer_maxima, auc, error)


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
) -> tuple[tuple[Attribute, ...], tuple[Rule, ...], float]:
    """Rows, rates and intervals of every bin and rule; and by how many points the strongest bin may move."""
    codes = [bin_index(a.kind, a.bins, features[a.name]) for a in draft.attributes]
    met = [rule.met(features).astype(np.int64) for rule in draft.rules]
    points = [np.array([b.points for b in a.bins], dtype=np.int64) for a in draft.attributes]
    points += [np.array([r.otherwise, r.points], dtype=np.int64) for r in draft.rules]
    known = ~np.isnan(label)
    spans = point_intervals(
        [c[known] for c in (*codes, *met)],
        points,
        [*(a.monotone for a in draft.attributes), *(None for _ in draft.rules)],
        label[known],
        pd.factorize(accounts[known])[0].astype(np.int64),
        logit_per_point=per_point,
        seed=seed,
    )
    filled = []
    for a, c, (low, high) in zip(draft.attributes, codes, spans, strict=False):
        n, rate = _counted(c, label, len(a.bins))
        bins = tuple(
            replace(b, points_low=float(low[i]), points_high=float(high[i]), rows=int(n[i]), rate=rate[i]) for i, b in enumerate(a.bins)
        )
        filled.append(replace(a, bins=bins))
    rules = []
    for r, c, (low, high) in zip(draft.rules, met, spans[len(filled) :], strict=True):
        n, rate = _counted(c, label, 2)
        side = 1 if r.points else 0
        at = replace(r, points_low=float(low[side]), points_high=float(high[side]))
        rules.append(replace(at, rows=int(n[1]), rate=rate[1], rate_otherwise=rate[0]))
    strongest = max(filled, key=lambda a: a.max_points)
    top = max(strongest.bins, key=lambda b: b.points)
    return tuple(filled), tuple(rules), max(top.points_high - top.points, top.points - top.points_low)


def _counted(code: npt.NDArray[np.int64], label: Floats, size: int) -> tuple[npt.NDArray[np.int64], list[float | None]]:
    """Rows of each bin, and the rate among those with a label (None: none)."""
    known = ~np.isnan(label)
    taught = np.bincount(code[known], minlength=size)
    won = np.bincount(code[known], weights=label[known], minlength=size)
    return np.bincount(code, minlength=size), [round(float(w / t), 6) if t else None for w, t in zip(won, taught, strict=True)]
