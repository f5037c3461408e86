"""What the models and cards of a run's backtest said of deals that they did not know, for later questions about drift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Outcome
from icpfit.cycle.criteria import ReadPast
from icpfit.drift.answered import Answered
from icpfit.drift.unseen import MOST_ROWS, unseen_values
from icpfit.models.results import Backtest, FittedModel, OutcomeResult
from icpfit.scorecard.card import Scorecard
from icpfit.training_set import TrainingSet, account_keys

STEPS = 60
"""halvings of a stretch of 40 log-odds"""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def unseen_by(
    training: Mapping[Outcome, TrainingSet], results: Mapping[Outcome, OutcomeResult], read: ReadPast | None, card: Scorecard
) -> dict[str, Any]:
    """By outcome that has a model, see :func:`icpfit.drift.unseen.unseen_values`; outcomes that were not backtested have none."""
    found: dict[str, Any] = {}
    for outcome, result in results.items():
        if result.model is not None and result.backtest is not None and len(result.backtest.predictions):
            found[outcome] = unseen_values(_answered(training[outcome], result.backtest, result.model, read, card))
    return found


def _answered(data: TrainingSet, backtest: Backtest, model: FittedModel, read: ReadPast | None, card: Scorecard) -> Answered:
    """The newest tested rows. Chances are the folds' margins under the final calibration, each fold at the final model's level.

    So they rank the rows as models did that did not know them, are as far apart as the champion's calibration finds right, and
    expect as many wins of a fold as the champion does: a fold's own mistake of the level is none of the champion's.
    """
    seen = backtest.predictions
    order = np.argsort(data.position[seen["row"].to_numpy()], kind="stable")[-MOST_ROWS:]
    seen = seen.iloc[order]
    row = seen["row"].to_numpy(np.int64)
    log_odds = model.calibration.log_odds(seen["margin"].to_numpy(np.float64))
    expected, fold = model.probability(data.features.iloc[row]), seen["fold"].to_numpy(object)
    probability = np.empty(len(row))
    for name in dict.fromkeys(fold.tolist()):
        probability[fold == name] = at_level(log_odds[fold == name], float(expected[fold == name].sum()))
    points, tier, parts = _by_card(data.frame["deal_id"].iloc[row], read, card)
    return Answered(
        deal_id=row.astype(str).astype(object),
        account=account_keys(data.frame)[row],
        created=data.position[row],
        good=seen["label"].to_numpy() == 1,
        probability=probability,
        points=points,
        tier=tier,
        parts=parts,
        inflation=inflation_of([(f.train, int((fold == f.name).sum())) for f in backtest.folds], row, len(data.frame)),
    )


def at_level(log_odds: Floats, expected: float) -> Floats:
    """The chances whose sum is ``expected``, all moved alike on log-odds.

    >>> at_level(np.array([0.0, 0.0]), 0.5).round(9).tolist()
    [0.25, 0.25]
    """
    low, high = -20.0, 20.0
    for _ in range(STEPS):
        shift = (low + high) / 2
        too_low = float((1 / (1 + np.exp(-(log_odds + shift)))).sum()) < expected
        low, high = (shift, high) if too_low else (low, shift)
    return np.asarray(1 / (1 + np.exp(-(log_odds + (low + high) / 2))))


def inflation_of(folds: list[tuple[Ints, int]], tested: Ints, rows: int) -> float:
    """By how much the chance error of tested rows counts in a difference from later ones: more than once, for it is in the champion too.

    What a model of all ``rows`` gets wrong of one effect is the mean of their errors, what a fold's model gets wrong that of its
    training rows, and both differ from the truth on rows that they do not know by just that. So each row's error counts with a weight,
    and the sum of their squares is told in units of that of the tested rows alone. ``folds``: training rows, and how many of ``tested``
    each speaks of.
    Of a model that shrinks its effects it is an upper bound.

    >>> halves = [np.arange(50, 100), np.arange(50)]
    >>> round(inflation_of([(half, 50) for half in halves], np.arange(100), 100), 6)
    1.0
    >>> round(inflation_of([(halves[1], 50)], halves[0], 100), 6)
    2.5
    """
    weight = np.full(rows, -1.0 / rows)
    weight[tested] -= 1.0 / len(tested)
    for train, said in folds:
        weight[train] += said / len(tested) / len(train)
    return max(1.0, float(weight @ weight) * len(tested))


def _by_card(deals: pd.Series, read: ReadPast | None, card: Scorecard) -> tuple[Ints, npt.NDArray[np.object_], dict[str, Ints]]:
    """Points, tier and parts of each deal by the card of its own time: those that today's card has too. No tier where there was none."""
    names = [*(a.name for a in card.attributes), *(f"both: {r.label}" for r in card.rules)]
    none = np.zeros(len(deals), dtype=np.int64)
    if read is None:
        return none, np.full(len(deals), "", dtype=object), dict.fromkeys(names, none)
    at = pd.Index(read.deal_id).get_indexer(pd.Index(deals.to_numpy(object)))
    there = at >= 0

    def of(values: Ints) -> Ints:
        return np.where(there, values[at], 0) if len(values) else none

    tier = np.where(there, read.rows.tier[at], "") if len(read.deal_id) else np.full(len(deals), "", dtype=object)
    return of(read.rows.points), tier, {name: of(read.rows.parts[name]) if name in read.rows.parts else none for name in names}
