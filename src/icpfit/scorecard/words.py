"""What a card says of its own limits, in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from icpfit.models.results import OutcomeResult
from icpfit.scorecard.card import Attribute, CardKind

FEW_ROWS = 1_000
FEW_WINS = 50
LOW_OWN_VALUE = 0.75
WORTH_NAMING = 5

_ROWS = {"icp": "deals whose whole story is known", "win": "closed deals", "retention": "customers with a known outcome"}


def card_words(
    kind: CardKind,
    *,
    label: npt.NDArray[np.float64],
    wins: int,
    move: float,
    attributes: Sequence[Attribute],
    retention: OutcomeResult | None,
    soft: bool,
    foresight: bool,
    tiers: str | None,
) -> tuple[str, ...]:
    """Sentences, the weightiest first.

    ``attributes`` are those that no rule asks; ``label`` holds 1, 0 or NaN per training row; ``wins`` counts the positives that teach;
    ``move`` is how far the strongest bin's points may lie off; ``soft``: the icp card's chances are not of labels but the models' own;
    ``foresight``: it was tested with a model of staying that had learned from later customers.
    """
    known = int((~np.isnan(label)).sum())
    words: list[str] = []
    if wins < FEW_WINS:
        name = "customers who stayed" if kind == "retention" else "wins"
        words.append(f"This card is a set of hypotheses: it was learned from {wins} {name}, and {FEW_WINS} are needed to act on one.")
    if known < FEW_ROWS:
        words.append(
            f"Points wobble: with {known:,} {_ROWS[kind]} the strongest criterion could stand up to {move:.0f} points higher or lower."
        )
    if kind == "win" and retention is not None and retention.model is None:
        words.append(f"This card says who buys, not who stays: {retention.words}")
    if soft:
        words.append(
            "Too few deals are old enough to know whether they were won and kept: the chances of this card are those of the two models"
            " together, and its test on later deals counts wins."
        )
    if foresight:
        words.append(
            "Too few customers have a known outcome to test staying forward in time: this card was tested with a model of staying that"
            " had learned from later customers, so its figures may flatter it."
        )
    crossed = [a.label for a in attributes if a.own_value_r2 < LOW_OWN_VALUE and a.max_points >= WORTH_NAMING]
    if crossed:
        words.append(f"What these are worth depends on other criteria, and their points are an average: {', '.join(crossed)}.")
    if tiers is not None:
        words.append(tiers)
    return tuple(words)
