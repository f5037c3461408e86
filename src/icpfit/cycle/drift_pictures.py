"""What the pictures of drift show, counted: attributes then and now, rates by quarter, the card then and now, the layers over time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from icpfit.criteria.shares import Z90, Share
from icpfit.cycle.asked import Asked
from icpfit.cycle.drift_bands import band_shares
from icpfit.cycle.watch import subjects, within_a_year
from icpfit.documents.drift_values import CardThenNow, DriftPictures, LayersAt, Period, Periods, Ranged, ThenNow, Worth
from icpfit.errors import FeatureError, IcpfitError
from icpfit.moments import day_text, quarter_of, quarter_start
from icpfit.registry import PastCard, Workspace, past_cards, read_challenger
from icpfit.scorecard.card import Attribute, Scorecard
from icpfit.scorecard.wording import range_label
from icpfit.training_set import TrainingSet, account_keys

MOST_FEATURES = 6
SHOWN_ANYWAY = 3
"""attributes that are shown where none has an alarm: those that moved most"""
MOST_QUARTERS = 12
MOST_ROWS = 12
"""attributes of the card that are shown, the weightiest"""
MOST_VERSIONS = 12
ENOUGH = 10
"""good rows and others, on each side, from which an attribute's worth is told"""

LONG_AGO = "a year or more, or never"
"""what 365 days and more are called of a time since something that is counted up to a year"""

Bools = npt.NDArray[np.bool_]


def drift_pictures(asked: Asked, findings: Sequence[Mapping[str, Any]], workspace: Workspace) -> DriftPictures:
    """What can be drawn of the findings' data; what cannot is empty, whatever the source lacks."""
    outcome = asked.opened.outcomes[0]
    cards = _cards(asked, workspace)
    newest = _newest(asked, workspace, cards)
    layers = tuple(LayersAt(c.day, dict(c.card.layer_weights_learned), dict(c.card.layer_weights_assumed)) for c in cards)
    alone = DriftPictures(outcome, card=newest, layers=layers[-MOST_VERSIONS:])
    if outcome not in asked.outcomes:
        return alone
    try:
        now = asked.training(outcome)
    except FeatureError:
        return alone
    if now.timing != "dated" or not len(now.frame):
        return alone
    newer, before = asked.newer(outcome), asked.before(outcome)
    return DriftPictures(
        outcome,
        features=_features(asked, now, before, newer, findings) if before.any() and newer.any() else (),
        rates=_rates(asked, now, newer),
        card=newest or _worth_now(asked.bundle.card, now, before, newer),
        layers=alone.layers,
    )


def _features(asked: Asked, now: TrainingSet, before: Bools, newer: Bools, findings: Sequence[Mapping[str, Any]]) -> tuple[ThenNow, ...]:
    """Attributes with an alarm, the largest effect first; without one, those that moved most."""
    name_of = {subject: name for name, subject in subjects(asked.bundle.specs).items()}
    alarms: dict[str, float] = {}
    moved: dict[str, float] = {}
    for f in findings:
        if f["subject"] in name_of and f["effect"] is not None:
            found = alarms if f["alarm"] else moved
            found[f["subject"]] = max(found.get(f["subject"], 0.0), float(f["effect"]))
    shown = sorted(alarms or moved, key=lambda s: (-(alarms or moved)[s], s))[: MOST_FEATURES if alarms else SHOWN_ANYWAY]
    frame = within_a_year(now.features, asked.bundle.specs)
    on_card = {a.name: a for a in asked.bundle.card.attributes}
    pictures = []
    for subject in shown:
        name = name_of[subject]
        spec = next(s for s in asked.bundle.specs if s.name == name)
        column = frame[name]
        cut = not column.equals(now.features[name])
        bands = band_shares(spec, None if cut else on_card.get(name), column[before], column[newer])
        if cut:
            a_year = range_label(365.0, None, spec, counts=False, integers=False)
            bands = tuple((LONG_AGO if words == a_year else words, a, b) for words, a, b in bands)
        pictures.append(ThenNow(subject, bands, int(before.sum()), int(newer.sum()), subject in alarms))
    return tuple(pictures)


