"""What a model must beat: the base rate, logistic regression, and what most companies use today."""

from __future__ import annotations

import warnings

import numpy as np

from icpfit.models.matrix import Floats, Ints, Matrix

STRENGTH = 0.1
"""scikit-learn's C on standardised columns: some shrinkage, since one-hot columns are many"""
MIN_TEXT_ROWS = 10
FARTHEST = 5.0
"""standard deviations at which a value is held: one absurd number must not bend the line"""


def logistic_probability(matrix: Matrix, train: Ints, labels: Floats, test: Ints) -> Floats:
    """Plain logistic regression on all usable features: standardised numbers, unknown as the mean with an
    indicator, texts one-hot, ridge penalty. Everything is learned on the training rows."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    A, B = _design(matrix, train, test)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a baseline that is nearly there is there
        model = LogisticRegression(C=STRENGTH, max_iter=300).fit(A, labels)
    return np.asarray(model.predict_proba(B)[:, 1], dtype=np.float64)


def _design(matrix: Matrix, train: Ints, test: Ints) -> tuple[Floats, Floats]:
    left: list[Floats] = []
    right: list[Floats] = []

    def add(a: Floats, b: Floats) -> None:
        mean, sd = float(a.mean()), float(a.std())
        if sd > 1e-12:
            left.append(np.clip((a - mean) / sd, -FARTHEST, FARTHEST))
            right.append(np.clip((b - mean) / sd, -FARTHEST, FARTHEST))

    for j in range(matrix.X.shape[1]):
        a, b = matrix.X[train, j], matrix.X[test, j]
        if matrix.is_category(j):
            codes, counts = np.unique(a[~np.isnan(a)], return_counts=True)
            for code in codes[counts >= MIN_TEXT_ROWS]:
                add((a == code).astype(np.float64), (b == code).astype(np.float64))
            continue
        a, b = np.where(np.isfinite(a), a, np.nan), np.where(np.isfinite(b), b, np.nan)
        unknown = np.isnan(a)
        if unknown.all():
            continue
        mean = float(a[~unknown].mean())
        add(np.where(unknown, mean, a), np.where(np.isnan(b), mean, b))
        if unknown.any():
            add(unknown.astype(np.float64), np.isnan(b).astype(np.float64))
    if not left:
        return np.zeros((len(train), 1)), np.zeros((len(test), 1))
    return np.column_stack(left), np.column_stack(right)
