"""ICP drift: which attribute, which tier, and silence where nothing changed."""

from __future__ import annotations

import dataclasses
from dataclasses import asdict

import numpy as np
import pytest
from answers import LAYER, POINTS, alike, answered, make_card, newer, not_more_than, shuffled, sure_calls
from scipy import stats
from sklearn.linear_model import LogisticRegression

from icpfit.drift.answered import Answered
from icpfit.drift.attributes import Read
from icpfit.drift.card_change import BY_LUCK, card_findings
from icpfit.drift.finding import Finding
from icpfit.drift.icp import icp_findings
from icpfit.scorecard.card import Disqualification

CARD = make_card()


def found(then: Answered | None, now: Answered, *, alpha: float = 0.05, seed: int = 0) -> list[Finding]:
    return icp_findings(CARD, then, now, alpha=alpha, seed=seed)


def alarms(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(f.code, f.subject) for f in findings if f.alarm}


def of(findings: list[Finding], code: str) -> Finding:
    return next(f for f in findings if f.code == code)


@pytest.mark.parametrize("n", [60, 200])
def test_with_no_change_it_is_silent(n):
    assert not_more_than(sure_calls(found, 1_000, n, 40), 40, 0.05)


def test_with_no_change_and_deals_of_an_account_alike_it_is_silent():
    assert not_more_than(sure_calls(found, 400, 200, 40, deals_per_account=4), 40, 0.05)


@pytest.mark.verify
@pytest.mark.parametrize("n_then", [200, 1_000, 5_000])
@pytest.mark.parametrize(("n", "repetitions"), [(60, 1_000), (200, 1_000), (1_000, 1_000), (100_000, 200)])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_with_no_change_it_is_silent_in_full(n_then, n, repetitions, alpha):
    assert not_more_than(sure_calls(found, n_then, n, repetitions, alpha), repetitions, alpha)


def test_an_attribute_that_has_lost_its_effect_is_found_by_name_and_cell():
    hits = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        hits += ("ICP-POINTS", "Attribute b") in alarms(found(answered(1_000, rng), newer(1_000, rng, lost=1), seed=seed))
    assert hits >= 7
    rng = np.random.default_rng(2)
    findings = found(answered(2_000, rng), newer(2_000, rng, lost=1))
    lost = next(f for f in findings if f.subject == "Attribute b")
    assert lost.alarm
    assert "up to 30 points on the card" in lost.words
    assert "“v2”, which has 30 points" in lost.words
    assert lost.cohort == "2,000 deals created January to March 2025"
    assert len(lost.rows) == 5


def test_a_market_that_falls_is_no_drift_of_an_attribute():
    count = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        count += bool(alarms(found(answered(1_000, rng), newer(600, rng, level=-0.7), seed=seed)))
    assert not_more_than(count, 30, 0.05)


def test_fitting_accounts_that_win_less_while_others_hold_are_found():
    rng = np.random.default_rng(3)
    fallen = of(found(answered(2_000, rng), newer(2_000, rng, fit=-1.2)), "ICP-FIT-RATE")
    assert fallen.alarm
    assert "in tiers A and B" in fallen.words
    assert "in tiers C and D" in fallen.words
    rng = np.random.default_rng(3)
    assert not of(found(answered(2_000, rng), newer(2_000, rng, fit=1.2)), "ICP-FIT-RATE").alarm


def test_accounts_that_fall_into_other_tiers_are_found():
    rng = np.random.default_rng(4)
    now = newer(4_000, rng)
    moved = now.of((now.tier != "A") | (rng.random(len(now)) < 0.3))
    tiers = of(found(answered(1_000, rng), moved), "ICP-TIERS")
    assert tiers.alarm
    assert "A 4% (was 13%)" in tiers.words
    assert "fewer accounts in A and B" in tiers.action


def test_disqualified_deals_are_no_move_between_tiers():
    rng = np.random.default_rng(5)
    then, now = answered(1_000, rng), newer(1_000, rng)
    tier = np.where(rng.random(len(now)) < 0.4, "D", now.tier).astype(object)
    rule = Disqualification("x_a", None, "a competitor", 10, 0.1, 0.3, values=("v9",))
    card = dataclasses.replace(CARD, disqualifiers=(rule,))
    tiers = of(icp_findings(card, then, dataclasses.replace(now, tier=tier), alpha=0.05, seed=0), "ICP-TIERS")
    assert not tiers.alarm
    assert "D " not in tiers.words
    assert of(icp_findings(CARD, then, dataclasses.replace(now, tier=tier), alpha=0.05, seed=0), "ICP-TIERS").alarm


def test_the_shares_by_tier_are_asked_with_the_named_test():
    rng = np.random.default_rng(6)
    then, now = answered(1_000, rng), newer(900, rng)
    tiers = of(found(then, now), "ICP-TIERS")
    counts = [[t.rows for t in CARD.tiers], [(now.tier == name).sum() for name in "ABCD"]]
    theirs = stats.chi2_contingency(counts, correction=False)
    assert (tiers.statistic, tiers.p_value) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_what_an_attribute_says_beside_all_points_is_a_step_towards_the_whole_regression():
    """The one-step figure against scikit-learn's regression on all points and the attribute's own."""
    rng = np.random.default_rng(7)
    side = answered(60_000, rng, lost=1)
    read = Read.of(side)
    score = read.beside("x_b")
    columns = np.column_stack([side.points, side.parts["x_b"]]) / 100
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000).fit(columns, side.good).coef_[0]
    assert score.c.sum() / score.d.sum() == pytest.approx(theirs[1] / 100, rel=0.1)


