import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from icpfit.scorecard.points import in_order, refit, whole_points

values = st.lists(st.floats(-5, 5, allow_nan=False), min_size=2, max_size=6).map(np.array)


@settings(max_examples=200, deadline=None)
@given(st.lists(values, min_size=1, max_size=14))
def test_the_maxima_sum_to_100_and_the_order_of_bins_is_kept(tables: list[np.ndarray]) -> None:
    spreads = [t.max() - t.min() for t in tables]
    if sum(spreads) <= 0:
        with pytest.raises(ValueError, match="differ"):
            whole_points(tables)
        return
    points = whole_points(tables)
    assert sum(int(p.max()) for p in points) == 100
    exact = 100 * np.array(spreads) / sum(spreads)
    for table, p, most in zip(tables, points, exact, strict=True):
        assert p.min() == 0
        assert abs(p.max() - most) < 1
        order = np.argsort(table, kind="stable")
        assert (np.diff(p[order]) >= 0).all()
        if table.max() > table.min():
            share = (table - table.min()) / (table.max() - table.min())
            assert np.abs(p - share * p.max()).max() <= 0.5 + 1e-9


@given(st.lists(st.tuples(st.floats(-3, 3), st.integers(1, 50)), min_size=1, max_size=8), st.sampled_from(["increasing", "decreasing"]))
def test_order_is_forced_as_isotonic_regression_does(cells: list[tuple[float, int]], direction: str) -> None:
    v, w = (np.array(c, dtype=float) for c in zip(*cells, strict=True))
    expected = IsotonicRegression(increasing=direction == "increasing").fit_transform(np.arange(len(v)), v, sample_weight=w)
    np.testing.assert_allclose(in_order(v, w, direction), expected, atol=1e-9)


def test_refitting_mends_means_that_share_credit_wrongly() -> None:
    rng = np.random.default_rng(0)
    n = 3000
    codes = [rng.integers(0, 3, n), rng.integers(0, 2, n)]
    truth = [np.array([-1.0, 0.0, 1.0]), np.array([-0.5, 0.5])]
    target = 0.3 + truth[0][codes[0]] + truth[1][codes[1]]
    shrunken = [0.7 * t[c] for t, c in zip(truth, codes, strict=True)]
    fitted = refit(codes, [3, 2], shrunken, target)
    for v, t in zip(fitted.of, truth, strict=True):
        np.testing.assert_allclose(v - v.mean(), t - t.mean(), atol=0.05)


def test_a_bin_that_was_never_seen_is_neutral() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, 500)
    phi = np.where(codes == 1, 1.0, -1.0)
    fitted = refit([codes], [3], [phi], phi)
    low, high, unseen = fitted.of[0]
    assert low < unseen < high
    assert unseen == pytest.approx(phi.mean(), abs=1e-9)
