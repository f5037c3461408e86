"""Every shape rises, keeps off 0 and 1, and comes back where it was planted; another than the sigmoid must earn its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.models.calibrate import fit_calibration
from icpfit.models.calibration import SHAPES, Calibration, Shape
from icpfit.models.shapes import choose_shape, fit_shape

Floats = npt.NDArray[np.float64]


def sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))


TRUTHS: dict[Shape, Callable[[Floats], Floats]] = {
    "sigmoid": lambda m: sigmoid(0.2 + 0.8 * m),
    "beta": lambda m: sigmoid(-0.3 + 1.6 * np.logaddexp(0, m) - 0.4 * np.logaddexp(0, -m)),
    "isotonic": lambda m: 0.05 + 0.35 * sigmoid(5 * (m + 1)) + 0.4 * sigmoid(9 * (m - 0.8)),
}


DISTORTED: dict[str, Callable[[Floats], Floats]] = {
    "bent below": TRUTHS["beta"],
    "bent above": lambda m: sigmoid(0.4 * np.logaddexp(0, m) - 1.6 * np.logaddexp(0, -m)),
    "one step": lambda m: np.where(m > 0, 0.62, 0.12) + 0.02 * np.tanh(m),
    "a plateau at either end": lambda m: 0.05 + 0.35 * sigmoid(4 * (m + 1)),
}


def deals(truth: Callable[[Floats], Floats], n: int, seed: int) -> tuple[Floats, Floats, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Margins, labels, accounts (some with several rows), and six quarters in order."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(-1, 1.3, n)
    label = (rng.random(n) < truth(margin)).astype(float)
    return margin, label, rng.integers(0, int(n / 1.2), n), np.sort(rng.integers(0, 6, n))


@given(
    shape=st.sampled_from(SHAPES),
    learned=st.lists(st.tuples(st.sampled_from([-2.0, 0.0, 0.5]) | st.floats(-9, 9), st.booleans()), min_size=2, max_size=60),
    asked=st.lists(st.integers(-20_000, 20_000), min_size=2, max_size=30),
)
@settings(max_examples=150, deadline=None)
def test_no_rank_is_lost_and_no_probability_is_0_or_1(shape: Shape, learned: list[tuple[float, bool]], asked: list[int]) -> None:
    margin, label = np.array([m for m, _ in learned]), np.array([float(y) for _, y in learned])
    fitted = fit_shape(shape, margin, label)
    at = np.sort(np.array(asked)) / 1_000
    odds, p = fitted.log_odds(at), fitted.probability(at)
    same = np.diff(at) == 0
    assert (np.diff(odds)[same] == 0).all()
    assert (np.diff(odds)[~same] > 0).all()
    told_apart = ~same & (np.abs(odds[1:]) < 20)
    assert (np.diff(p) >= 0).all()
    assert (np.diff(p)[told_apart] > 0).all()
    assert ((p > 0) & (p < 1)).all()
    edge = 1 / (len(margin) + 2)
    if shape == "isotonic":
        assert ((p > edge) & (p < 1 - edge)).all()
    far = fitted.probability(np.array([-1e300, 1e300]))
    assert 0 < far[0] < far[1] < 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("wrong", [np.inf, -np.inf, np.nan])
def test_a_margin_that_is_no_number_is_refused(shape: Shape, wrong: float) -> None:
    fitted = fit_shape(shape, np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 1.0]))
    for ask in (fitted.log_odds, fitted.probability, fitted.interval):
        with pytest.raises(ValueError, match="not a finite number"):
            ask(np.array([0.0, wrong]))


def test_a_map_that_cannot_be_right_does_not_exist() -> None:
    good = {"grid": (), "low": (), "high": (), "similar": ()}
    for wrong in (
        {"slope": 0.0},
        {"shape": "cubic"},
        {"lean": 0.2},
        {"shape": "beta", "lean": 1.0},
        {"shape": "isotonic"},
        {"knots": (0.0,), "rates": (0.5,), "rows": 3},
        {"shape": "isotonic", "knots": (0.0, 0.0), "rates": (0.1, 0.2), "rows": 3},
        {"shape": "isotonic", "knots": (0.0, 1.0), "rates": (0.2, 0.1), "rows": 3},
        {"shape": "isotonic", "knots": (0.0, 1.0), "rates": (0.2, 1.1), "rows": 3},
        {"shape": "isotonic", "knots": (0.0, 1.0), "rates": (0.2, 0.3)},
    ):
        with pytest.raises(ValueError, match=r"calibration|beta|isotonic"):
            Calibration(**{"intercept": 0.0, "slope": 1.0, **good, **wrong})  # type: ignore[arg-type]


def test_a_beta_map_is_that_of_its_source() -> None:
    """p / (1 - p) = e^c s^a / (1 - s)^b, with s the booster's own probability."""
    fitted = Calibration(-0.3, 1.0, (), (), (), (), "beta", 0.6)
    at = np.linspace(-6, 6, 50)
    s, p = sigmoid(at), fitted.probability(at)
    np.testing.assert_allclose(p / (1 - p), np.exp(-0.3) * s**0.4 / (1 - s) ** 1.6, rtol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_was_planted_comes_back(shape: Shape) -> None:
    margin, label, _, _ = deals(TRUTHS[shape], 40_000, 1)
    at = np.linspace(-3.5, 1.5, 60)
    found = fit_shape(shape, margin, label).probability(at)
    assert np.abs(found - TRUTHS[shape](at)).mean() < 0.012
    if shape != "sigmoid":
        assert np.abs(fit_shape("sigmoid", margin, label).probability(at) - TRUTHS[shape](at)).mean() > 0.02


def test_on_little_data_a_beta_map_is_nearly_a_line() -> None:
    margin, label, _, _ = deals(TRUTHS["sigmoid"], 60, 3)
    assert abs(fit_shape("beta", margin, label).lean) < 0.25


@pytest.mark.parametrize(("shape", "least"), [("sigmoid", 12), ("beta", 11), ("isotonic", 12)])
def test_the_shape_of_the_truth_is_chosen(shape: Shape, least: int) -> None:
    chosen = Counter(choose_shape(*deals(TRUTHS[shape], 3_000, seed)) for seed in range(14))
    assert chosen[shape] >= least, chosen


def test_the_choice_is_of_later_rows() -> None:
    """What only the newest quarters show is not chosen by older ones; and a shape that has gone is not kept."""
    margin, label, account, period = deals(TRUTHS["sigmoid"], 4_000, 2)
    old = period < 4
    bent = (np.random.default_rng(0).random(4_000) < TRUTHS["isotonic"](margin)).astype(float)
    assert choose_shape(margin, bent, account, period) == "isotonic"
    assert choose_shape(margin, np.where(old, bent, label), account, period) != "isotonic"


def test_too_few_outcomes_to_judge_by_keep_the_sigmoid() -> None:
    margin, label, account, period = deals(TRUTHS["isotonic"], 3_000, 5)
    rare = label * (np.random.default_rng(1).random(3_000) < 0.05)
    assert choose_shape(margin, rare, account, period) == "sigmoid"
    assert choose_shape(margin[:100], label[:100], account[:100], period[:100]) == "sigmoid"


def test_without_times_accounts_judge_each_other() -> None:
    margin, label, account, _ = deals(TRUTHS["isotonic"], 3_000, 6)
    assert choose_shape(margin, label, account, np.zeros(3_000, dtype=np.int64)) == "isotonic"


@pytest.mark.parametrize("shape", SHAPES)
def test_parts_of_a_margin_stretched_by_its_steepness_sum_to_log_odds(shape: Shape) -> None:
    margin, label, _, _ = deals(TRUTHS[shape], 2_000, 7)
    fitted = fit_shape(shape, margin, label)
    base = float(margin[3])
    steep = fitted.steepness(margin, base)
    assert (steep > 0).all()
    np.testing.assert_allclose(steep * (margin - base), fitted.log_odds(margin) - fitted.log_odds(margin[3:4]), atol=1e-9)
    if shape == "sigmoid":
        assert (steep == fitted.slope).all()


@pytest.mark.verify
@pytest.mark.parametrize("n", [1_500, 3_000])
@pytest.mark.parametrize("name", ["a sigmoid", *DISTORTED])
def test_how_often_a_distortion_is_seen(name: str, n: int) -> None:
    """The table in docs/models.md; ``pytest -rP`` prints its rows."""
    truth = DISTORTED.get(name, TRUTHS["sigmoid"])
    chosen = Counter(choose_shape(*deals(truth, n, seed)) for seed in range(40))
    print(f"{name}, {n}: {dict(chosen.most_common())}")  # noqa: T201
    seen = 40 - chosen["sigmoid"]
    assert seen <= 8 if name == "a sigmoid" else seen >= (20 if n == 3_000 else 10)


@pytest.mark.verify
@pytest.mark.parametrize("shape", SHAPES)
def test_the_interval_holds_the_true_rate_of_a_score_bin_whatever_the_shape(shape: Shape) -> None:
    inside = []
    later = np.random.default_rng(99).normal(-1, 1.3, 20_000)
    tenth = np.argsort(np.argsort(later)) * 10 // len(later)
    for seed in range(60):
        fitted = fit_calibration(*deals(TRUTHS[shape], 5_000, seed), draws=200, seed=seed)
        low, high, true = (np.bincount(tenth, weights=v) / 2_000 for v in (*fitted.interval(later), TRUTHS[shape](later)))
        inside.append((low <= true) & (true <= high))
    assert 0.85 <= float(np.mean(inside)) <= 0.99
