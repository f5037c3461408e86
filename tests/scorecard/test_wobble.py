import numpy as np
import pytest

from icpfit.scorecard.wobble import point_intervals

POINTS = [np.array([0, 20, 40, 10]), np.array([0, 60, 30])]
PER_POINT = 0.03


def sample(n: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = [rng.choice(4, n, p=[0.3, 0.3, 0.3, 0.1]), rng.choice(3, n, p=[0.5, 0.3, 0.2])]
    total = np.sum([p[c] for p, c in zip(POINTS, codes, strict=True)], axis=0)
    return codes, (rng.random(n) < 1 / (1 + np.exp(2.5 - PER_POINT * total))).astype(float)


def widths(n: int, repeat: int = 1, seed: int = 0) -> np.ndarray:
    codes, label = sample(n, seed)
    account = np.repeat(np.arange(n), repeat)
    found = point_intervals(
        [np.repeat(c, repeat) for c in codes], POINTS, [None, None], np.repeat(label, repeat), account, logit_per_point=PER_POINT, seed=3
    )
    for (low, high), p in zip(found, POINTS, strict=True):
        assert (low <= p).all()
        assert (p <= high).all()
    return np.concatenate([high - low for low, high in found])


def test_four_times_the_rows_halve_the_interval() -> None:
    few, many = widths(1000).mean(), widths(4000).mean()
    assert many == pytest.approx(few / 2, rel=0.25)


def test_rows_of_the_same_account_are_no_evidence_of_their_own() -> None:
    assert widths(1000, repeat=4).mean() > 0.8 * widths(1000).mean()


def test_the_interval_is_as_wide_as_points_of_other_samples_lie_apart() -> None:
    from sklearn.linear_model import LogisticRegression

    refitted = []
    for seed in range(50):
        codes, label = sample(1200, 100 + seed)
        design = np.concatenate([np.eye(4)[codes[0]], np.eye(3)[codes[1]]], axis=1)
        value = LogisticRegression(C=1.0).fit(design, label).coef_[0]
        first, second = value[:4] - value[:4].min(), value[4:] - value[4:].min()
        refitted.append(np.concatenate([first, second]) * 100 / (first.max() + second.max()))
    between = np.quantile(refitted, 0.95, axis=0) - np.quantile(refitted, 0.05, axis=0)
    told = np.mean([widths(1200, seed=s) for s in range(6)], axis=0)
    assert told[between > 1].mean() == pytest.approx(between[between > 1].mean(), rel=0.25)


def test_the_declared_direction_holds_in_every_resample() -> None:
    codes, label = sample(150, 5)
    ((low, high), _) = point_intervals(codes, POINTS, ["increasing", None], label, np.arange(150), logit_per_point=PER_POINT, seed=3)
    assert (np.diff(low[:3]) >= 0).all()
    assert (np.diff(high[:3]) >= 0).all()
