"""Later deals bear out what is planted, and not what older cards took for something by luck."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from icpfit.criteria import BorneOut, Groups, borne_out, find_signals, groups_of
from icpfit.criteria.borne_out import agreement
from icpfit.scorecard.card import Scorecard
from icpfit.scorecard.past import PastRows

QUARTERS = 4


def company(
    made: SimpleNamespace, seed: int, *, lift: float, base: float = 0.3, deals: int = 1200, each: int = 1
) -> tuple[Groups, np.ndarray, np.ndarray]:
    """A flag ``real``, of which deals are won ``lift`` more often than ``base``, and one ``luck``, of which they are not; deals of an
    account (``each``) end alike."""
    rng = np.random.default_rng(seed)
    accounts = np.repeat(np.arange(deals // each), each)
    real, luck = (rng.integers(0, 2, deals // each)[accounts] for _ in range(2))
    won = (rng.random(deals // each)[accounts] < base + lift * real).astype(int)
    columns = {"real": real.astype(float), "luck": luck.astype(float), "idle": np.zeros(deals)}
    data = made.training(won, [made.spec(n, "flag") for n in columns], columns, account=accounts.astype(str))
    fits = pd.DataFrame({"deal_id": data.frame["deal_id"], "fit": "best fit", "cohort": ""})
    return groups_of({"win": data}, fits[won == 1]), real, luck


def past_of(**points: np.ndarray) -> PastRows:
    """The last two thirds of the rows, in quarters, with so many points each."""
    n = len(next(iter(points.values())))
    row = np.arange(n // 3, n)
    period = np.sort(np.arange(len(row)) % QUARTERS).astype(str).astype(object)
    parts = {name: p[row] for name, p in points.items()}
    total = np.sum(list(parts.values()), axis=0)
    return PastRows(row, period, total, np.full(len(row), "C", dtype=object), False, np.zeros(len(row), dtype=bool), parts, {})


def by_what_was_known(has: np.ndarray, good: np.ndarray) -> np.ndarray:
    """Points by cards that took for good whichever side was won more often until then."""
    n = len(has)
    starts = [n // 3 + q * (n - n // 3) // QUARTERS for q in range(QUARTERS)]
    points = np.zeros(n, dtype=np.int64)
    for start in starts:
        side = int(good[:start][has[:start] == 1].mean() > good[:start][has[:start] == 0].mean())
        points[start:] = 10 * (has[start:] == side)
    return points


def asking(made: SimpleNamespace, **sides: int) -> Scorecard:
    """A card that gives ten points for one side of each flag."""
    lines = {s: [made.cell("no", 10 - 10 * s, high=0.5), made.cell("yes", 10 * s, low=0.5)] for s in (0, 1)}
    return made.card(*(made.attribute(name, lines[side], "flag") for name, side in sides.items()))


def of_all(has: np.ndarray, good: np.ndarray) -> int:
    """The side that a card of all rows takes for good."""
    return int(good[has == 1].mean() > good[has == 0].mean())


def test_what_is_planted_is_borne_out_and_what_is_luck_hardly_ever(made: SimpleNamespace) -> None:
    real = luck = 0
    for seed in range(60):
        groups, *has = company(made, seed, lift=0.15)
        sides = {n: of_all(h, groups.good) for n, h in zip(("real", "luck"), has, strict=True)}
        past = past_of(**{n: by_what_was_known(h, groups.good) for n, h in zip(("real", "luck"), has, strict=True)})
        later = borne_out(asking(made, **sides), past, groups)
        real += "real" in later.won
        luck += "luck" in later.won
        assert later.deals == 800
    assert real >= 57
    assert luck <= 7, "one in twenty, and what 60 draws of that may be"


def test_deals_that_end_alike_with_their_account_are_not_counted_as_so_many_proofs(made: SimpleNamespace) -> None:
    """Ten deals an account: as rows of their own they would bear luck out far more often."""
    named = {True: 0, False: 0}
    for seed in range(80):
        groups, real, _ = company(made, seed, lift=0.0, each=10)
        card, past = asking(made, real=of_all(real, groups.good)), past_of(real=by_what_was_known(real, groups.good))
        alone = replace(groups, counter=replace(groups.counter, account=np.arange(1200)))
        for whole, who in ((True, groups), (False, alone)):
            named[whole] += bool(borne_out(card, past, who).won)
    assert named[True] <= 9
    assert named[False] >= 16


def test_a_few_deals_without_points_that_were_all_lost_are_no_proof() -> None:
    """One deal in twenty has fewer points, and one in ten is won: that all ten of the few were lost is luck in every third company."""
    rng = np.random.default_rng(0)
    z = []
    for _ in range(400):
        points = np.where(rng.random(200) < 0.05, 0.0, 10.0)
        z.append(agreement(points, rng.random(200) < 0.1, np.arange(200) % QUARTERS, np.arange(200)))
    assert np.mean(np.array(z) > 2.0) <= 0.05, "2.3 in 100 by luck, and what 400 draws of that may be"


def test_few_accounts_of_many_deals_that_were_all_lost_are_no_proof() -> None:
    rng = np.random.default_rng(1)
    accounts = np.repeat(np.arange(260), 5)
    z = []
    for _ in range(400):
        points, won = np.where(rng.random(260) < 0.05, 0.0, 10.0), rng.random(260) < 0.1
        z.append(agreement(points[accounts], won[accounts], rng.integers(0, QUARTERS, 1300), accounts))
    assert np.mean(np.array(z) > 2.0) <= 0.05


def test_groups_of_accounts_that_test_each_other_bear_no_luck_out(made: SimpleNamespace) -> None:
    """Of twenty flags of luck today's card takes the four that told its rows best apart; a group's card learned from the other groups."""
    named = {True: 0, False: 0}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        flags, won = {f"luck{i}": rng.integers(0, 2, 600) for i in range(20)}, (rng.random(600) < 0.3).astype(int)
        columns = {**{n: f.astype(float) for n, f in flags.items()}, "idle": np.zeros(600)}
        groups = groups_of({"win": made.training(won, [made.spec(n, "flag") for n in columns], columns, timing="none")}, None)
        group = rng.integers(0, 5, 600)
        parts = {n: np.zeros(600, dtype=np.int64) for n in flags}
        for g, (name, has) in product(range(5), flags.items()):
            parts[name][group == g] = 10 * (has[group == g] == of_all(has[group != g], groups.good[group != g]))
        apart = {n: abs(groups.good[f == 1].mean() - groups.good[f == 0].mean()) for n, f in flags.items()}
        best = sorted(flags, key=lambda n: -apart[n])[:4]
        card, total = asking(made, **{n: of_all(flags[n], groups.good) for n in best}), np.sum(list(parts.values()), axis=0)
        tier, out = np.full(600, "C", dtype=object), np.zeros(600, dtype=bool)
        past = PastRows(np.arange(600), group.astype(str).astype(object), total, tier, False, out, parts, {})
        for forward in named:
            named[forward] += bool(borne_out(card, past, groups, forward=forward).won)
    assert named[False] <= 5, "one in twenty"
    assert named[True] >= 10, "as they would be, were each group taken for later than the others"


def test_a_twin_on_the_older_cards_speaks_for_the_attribute(made: SimpleNamespace) -> None:
    groups, real, luck = company(made, 4, lift=0.3)
    card = asking(made, real=1)
    assert borne_out(card, past_of(twin=10 * real), groups).won == {"real"}
    assert borne_out(card, past_of(twin=10 * (1 - real)), groups).won == frozenset(), "and against it, where it was wrong"
    assert borne_out(card, past_of(real=10 * real, twin=10 * (1 - real)), groups).won == frozenset(), "what two say against each other"
    assert borne_out(card, past_of(other=10 * luck), groups).won == frozenset()
    half = np.where(np.random.default_rng(0).random(len(real)) < 0.5, real, luck)
    assert borne_out(card, past_of(half=10 * half), groups).won == frozenset(), "what goes with it by half is no twin"


def test_what_tells_the_best_from_those_who_left_is_borne_out_by_them_alone(made: SimpleNamespace) -> None:
    """``real`` goes with staying and not with winning; of a deal lost nobody knows whether it would have stayed."""
    groups, real, luck = company(made, 6, lift=0.0, base=0.5)
    stays = np.random.default_rng(6).random(len(real)) < 0.2 + 0.6 * real
    groups = replace(groups, best=groups.good & stays, left=groups.good & ~stays)
    card = asking(made, real=1, luck=1)
    later = borne_out(card, past_of(real=10 * real, luck=10 * luck), groups)
    assert (later.won, later.kept) == (frozenset(), {"real"})
    (named,) = find_signals(card, groups, later).secondary
    assert named.attribute.name == "real"
    assert named.parted is not None
    assert named.parted.low > 1
    by_winning_only = find_signals(card, groups, BorneOut(frozenset({"real"}), frozenset(), 800))
    assert [a.name for a in by_winning_only.not_borne_out] == ["real"], "deals won say nothing of who stays"


def test_deals_lost_are_not_asked_who_stays(made: SimpleNamespace) -> None:
    """``real`` goes with winning, and not with staying."""
    groups, real, _ = company(made, 7, lift=0.3)
    stays = np.random.default_rng(7).random(len(real)) < 0.5
    groups = replace(groups, best=groups.good & stays, left=groups.good & ~stays)
    later = borne_out(asking(made, real=1), past_of(real=10 * real), groups)
    assert (later.won, later.kept) == ({"real"}, frozenset())


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


def test_what_later_deals_do_not_bear_out_is_not_told_as_nearest_to_a_must_have(made: SimpleNamespace) -> None:
    """Else a line would be told to miss a must-have by nothing at all."""
    groups, *_ = company(made, 5, lift=0.7, base=0.1)
    card = asking(made, real=1)
    (must,) = find_signals(card, groups).primary
    assert must.attribute.name == "real"
    for later in (BorneOut(frozenset({"real"}), frozenset(), 800), BorneOut(frozenset(), frozenset({"real"}), 800)):
        assert find_signals(card, groups, later).primary == (must,)
    found = find_signals(card, groups, BorneOut(frozenset(), frozenset(), 800))
    assert (found.primary, found.nearest) == ((), None)
    assert [a.name for a in found.not_borne_out] == ["real"]


def test_points_of_a_card_that_was_wrong_bear_nothing_out(made: SimpleNamespace) -> None:
    """Against the direction of the points, deals say something too; but not for them."""
    groups, real, _ = company(made, 2, lift=0.3)
    assert borne_out(asking(made, real=1), past_of(real=10 - 10 * real), groups).won == frozenset()


def test_what_hardly_a_card_of_the_past_asked_is_new_and_not_called_luck(made: SimpleNamespace) -> None:
    groups, real, luck = company(made, 5, lift=0.3)
    card, late = asking(made, real=1, luck=1), 10 * real * (np.arange(len(real)) >= 1000)
    later = borne_out(card, past_of(real=late, luck=10 * luck), groups)
    assert "real" in later.new
    assert not {"real", "luck"} & borne_out(card, past_of(real=10 * real, luck=10 * luck), groups).new


def test_few_deals_bear_nothing_out(made: SimpleNamespace) -> None:
    groups, real, _ = company(made, 3, lift=0.6, deals=60)
    assert borne_out(asking(made, real=1), past_of(real=10 * real), groups).either == frozenset()


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