def _rates(asked: Asked, now: TrainingSet, newer: Bools) -> Periods:
    """Quarters of creation up to the newest, none left out between."""
    expected = asked.bundle.models()[now.outcome].probability(now.features)
    good, account, quarter = now.label == 1, account_keys(now.frame), quarter_of(now.position)
    names = _quarters(str(quarter.min()), str(quarter.max()))[-MOST_QUARTERS:]
    periods = []
    for name in names:
        rows = quarter == name
        n = int(rows.sum())
        seen = Share(int(good[rows].sum()), n, len(set(account[rows])))
        periods.append(Period(name, seen, float(expected[rows].mean()) if n else None, bool(n) and float(newer[rows].mean()) > 0.5))
    then = asked.bundle.as_of
    (own,) = quarter_of(np.array([then]))
    start, end = quarter_start(str(own)), quarter_start(_next(str(own)))
    at = _count(str(own)) - _count(names[0]) - 0.5 + (then - start) / (end - start)
    return Periods(tuple(periods), day_text(then), at)


def _count(quarter: str) -> int:
    """Quarters since the year 0."""
    return int(quarter[:-2]) * 4 + int(quarter[-1]) - 1


def _next(quarter: str) -> str:
    """
    >>> _next("2025Q4"), _next("2025Q1")
    ('2026Q1', '2025Q2')
    """
    n = _count(quarter) + 1
    return f"{n // 4:04}Q{n % 4 + 1}"


def _quarters(first: str, last: str) -> list[str]:
    """
    >>> _quarters("2024Q3", "2025Q1")
    ['2024Q3', '2024Q4', '2025Q1']
    """
    return [f"{n // 4:04}Q{n % 4 + 1}" for n in range(_count(first), _count(last) + 1)]


def _cards(asked: Asked, workspace: Workspace) -> tuple[PastCard, ...]:
    """Cards of the champion's kind of data that was there by now."""
    try:
        found = past_cards(workspace)
    except IcpfitError:
        return ()
    today = day_text(asked.as_of)
    return tuple(c for c in found if c.card.kind == asked.bundle.card.kind and c.day <= today)


def _newest(asked: Asked, workspace: Workspace, cards: Sequence[PastCard]) -> CardThenNow | None:
    """The champion's card beside the challenger's, where one awaits a sign-off."""
    try:
        waiting = read_challenger(workspace)
    except IcpfitError:
        return None
    found = next((c for c in cards if c.version == waiting and c.version != asked.bundle.version), None)
    if found is None:
        return None
    then, now = ({p.name: p for p in card.attributes} for card in (asked.bundle.card, found.card))
    labels = {name: a.label for name, a in (now | then).items()}
    rows = [Worth(label, _most(then.get(name)), _most(now.get(name))) for name, label in labels.items()]
    return CardThenNow("cards", _weightiest(rows), found.version)


def _most(attribute: Attribute | None) -> Ranged | None:
    """The most points that an attribute gives, with the interval of the bin that gives them."""
    if attribute is None:
        return None
    best = max(attribute.bins, key=lambda b: (b.points, b.rows))
    return float(best.points), float(min(best.points_low, best.points)), float(max(best.points_high, best.points))


def _worth_now(card: Scorecard, now: TrainingSet, before: Bools, newer: Bools) -> CardThenNow | None:
    """What newer rows say of the card: the points by which each attribute sets good ones above the others, then and now."""
    good = now.label == 1
    sides = [(side & good, side & ~good) for side in (before, newer)]
    if min(int(part.sum()) for side in sides for part in side) < ENOUGH:
        return None
    labels = {a.name: a.label for a in card.attributes} | {f"both: {r.label}": r.label for r in card.rules}
    rows = []
    for name, points in card.parts_of(now.features).items():
        then, later = (_difference(points[a], points[b]) for a, b in sides)
        rows.append(Worth(labels[name], then, later))
    return CardThenNow("deals", _weightiest(rows))


def _difference(good: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> Ranged:
    """Difference of two means with its 90 % interval (Welch, normal)."""
    value = float(good.mean() - others.mean())
    half = Z90 * math.sqrt(float(good.var(ddof=1)) / len(good) + float(others.var(ddof=1)) / len(others))
    return value, value - half, value + half


def _weightiest(rows: Sequence[Worth]) -> tuple[Worth, ...]:
    def weight(row: Worth) -> float:
        return max(abs(side[0]) for side in (row.then, row.now) if side is not None)

    return tuple(sorted(rows, key=lambda r: (-weight(r), r.label))[:MOST_ROWS])
