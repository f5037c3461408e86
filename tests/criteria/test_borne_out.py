"""Later deals bear out what is planted, and not what older cards took for something by luck."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from icpfit.criteria import BorneOut, Groups, borne_out, find_signals, groups_of
from icpfit.criteria.borne_out import agreement
from icpfit.scorecard.past import PastRows

QUARTERS = 4


def company(made: SimpleNamespace, seed: int, *, lift: float, deals: int = 1200, each: int = 1) -> tuple[Groups, np.ndarray, np.ndarray]:
    """A flag ``real``, of which deals are won ``lift`` more often than .3, and one ``luck``, of which they are not; deals of an account
    (``each``) end alike."""
    rng = np.random.default_rng(seed)
    accounts = np.repeat(np.arange(deals // each), each)
    real, luck = (rng.integers(0, 2, deals // each)[accounts] for _ in range(2))
    won = (rng.random(deals // each)[accounts] < 0.3 + lift * real).astype(int)
    columns = {"real": real.astype(float), "luck": luck.astype(float), "idle": np.zeros(deals)}
    data = made.training(won, [made.spec(n, "flag") for n in columns], columns, account=accounts.astype(str))
    fits = pd.DataFrame({"deal_id": data.frame["deal_id"], "fit": "best fit", "cohort": ""})
    return groups_of({"win": data}, fits[won == 1]), real, luck


def past_of(seed: int, **points: np.ndarray) -> PastRows:
    """The last two thirds of the rows, in quarters; cards of luck change their mind about ``luck`` from one to the next."""
    n = len(next(iter(points.values())))
    row = np.arange(n // 3, n)
    period = np.sort(np.arange(len(row)) % QUARTERS)
    side = np.random.default_rng(seed).integers(0, 2, QUARTERS)[period]
    parts = {name: 10 * (p[row] if name == "real" else (p[row] == side).astype(int)) for name, p in points.items()}
    total = np.sum(list(parts.values()), axis=0)
    tier = np.full(len(row), "C", dtype=object)
    return PastRows(row, period.astype(str).astype(object), total, tier, False, np.zeros(len(row), dtype=bool), parts, {})


def test_what_is_planted_is_borne_out_and_what_is_luck_hardly_ever(made: SimpleNamespace) -> None:
    real = luck = 0
    for seed in range(60):
        groups, *has = company(made, seed, lift=0.15)
        later = borne_out(past_of(seed, real=has[0], luck=has[1]), groups)
        real += "real" in later.won
        luck += "luck" in later.won
        assert later.deals == 800
    assert real >= 57
    assert luck <= 7, "one in twenty, and what 60 draws of that may be"


def test_deals_that_end_alike_with_their_account_are_not_counted_as_so_many_proofs(made: SimpleNamespace) -> None:
    """Ten deals an account: as rows of their own they would bear luck out in every third company."""
    named = {True: 0, False: 0}
    for seed in range(80):
        groups, *has = company(made, seed, lift=0.0, each=10)
        past = past_of(seed, real=has[0], luck=has[1])
        alone = replace(groups, counter=replace(groups.counter, account=np.arange(1200)))
        for whole, who in ((True, groups), (False, alone)):
            named[whole] += bool(borne_out(past, who).won)
    assert named[True] <= 9
    assert named[False] >= 20


def test_a_signal_that_later_deals_do_not_bear_out_is_told_and_not_named(made: SimpleNamespace) -> None:
    groups, *_ = company(made, 1, lift=0.3)
    lines = [made.cell("no", 0, high=0.5), made.cell("yes", 10, low=0.5)]
    card = made.card(made.attribute("real", lines, "flag"))
    borne = BorneOut(frozenset({"real"}), frozenset(), 800)
    assert [s.condition.feature for s in find_signals(card, groups, borne).secondary] == ["real"]
    assert find_signals(card, groups, borne).secondary == find_signals(card, groups).secondary
    found = find_signals(card, groups, BorneOut(frozenset(), frozenset(), 800))
    assert (found.primary, found.secondary) == ((), ())
    assert [a.name for a in found.not_borne_out] == ["real"]


def test_points_of_a_card_that_was_wrong_bear_nothing_out(made: SimpleNamespace) -> None:
    """Against the direction of the points, deals say something too; but not for them."""
    groups, real, _ = company(made, 2, lift=0.3)
    assert borne_out(past_of(2, real=1 - real), groups).won == frozenset()


def test_few_deals_bear_nothing_out(made: SimpleNamespace) -> None:
    groups, real, luck = company(made, 3, lift=0.6, deals=60)
    assert borne_out(past_of(3, real=real, luck=luck), groups).either == frozenset()


@given(st.integers(0, 2**32 - 1))
def test_order_names_and_the_level_of_a_quarter_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    points, yes = rng.integers(0, 9, n).astype(np.float64), rng.integers(0, 2, n).astype(bool)
    period, account = rng.integers(0, 3, n), rng.integers(0, n, n)
    z = agreement(points, yes, period, account)
    order = rng.permutation(n)
    moved = agreement((points + 7.0 * period)[order], yes[order], 2 - period[order], (n - 1 - account)[order])
    assert abs(z - moved) < 1e-9 * max(1.0, abs(z))
    assert abs(z + agreement(points, ~yes, period, account)) < 1e-9 * max(1.0, abs(z))
