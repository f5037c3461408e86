"""The model held against its segments: a planted offset is found, a thin segment has next to none, and ranking is told apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from icpfit.models.metrics import stratified_auc
from icpfit.segments.adjust import Adjustment, Predicted, adjustments

N = 6_000


def predicted(seed: int, segment: Any, offset: Any = 0.0, slope: Any = 1.0) -> Predicted:
    rng = np.random.default_rng(seed)
    x = rng.normal(-1.0, 1.2, N)
    y = (rng.random(N) < 1 / (1 + np.exp(-(offset + slope * x)))).astype(np.float64)
    return Predicted(np.arange(N), np.arange(N) * 4 // N, np.arange(N), y, x)


def by_value(found: tuple[Adjustment, ...]) -> dict[str, Adjustment]:
    return {a.value: a for a in found}


@pytest.fixture
def region(make_trait: Callable[..., Any]) -> Any:
    values = np.array(["A"] * 3_000 + ["B"] * 1_800 + ["C"] * 1_197 + ["D"] * 3, dtype=object)[np.random.default_rng(0).permutation(N)]
    return make_trait("region", values)


def test_an_offset_in_one_region_is_found_and_the_others_hold(region: Any) -> None:
    planted = np.where(region.values == "C", -0.7, 0.0)
    found = by_value(adjustments(predicted(1, region, planted), region, 0.8, seed=7))
    # what all are off together is the final calibration's: the planted -0.7 lies that much nearer
    assert found["C"].offset == pytest.approx(-0.7 + 0.14, abs=0.12)
    assert (found["C"].off, found["A"].off) == (-1, 1)
    assert found["C"].seen < found["C"].said


def test_where_the_model_is_right_it_holds_everywhere(region: Any) -> None:
    found = adjustments(predicted(2, region), region, 0.75, seed=7)
    assert [a.off for a in found] == [0, 0, 0, 0]
    assert max(abs(a.offset) for a in found) < 0.1


def test_a_segment_of_three_rows_has_nearly_no_adjustment_and_no_ranking(region: Any) -> None:
    rows = predicted(3, region)
    label = np.where(region.values == "D", 1.0, rows.label)
    thin = by_value(adjustments(Predicted(rows.row, rows.fold, rows.account, label, rows.log_odds), region, 0.75, seed=7))["D"]
    assert (thin.rows, thin.positives) == (3, 3)
    assert abs(thin.offset) < 0.05
    assert thin.offset_low < 0 < thin.offset_high
    assert (thin.auc, thin.slope, thin.weak) == (None, None, False)


def test_a_region_in_which_the_model_does_not_rank_is_weak(region: Any) -> None:
    rows = predicted(4, region, offset=np.where(region.values == "C", -1.0, 0.0), slope=np.where(region.values == "C", 0.0, 1.0))
    overall = stratified_auc(rows.label, rows.log_odds, rows.fold)
    found = by_value(adjustments(rows, region, overall, seed=7))
    assert found["C"].weak
    assert not found["A"].weak
    assert found["C"].slope_high is not None
    assert found["C"].slope_high < 0.3
    assert found["A"].slope == pytest.approx(1.0, abs=0.15)
    assert found["C"].auc == pytest.approx(0.5, abs=0.06)


def test_intervals_hold_what_they_say(make_trait: Callable[..., Any]) -> None:
    """Offsets drawn around none in 60 segments of 100 rows: nine in ten intervals hold the truth."""
    rng = np.random.default_rng(5)
    code = np.repeat(np.arange(60), 100)
    trait = make_trait("region", np.array([f"v{c}" for c in code], dtype=object))
    inside = []
    for seed in range(5):
        truth = rng.normal(0, 0.5, 60)
        found = by_value(adjustments(predicted(seed, trait, truth[code]), trait, 0.75, seed=7))
        inside += [found[f"v{c}"].offset_low <= truth[c] <= found[f"v{c}"].offset_high for c in range(60)]
    assert np.mean(inside) == pytest.approx(0.9, abs=0.05)
