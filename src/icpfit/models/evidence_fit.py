"""A small logistic regression whose coefficients come from a normal distribution, and how well that distribution explains the labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from icpfit.models.matrix import Floats

STEPS = 30
"""of Newton's method, at most"""
HALVINGS = 20
CLOSE = 1e-10
"""a step below it, relative to the size of the coefficients, ends the search"""


@dataclass(frozen=True)
class NormalFit:
    """``coefficients`` (k,) where the posterior is highest, their standard ``errors`` (k,), and the log ``evidence`` of the variances."""

    coefficients: Floats
    errors: Floats
    evidence: float


def fit_normal(design: Floats, labels: Floats, variances: Floats, offset: Floats | None = None) -> NormalFit:
    """Coefficients of ``design`` (n, k) that are normal around 0 with ``variances`` (k,), beside an ``offset`` (n,) in log-odds.

    Newton's method, each step halved until the posterior rises. The evidence is Laplace's approximation of the
    likelihood with the coefficients integrated out.
    Source: MacKay, "The evidence framework applied to classification networks", 1992.

    >>> one = fit_normal(np.ones((4, 1)), np.array([1.0, 1.0, 1.0, 0.0]), np.array([1e6]))
    >>> round(float(one.coefficients[0]), 3)  # log(3 / 1)
    1.099
    """
    at = np.zeros(len(labels)) if offset is None else offset
    precision = 1 / variances

    def posterior(b: Floats) -> float:
        margin = at + design @ b
        return float((labels * margin - np.logaddexp(0.0, margin)).sum() - (precision * b**2).sum() / 2)

    def curvature(b: Floats) -> Floats:
        p = expit(at + design @ b)
        return np.asarray((design * (p * (1 - p))[:, None]).T @ design + np.diag(precision))

    b = np.zeros(design.shape[1])
    best = posterior(b)
    for _ in range(STEPS):
        step = np.linalg.solve(curvature(b), design.T @ (labels - expit(at + design @ b)) - precision * b)
        for _ in range(HALVINGS):
            if (found := posterior(b + step)) >= best:
                break
            step = step / 2
        else:
            break
        b, best = b + step, found
        if np.abs(step).max() <= CLOSE * (1 + np.abs(b).max()):
            break
    system = curvature(b)
    evidence = best + float(np.log(precision).sum()) / 2 - float(np.linalg.slogdet(system)[1]) / 2
    return NormalFit(b, np.sqrt(np.diag(np.linalg.inv(system))), evidence)
