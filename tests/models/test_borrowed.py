"""Staying begins with what is known of winning: better where they are alike, no worse where they are not, and never from the future."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from icpfit.config import TrainingSettings
from icpfit.models.fit import Lender, fit_outcome
from icpfit.moments import DAY, quarter_start
from icpfit.training_set import TrainingSet

QUICK = TrainingSettings(trials=1, bootstrap=50, permutations=199)
YEAR = 395 * DAY


def customers(win: TrainingSet, chance: np.ndarray, seed: int) -> TrainingSet:
    """The won deals; ``chance`` (n,): of each deal's customer to stay. Known a year and a month after the close."""
    won = np.flatnonzero(win.label == 1)
    stays = (np.random.default_rng(seed).random(len(won)) < chance[won]).astype(np.int8)

    def labels_at(moment: int) -> np.ndarray:
        return np.where(np.isnan(win.labels_at(moment - YEAR)[won]), np.nan, stays)

    return dataclasses.replace(
        win,
        outcome="retention",
        frame=win.frame.iloc[won].reset_index(drop=True).assign(label=stays),
        position=win.position[won],
        amount=win.amount[won],
        labels_at=labels_at,
        considered=len(won),
        fingerprint=f"{win.fingerprint}-staying-{seed}",
    )


@pytest.fixture(scope="module")
def company(planted: Any) -> Any:
    return planted(n=3_000, seed=5, windows=1, junk=2, years=5)


def alike(company: Any) -> np.ndarray:
    """Who is likely to buy is likely to stay."""
    odds = np.log(company.p_true / (1 - company.p_true))
    return 1 / (1 + np.exp(-(0.8 + 0.8 * (odds - odds.mean()))))


def test_where_staying_is_like_winning_few_customers_are_enough(company: Any) -> None:
    stay = customers(company.training, alike(company), 1)
    alone = fit_outcome(stay, QUICK)
    lent = fit_outcome(stay, QUICK, lender=Lender(company.training, frozenset()))
    assert alone.backtest is not None
    assert lent.backtest is not None
    assert lent.backtest.metrics.auc > alone.backtest.metrics.auc + 0.02
    assert lent.model is not None
    assert lent.model.parameters["borrowed"] > 0
    # a declared direction holds, whatever staying makes of it
    features = stay.frame[[s.name for s in stay.specs]]
    for name, step in (("users_30d", 5.0), ("layoffs_90d", -1.0)):
        more = features.assign(**{name: features[name] + step})
        assert (lent.model.margin(more) >= lent.model.margin(features) - 1e-9).all()
    # what was refused for winning is not borrowed
    without = fit_outcome(stay, QUICK, lender=Lender(company.training, frozenset(lent.model.encoding.columns)))
    assert without.backtest is not None
    assert [f.model.parameters["borrowed"] for f in without.backtest.folds] == [0] * len(without.backtest.folds)


def test_where_staying_is_luck_nothing_is_made_of_winning(company: Any) -> None:
    by_lot = customers(company.training, np.full(len(company.p_true), 0.75), 2)
    assert fit_outcome(by_lot, QUICK, lender=Lender(company.training, frozenset())).verdict == "no signal"


def test_nothing_is_borrowed_from_the_future(company: Any) -> None:
    """Deals whose outcome became known after a fold began may have ended otherwise: that fold's model is the same."""
    stay = customers(company.training, alike(company), 1)
    one = fit_outcome(stay, QUICK, lender=Lender(company.training, frozenset()))
    assert one.backtest is not None
    names = [f.name for f in one.backtest.folds]
    middle = quarter_start(names[len(names) // 2])
    known, win = company.training.labels_at(middle), company.training
    turned = np.where(np.isnan(known), 1 - win.label, win.label).astype(np.int8)

    def labels_at(moment: int) -> np.ndarray:
        return np.where(np.isnan(win.labels_at(moment)), np.nan, turned)

    other = dataclasses.replace(win, frame=win.frame.assign(label=turned), labels_at=labels_at)
    two = fit_outcome(stay, QUICK, lender=Lender(other, frozenset()))
    assert two.backtest is not None
    same = [a.model.booster_text == b.model.booster_text for a, b in zip(one.backtest.folds, two.backtest.folds, strict=True)]
    assert same == [n <= names[len(names) // 2] for n in names]
