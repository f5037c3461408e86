"""Attribution drift: what matters to the model is asked, and told as points of a chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from icpfit.drift.attributed import CODE, WHOLE, attribution_findings


def phi(n: int, rng: np.random.Generator, shift: float = 0.0) -> pd.DataFrame:
    return pd.DataFrame(
        {"size": rng.normal(shift, 0.5, n), "trial": np.where(rng.random(n) < 0.4, 0.6, -0.4), "dust": rng.normal(0, 0.005, n)}
    )


def test_what_hardly_counts_is_not_asked():
    rng = np.random.default_rng(1)
    found = attribution_findings(phi(300, rng), phi(200, rng), 0.3, alpha=0.05, seed=0)
    assert [(f.code, f.subject) for f in found] == [(CODE, "size"), (CODE, "trial"), (WHOLE, "all that the model looks at")]
    assert not any(f.alarm for f in found)


def test_a_move_is_told_in_points_of_the_chance():
    rng = np.random.default_rng(2)
    before, now = phi(1_000, rng), phi(400, rng, shift=0.4)
    size, trial, whole = attribution_findings(before, now, 0.3, alpha=0.05, seed=0, labels={"size": "Employees"})
    assert (size.subject, size.alarm, trial.alarm, whole.alarm) == ("Employees", True, False, True)
    points = (now["size"].mean() - before["size"].mean()) * 0.21 * 100
    assert f"{points:.1f} points up" in size.words


def test_a_move_that_no_chance_shows_is_no_alarm():
    rng = np.random.default_rng(3)
    before, now = phi(2_000, rng), phi(2_000, rng)
    now["size"] *= 2.0
    (size, *_rest) = attribution_findings(before, now, 0.3, alpha=0.05, seed=0)
    assert size.q_value is not None
    assert size.q_value < 0.01
    assert not size.alarm
    assert "hardly moves" in size.words


def test_a_model_that_makes_nothing_of_anything_is_not_asked():
    none = pd.DataFrame({"a": np.zeros(30)})
    assert attribution_findings(none, none, 0.3, alpha=0.05, seed=0) == []


@pytest.mark.parametrize("n", [60, 200])
def test_without_change_few_calls_raise_any_alarm(n):
    rng = np.random.default_rng(n)
    calls = 30
    alarms = sum(any(f.alarm for f in attribution_findings(phi(500, rng), phi(n, rng), 0.3, alpha=0.05, seed=s)) for s in range(calls))
    assert stats.binomtest(alarms, calls, 0.05, alternative="greater").pvalue >= 0.01
