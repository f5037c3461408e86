"""Measures against plain counting."""

import numpy as np

from icpfit.models.metrics import measure


def test_a_base_rate_that_moves_earns_nothing() -> None:
    rng = np.random.default_rng(5)
    period = np.repeat([0, 1], 400)
    label = (rng.random(800) < np.where(period == 0, 0.05, 0.5)).astype(float)
    knows_the_period_only = np.where(period == 0, 0.05, 0.5)
    found = measure(label, knows_the_period_only, np.arange(800), np.full(800, np.nan), draws=50, seed=0, stratum=period)
    assert found.auc == 0.5
    assert found.auc_low == found.auc_high == 0.5
    assert found.auc_pooled > 0.7
    assert abs(found.lift_10 - 1) < 1e-9