def test_neither_the_order_of_rows_nor_their_ids_change_anything():
    rng = np.random.default_rng(8)
    then, now = answered(300, rng, deals_per_account=3), newer(150, rng, deals_per_account=3)
    once = [asdict(f) for f in found(then, now)]
    assert [asdict(f) for f in found(then, now)] == once
    again = [asdict(f) for f in found(shuffled(then, rng), shuffled(now, rng))]
    for one, two in zip(once, again, strict=True):
        assert alike(one, two)


@pytest.mark.parametrize("n", [0, 1, 19, 60])
def test_few_deals_cannot_tell(n):
    rng = np.random.default_rng(9)
    for f in found(answered(500, rng), newer(n, rng), alpha=0.01):
        assert not f.alarm
        if f.code != "ICP-TIERS":
            assert f.p_value is None
            assert "cannot tell" in f.words


def test_a_champion_that_kept_nothing_can_still_tell_of_tiers():
    findings = found(None, newer(800, np.random.default_rng(10)))
    assert {f.code for f in findings if f.p_value is not None} == {"ICP-TIERS"}
    assert all("the next retrain will" in f.words for f in findings if f.code != "ICP-TIERS")


def test_deals_without_a_card_of_their_time_are_passed_over():
    rng = np.random.default_rng(11)
    then, now = answered(800, rng), newer(300, rng)
    some = np.arange(800) % 2 == 0
    blank = dataclasses.replace(then, tier=np.where(some, then.tier, "").astype(object))
    assert [asdict(f) for f in found(blank, now) if f.code != "ICP-TIERS"] == [
        asdict(f) for f in found(then.of(some), now) if f.code != "ICP-TIERS"
    ]


def test_an_attribute_that_no_old_card_asked_cannot_be_told():
    rng = np.random.default_rng(12)
    then = answered(800, rng)
    then = dataclasses.replace(then, parts={**then.parts, "x_a": np.zeros(800, dtype=np.int64)})
    findings = found(then, newer(800, rng))
    assert "did not ask it" in next(f for f in findings if f.subject == "Attribute a").words


def test_two_cards_are_told_apart_without_alarm():
    points = (POINTS[0], [30, 12, 0], *POINTS[2:5], [0, 8])
    newest = make_card(points, LAYER, "abcdeg")
    attributes, layers = card_findings(CARD, newest)
    assert (attributes.code, layers.code) == ("ICP-ATTRIBUTES", "ICP-LAYERS")
    assert not attributes.alarm
    assert not layers.alarm
    assert "new in the card: Attribute g (8)" in attributes.words
    assert "no longer in it: Attribute f (8)" in attributes.words
    assert "the other way round: Attribute b" in attributes.words
    assert "Attribute b “v2” 30 then, 0 now" in attributes.words
    assert "2 of 13 cells lie outside the range of the card in force, as 24% would by luck alone" in attributes.words
    assert "firmographic 35 assumed, 35 learned then, 35 learned now" in layers.words


def test_how_many_cells_leave_their_range_by_luck():
    """Two estimates of one truth, and how often the second lies outside the 90 % interval of the first."""
    then, now = np.random.default_rng(0).normal(size=(2, 200_000))
    assert float((np.abs(now - then) > stats.norm.isf(0.05)).mean()) == pytest.approx(BY_LUCK, abs=0.005)


def test_the_same_card_has_not_changed():
    attributes, layers = card_findings(CARD, CARD)
    assert "the same attributes" in attributes.words
    assert (attributes.effect, layers.effect) == (0, 0)


def test_one_account_with_many_deals_is_one_in_the_tiers():
    calls = alarmed = 0
    card = make_card()
    for seed in range(60):
        rng = np.random.default_rng(seed)
        now = newer(100, rng)
        account = np.where(np.arange(100) < 30, "big", now.account).astype(object)
        tier = np.where(np.arange(100) < 30, now.tier[0], now.tier).astype(object)
        now = dataclasses.replace(now, account=account, tier=tier)
        calls += 1
        alarmed += of(icp_findings(card, answered(1_000, rng), now, alpha=0.05, seed=seed), "ICP-TIERS").alarm
    assert not_more_than(alarmed, calls, 0.05)


def test_points_are_not_judged_by_fewer_than_a_hundred_deals_of_before():
    rng = np.random.default_rng(4)
    then, now = answered(200, rng), newer(200, rng)
    few, enough = (found(then.of(np.arange(n)), now) for n in (99, 100))
    assert {f.statistic for f in few if f.code == "ICP-POINTS"} == {None}
    assert "99 deals of before, and 100 are needed" in few[0].words
    assert any(f.statistic is not None for f in enough if f.code == "ICP-POINTS")
