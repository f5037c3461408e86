"""The trade's rule on rankings whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from icpfit.models.acceptance import judge_acceptance
from icpfit.models.results import Acceptance


def judged(label: np.ndarray, score: np.ndarray, account: np.ndarray | None = None, stratum: np.ndarray | None = None) -> Acceptance:
    n = len(label)
    account = np.arange(n) if account is None else account
    stratum = np.zeros(n, dtype=np.int64) if stratum is None else stratum
    return judge_acceptance(label.astype(float), score.astype(float), account, stratum, draws=200, seed=1)


def ranked(rates: list[float], each: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Blocks of rows, the best first, each with exactly its rate of wins spread evenly over it."""
    label = np.concatenate([(np.arange(each) % round(1 / r) == 0) if r else np.zeros(each) for r in rates]).astype(float)
    return label, -np.arange(len(label), dtype=float)


def test_both_halves_hold_and_the_share_is_the_smallest_for_which_they_do() -> None:
    label, score = ranked([0.5, 0.5, 0.1, 0.02, 0.02])  # fifths: 100, 100, 20, 4, 4 wins of 1,000 rows
    found = judged(label, score)
    assert found.answer == "yes"
    assert found.share == pytest.approx(0.28), "137 of 228 wins: half of 274 rows"
    assert found.held == pytest.approx(140 / 228)
    assert found.rate_top == pytest.approx(0.5)
    assert found.rate_bottom == pytest.approx((4 + 1) / 280)
    assert found.times == pytest.approx(found.rate_top / found.rate_bottom)
    assert found.times_low < found.times < found.times_high
    assert found.held_low < found.held < found.held_high


def test_many_wins_in_the_best_part_are_not_enough_if_the_last_part_wins_too() -> None:
    label, score = ranked([0.5, 0.5, 0.1, 0.1, 0.1])
    found = judged(label, score)
    assert (found.answer, found.share) == ("no", pytest.approx(0.32))
    assert found.held >= 0.6
    assert found.times == pytest.approx(5, abs=0.5)
    assert found.sure


def test_a_ranking_that_knows_nothing_is_refused_for_sure() -> None:
    rng = np.random.default_rng(3)
    found = judged(rng.random(2_000) < 0.3, rng.random(2_000))
    assert found.answer == "no"
    assert found.sure
    assert found.share == 0.35
    assert found.held == pytest.approx(0.35, abs=0.05)
    assert found.times == pytest.approx(1, abs=0.2)


def test_without_a_win_in_the_last_part_half_of_one_is_counted() -> None:
    label, score = ranked([0.5, 0.0, 0.0, 0.0, 0.0])
    found = judged(label, score)
    assert (found.answer, found.share) == ("yes", 0.15)
    assert found.times == pytest.approx(75 / 0.5)
    assert found.rate_bottom == 0.0
    assert found.sure


def test_where_most_deals_are_won_no_ranking_could_hold_the_rule() -> None:
    label, score = ranked([1.0, 1.0, 1.0, 0.0, 0.0])
    found = judged(label, score)
    assert found.answer == "no"
    assert found.most == pytest.approx(0.35 / 0.6)
    assert found.held == pytest.approx(found.most)


@pytest.mark.parametrize(("wins", "losses", "missing"), [(19, 500, 1), (500, 5, 15), (0, 0, 20)])
def test_too_few_cannot_tell_and_says_how_many_more(wins: int, losses: int, missing: int) -> None:
    label = np.r_[np.ones(wins), np.zeros(losses)]
    found = judged(label, np.arange(wins + losses))
    assert (found.answer, found.missing, found.held) == ("cannot tell", missing, None)


def test_a_rate_that_moves_from_period_to_period_earns_nothing() -> None:
    """All wins are of the second period, and the score knows the period only."""
    label = np.r_[np.zeros(500), np.tile([1.0, 0.0], 250)]
    stratum = np.repeat([0, 1], 500)
    assert judged(label, stratum).answer == "yes"
    assert judged(label, stratum, stratum=stratum).times == pytest.approx(1)


def test_the_order_of_rows_does_not_matter_and_repeated_deals_of_an_account_widen_the_range() -> None:
    label, score = ranked([0.5, 0.25, 0.1, 0.05, 0.04], each=100)
    rng = np.random.default_rng(0)
    turned = rng.permutation(len(label))
    one, two = judged(label, score), judged(label[turned], score[turned], turned)
    assert (one.answer, one.share, one.held, one.times) == (two.answer, two.share, two.held, two.times)
    few = judged(label, score, np.arange(len(label)) // 10)
    ties = judged(np.tile(label, 2), np.tile(score, 2), np.tile(np.arange(len(label)), 2))
    assert ties.held == pytest.approx(one.held)
    assert ties.held_high - ties.held_low == pytest.approx(one.held_high - one.held_low, rel=0.1)
    assert few.held == one.held


def test_no_answer_without_its_figures() -> None:
    with pytest.raises(ValueError, match="figures"):
        Acceptance("yes")
    with pytest.raises(ValueError, match="missing"):
        Acceptance("cannot tell")
