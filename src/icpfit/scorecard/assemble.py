"""From a table that was drawn and tested to a card: counts, intervals, chances, tiers and words, of all rows or of some."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import LAYERS, ScorecardSettings
from icpfit.models.results import OutcomeResult
from icpfit.scorecard.card import Attribute, CardKind, Imposed, Scorecard
from icpfit.scorecard.condition import Rule
from icpfit.scorecard.disqualify import disqualified
from icpfit.scorecard.distill import Draft
from icpfit.scorecard.drafted import newest_rows
from icpfit.scorecard.imposed import cost_of, imposed_words
from icpfit.scorecard.lookup import bin_index
from icpfit.scorecard.measures import LaterRows, fidelity, platt
from icpfit.scorecard.tiers import capacity_words, chance_at, empty_tier_words, fixed_edges, make_tiers, tier_edges
from icpfit.scorecard.wobble import point_intervals
from icpfit.scorecard.words import card_words
from icpfit.training_set import TrainingSet

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MIN_CLASS = 15
"""rows of each class that a rate or a chance needs"""


@dataclass(frozen=True)
class Drawn:
    """A table of points, and what it is counted and tested on.

    ``newest``: the training rows that draw the tiers; ``later``: rows later than their cards, with the label that the card is held to;
    ``label``: 1, 0 or NaN per training row; ``soft``: chances are the models' own; ``wins`` teach. ``free`` and ``beside``: the table with
    the learned weights and its test, where the company's own are in force.
    """

    kind: CardKind
    training: TrainingSet
    settings: ScorecardSettings
    draft: Draft
    newest: Ints
    later: LaterRows
    label: Floats
    soft: bool
    wins: int
    retention: OutcomeResult | None
    free: Draft | None
    beside: LaterRows | None


def card_of(drawn: Drawn, *, seed: int, rows: Bools | None = None) -> Scorecard:
    """The card, of all rows or only of ``rows`` (one per training row): points are the same, all else is counted on those."""
    training, settings, draft, later = drawn.training, drawn.settings, drawn.draft, drawn.later
    beside, newest, label = drawn.beside, drawn.newest, drawn.label
    if rows is not None:
        later, label = later.of(rows[later.row]), np.where(rows, label, np.nan)
        newest = newest_rows(training, np.flatnonzero(rows))
        beside = None if beside is None else beside.of(rows[beside.row])
    intercept, slope = _line(later, drawn.kind, drawn.soft)
    inside = np.ones(len(training.frame), dtype=bool) if rows is None else rows
    disqualifiers, out = disqualified(settings.disqualifiers, training.specs, training.frame[inside], label[inside])
    taken = np.zeros(len(inside), dtype=bool)
    taken[inside] = out
    points = draft.points(training.features)
    # Rounded, so that the order in which a machine adds does not show.
    at_zero, per_point = round(intercept + slope * draft.intercept, 9), round(slope * draft.per_point, 9)
    attributes, rules, move = _filled(
        draft, training.features[inside], label[inside], training.frame["account_id"][inside], per_point, seed
    )
    kept = newest[~taken[newest]]
    if not both_classes(label[kept]):
        # The newest deals are too young for this outcome: the rates are those of all whose outcome is known.
        kept = np.flatnonzero(~taken & ~np.isnan(label))
    chance = chance_at(at_zero, per_point)
    edges = tier_edges(points[newest], [t.share for t in settings.tiers], fixed_edges(settings.tiers, chance))
    found = fidelity(later)
    words = card_words(
        drawn.kind,
        label=label,
        wins=drawn.wins,
        move=move,
        attributes=[a for a in attributes if not any(c.feature == a.name for r in rules for c in r.conditions)],
        retention=drawn.retention,
        soft=drawn.soft,
        foresight=later.foresight,
        tiers=empty_tier_words(edges, points[newest], settings.tiers),
    )
    learned, imposed = draft.layer_maxima, None
    if drawn.free is not None and beside is not None and settings.imposed_weights is not None:
        learned, imposed = drawn.free.layer_maxima, Imposed(draft.layer_maxima, *cost_of(beside, later))
        said = imposed_words(settings.imposed_weights, imposed.weights, learned, found.auc_card, imposed.auc_learned)
        words = (said, *words)
    if rows is None and (cut := capacity_words(settings, training)) is not None:
        words = (*words, cut)
    return Scorecard(
        kind=drawn.kind,
        attributes=attributes,
        disqualifiers=disqualifiers,
        tiers=make_tiers(settings.tiers, edges, points[kept], chance[points[kept]], label[kept], chance),
        fidelity=found,
        layer_weights_learned=learned,
        layer_weights_assumed={layer: settings.assumed_weights.get(layer, 0) for layer in LAYERS},
        platt_intercept=at_zero,
        platt_slope=per_point,
        words=words,
        rules=rules,
        imposed=imposed,
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
) -> tuple[tuple[Attribute, ...], tuple[Rule, ...], float]:
    """Rows, rates and intervals of every bin and rule; and by how many points the strongest of them may move."""
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
    best = [max(a.bins, key=lambda b: b.points) for a in filled]
    tops = [(b.points, b.points_low, b.points_high) for b in best] + [(r.max_points, r.points_low, r.points_high) for r in rules]
    points_, low_, high_ = max(tops, key=lambda t: t[0])
    return tuple(filled), tuple(rules), max(high_ - points_, points_ - low_)


def _counted(code: npt.NDArray[np.int64], label: Floats, size: int) -> tuple[npt.NDArray[np.int64], list[float | None]]:
    """Rows of each bin, and the rate among those with a label (None: none)."""
    known = ~np.isnan(label)
    taught = np.bincount(code[known], minlength=size)
    won = np.bincount(code[known], weights=label[known], minlength=size)
    return np.bincount(code, minlength=size), [round(float(w / t), 6) if t else None for w, t in zip(won, taught, strict=True)]
