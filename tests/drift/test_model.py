"""Model drift: silence where nothing changed, planted changes by name and cohort, and words where nothing can be told."""

from __future__ import annotations

import dataclasses
from dataclasses import asdict

import numpy as np
import pytest
from answers import alike, answered, newer, not_more_than, shuffled, sure_calls
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from icpfit.drift.answered import Answered
from icpfit.drift.finding import Finding
from icpfit.drift.model import _auc_side, model_findings
from icpfit.drift.recalibration import log_odds
from icpfit.moments import DAY, quarter_of

CODES = ["MODEL-WINRATE", "MODEL-RANKING", "MODEL-CALIBRATION"]


def found(then: Answered | None, now: Answered, *, alpha: float = 0.05, seed: int = 0) -> list[Finding]:
    return model_findings("win", then, now, alpha=alpha, seed=seed)


def alarms(findings: list[Finding]) -> set[str]:
    return {f.code for f in findings if f.alarm}


@pytest.mark.parametrize("n", [60, 200])
def test_with_no_change_it_is_silent(n):
    assert not_more_than(sure_calls(found, 1_000, n, 60), 60, 0.05)


def test_a_fall_that_began_meanwhile_does_not_drown_in_the_months_before():
    """The later half alone has it; the finding is of that half, and of nobody else."""
    rng = np.random.default_rng(11)
    then, now = answered(1_500, rng), newer(600, rng)
    late = np.arange(len(now)) >= 320
    lost = late & now.good & (rng.random(len(now)) < 0.45)
    fallen = dataclasses.replace(now, good=now.good & ~lost)
    (level, *_rest) = found(then, fallen, alpha=0.01)
    assert level.alarm
    assert level.n_current == (fallen.created > fallen.created[299]).sum()
    assert f"{fallen.good[fallen.created > fallen.created[299]].mean():.0%}" in level.words


def test_with_no_change_and_deals_of_an_account_alike_it_is_silent():
    assert not_more_than(sure_calls(found, 400, 200, 60, deals_per_account=4), 60, 0.05)


@pytest.mark.verify
@pytest.mark.parametrize("n_then", [200, 1_000, 5_000])
@pytest.mark.parametrize(("n", "repetitions"), [(60, 1_000), (200, 1_000), (1_000, 1_000), (100_000, 200)])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_with_no_change_it_is_silent_in_full(n_then, n, repetitions, alpha):
    assert not_more_than(sure_calls(found, n_then, n, repetitions, alpha), repetitions, alpha)


def power(repetitions: int, n: int, code: str, **change: float) -> float:
    count = 0
    for seed in range(repetitions):
        rng = np.random.default_rng([seed, 7])
        count += code in alarms(found(answered(1_000, rng), newer(n, rng, **change), seed=seed))
    return count / repetitions


def test_a_market_that_falls_is_found_with_its_cohort():
    assert power(15, 1_000, "MODEL-WINRATE", level=-0.45) >= 0.8
    rng = np.random.default_rng(0)
    level, ranking, slope = found(answered(1_000, rng), newer(600, rng, level=-0.7))
    assert (level.alarm, ranking.alarm, slope.alarm) == (True, False, False)
    assert level.cohort == "600 deals created January to March 2025"
    assert level.cohort in level.words
    assert "points below" in level.words
    assert "too high" in level.action
    assert len(level.rows) == 5


def test_a_market_that_rises_is_found_too():
    rng = np.random.default_rng(1)
    level = found(answered(1_000, rng), newer(600, rng, level=0.7))[0]
    assert level.alarm
    assert "points above" in level.words


def test_a_slope_that_is_lost_is_found():
    assert power(10, 1_000, "MODEL-CALIBRATION", slope=0.3) >= 0.8
    assert power(10, 1_000, "MODEL-RANKING", slope=0.3) >= 0.6


def test_a_model_that_has_become_better_raises_no_alarm():
    rng = np.random.default_rng(2)
    assert not alarms(found(answered(1_000, rng), newer(2_000, rng, slope=1.8)))


def test_at_many_deals_a_small_change_is_sure_and_does_not_matter():
    rng = np.random.default_rng(3)
    level = found(answered(5_000, rng), newer(60_000, rng, level=0.13))[0]
    assert level.q_value is not None
    assert level.q_value <= 0.05
    assert not level.alarm
    assert "too little to matter" in level.words


