"""The small regression: its evidence beside an integral, its variances' say, and labels that nothing finite explains."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from icpfit.models.evidence_fit import fit_normal


def likelihood(margin: np.ndarray, labels: np.ndarray) -> float:
    return float((labels * margin - np.logaddexp(0.0, margin)).sum())


@pytest.mark.parametrize(("slope", "variance"), [(0.0, 0.1), (0.8, 0.3), (0.8, 3.0)])
def test_the_evidence_is_the_likelihood_with_the_coefficient_integrated_out(slope: float, variance: float) -> None:
    rng = np.random.default_rng(3)
    x, offset = rng.normal(size=150), rng.normal(size=150) / 2
    labels = (rng.random(150) < 1 / (1 + np.exp(-(offset + slope * x)))).astype(float)
    found = fit_normal(x[:, None], labels, np.array([variance]), offset)
    top = likelihood(offset + found.coefficients[0] * x, labels)

    def density(b: float) -> float:
        return float(np.exp(likelihood(offset + b * x, labels) - top - b * b / variance / 2) / np.sqrt(2 * np.pi * variance))

    whole = np.log(quad(density, -8, 8, points=[float(found.coefficients[0])], limit=200)[0]) + top
    assert found.evidence == pytest.approx(whole, abs=0.02)


def test_a_small_variance_holds_the_coefficient_and_a_large_one_lets_it_go() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=2_000)
    labels = (rng.random(2_000) < 1 / (1 + np.exp(-x))).astype(float)
    held, free = (fit_normal(x[:, None], labels, np.array([v])).coefficients[0] for v in (1e-6, 1e6))
    assert abs(held) < 0.01
    assert free == pytest.approx(1.0, abs=0.15)


def test_labels_that_a_line_parts_have_a_finite_answer() -> None:
    x = np.r_[np.full(20, -50.0), np.full(20, 50.0)]
    found = fit_normal(np.column_stack([np.ones(40), x]), (x > 0).astype(float), np.array([1e4, 4.0]))
    assert np.isfinite([*found.coefficients, *found.errors, found.evidence]).all()
    assert found.coefficients[1] > 0