def test_the_numbers_are_those_of_other_engines():
    rng = np.random.default_rng(4)
    then, now = answered(900, rng), newer(300, rng)
    level, ranking, slope = found(then, now, alpha=0.001)
    assert level.effect == pytest.approx(abs((now.good - now.probability).mean() - (then.good - then.probability).mean()))
    assert f"{roc_auc_score(now.good, now.probability):.0%} of pairs" in ranking.words
    line = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000).fit(log_odds(now.probability)[:, None], now.good)
    assert f"accounts differ {line.coef_[0, 0]:.0%} as much as their chances say" in slope.words


def test_the_auc_is_within_quarters_and_its_variance_that_of_delong():
    rng = np.random.default_rng(5)
    side = answered(900, rng)
    quarter = quarter_of(side.created)
    own = {q: roc_auc_score(side.good[quarter == q], side.probability[quarter == q]) for q in set(quarter)}
    weight = {q: (quarter == q).sum() * side.good[quarter == q].mean() * (1 - side.good[quarter == q].mean()) for q in own}
    assert _auc_side(side).c.mean() == pytest.approx(sum(own[q] * weight[q] for q in own) / sum(weight.values()))
    one = dataclasses.replace(side, created=np.sort(rng.integers(0, 80 * DAY, len(side))))
    found_side = _auc_side(one)
    assert set(quarter_of(one.created)) == {"1970Q1"}
    good, bad = one.probability[one.good], one.probability[~one.good]
    above = (good[:, None] > bad[None, :]).astype(float)
    delong = above.mean(axis=1).var() / len(good) + above.mean(axis=0).var() / len(bad)
    assert found_side.e.sum() / len(one) ** 2 == pytest.approx(delong)


def test_neither_the_order_of_rows_nor_the_names_change_anything():
    rng = np.random.default_rng(6)
    then, now = answered(300, rng, deals_per_account=3), newer(150, rng, deals_per_account=3)
    once = [asdict(f) for f in found(then, now)]
    assert [asdict(f) for f in found(then, now)] == once
    again = [asdict(f) for f in found(shuffled(then, rng), shuffled(now, rng))]
    renamed = dataclasses.replace(then, account=np.array([f"other {a}" for a in then.account], dtype=object))
    for other in (again, [asdict(f) for f in found(renamed, now)]):
        for one, two in zip(once, other, strict=True):
            assert alike(one, two)


@pytest.mark.parametrize("n", [0, 1, 19])
def test_few_deals_say_how_many_more_are_needed(n):
    rng = np.random.default_rng(7)
    for f in found(answered(500, rng), newer(n, rng)):
        assert (f.alarm, f.p_value, f.needed) == (False, None, 20 - n)
        assert f"{20 - n} more deal" in f.words


def test_what_cannot_be_told_says_so_with_its_power():
    rng = np.random.default_rng(8)
    level = found(answered(1_000, rng), newer(60, rng), alpha=0.01)[0]
    assert level.p_value is None
    assert level.power is not None
    assert level.power < 0.5
    assert f"cannot tell; {level.needed:,} more deals are needed" in level.words
    enough = found(answered(1_000, rng), newer(60 + level.needed + 100, rng), alpha=0.01)[0]
    assert enough.power >= 0.75


def test_too_few_deals_of_before_will_never_do_and_it_says_so():
    rng = np.random.default_rng(9)
    ranking = found(answered(60, rng), newer(2_000, rng), alpha=0.01)[1]
    assert ranking.needed is None
    assert "however many new ones come" in ranking.words


def test_an_old_champion_says_that_it_cannot_tell():
    findings = found(None, newer(200, np.random.default_rng(10)))
    assert [f.code for f in findings] == CODES
    assert all("cannot tell" in f.words and f.p_value is None for f in findings)


def test_ends_that_are_all_alike_ask_the_level_alone():
    rng = np.random.default_rng(11)
    now = dataclasses.replace(newer(80, rng), good=np.zeros(80, dtype=bool))
    level, ranking, slope = found(answered(1_000, rng), now)
    assert level.alarm
    assert ranking.p_value is slope.p_value is None


def test_retention_has_its_own_code_and_words():
    rng = np.random.default_rng(12)
    level = model_findings("retention", answered(1_000, rng), newer(400, rng, level=-0.9), alpha=0.05, seed=0)[0]
    assert (level.code, level.subject, level.alarm) == ("MODEL-RETENTION", "retention rate", True)
    assert "stayed" in level.words
    assert "deals created" not in level.words.replace("of deals created", "")


def test_alpha_is_a_share():
    with pytest.raises(ValueError, match="between 0 and 1"):
        found(None, newer(30, np.random.default_rng(0)), alpha=0.0)
