"""The peers: each learns on the rows of every fold with the labels known at its start, and hands in a score for each row tested.

    python -m scorecard_contestants.peers NAME FOLDER

The folder is that of ``model_contestants.peers``. Nothing of icpfit is imported here, since the peers live in an environment of their own.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from model_contestants.peers import SEED, THREADS, WIDE, WIDE_BAGS, Fold, Task, read

ATTRIBUTES = 12
BINS = 5
CUTS = 20
"""shares of the rows at which FasterRisk may cut a number"""
NAMED_SHARE = 0.01
"""of the rows, for a text to be a yes/no column of its own"""
UNKNOWN = "(unknown)"


@dataclass(frozen=True)
class Answer:
    """A score per row tested, and what a person has to look at: table rows or coefficients, of how many attributes."""

    score: np.ndarray
    cells: int
    attributes: int


def optbinning(task: Task, fold: Fold) -> Answer:
    """Optimal bins, at most 5 a variable beside missing; the 12 variables of the highest information value; whole points of 0 to 100."""
    criteria = {"iv": {"min": 0.0, "max": 1e9, "strategy": "highest", "top": ATTRIBUTES}}
    return _optbinning(task, fold, list(task.X), selection_criteria=criteria)


def optbinning_path(task: Task, fold: Fold) -> Answer:
    """The same, of the 12 variables whose weight of evidence enters first along the L1 path: of twins one is enough."""
    from optbinning import BinningProcess

    A, labels = task.X.iloc[fold.train], fold.labels.astype(int)
    texts = task.categories
    binning = BinningProcess(list(A.columns), categorical_variables=texts, max_n_bins=BINS).fit(A, labels)
    evidence = binning.transform(A, metric="woe", metric_missing="empirical").to_numpy(np.float64)
    chosen = first_along_path(evidence, np.arange(evidence.shape[1]), fold.labels)
    return _optbinning(task, fold, [list(A.columns)[j] for j in chosen])


def _optbinning(task: Task, fold: Fold, names: list[str], **more: Any) -> Answer:
    from optbinning import BinningProcess, Scorecard
    from sklearn.linear_model import LogisticRegression

    A, B = task.X.iloc[fold.train][names], task.X.iloc[fold.test][names]
    texts = [c for c in task.categories if c in names]
    card = Scorecard(
        BinningProcess(names, categorical_variables=texts, max_n_bins=BINS, **more),
        LogisticRegression(max_iter=1000),
        scaling_method="min_max",
        scaling_method_params={"min": 0, "max": 100},
        reverse_scorecard=True,
        rounding=True,
    ).fit(A, fold.labels.astype(int), metric_missing="empirical")
    table = card.table(style="detailed")
    read_rows = table[table["Count"] > 0]
    return Answer(card.score(B), len(read_rows), read_rows["Variable"].nunique())


def fasterrisk(task: Task, fold: Fold) -> Answer:
    """12 whole coefficients of -5 to 5 on yes/no columns; the search as it comes."""
    from fasterrisk.fasterrisk import RiskScoreOptimizer

    A, B, of = binarised(task, fold)
    search = RiskScoreOptimizer(X=A, y=np.where(fold.labels > 0.5, 1.0, -1.0), k=min(ATTRIBUTES, A.shape[1]))
    search.optimize()
    _, _, coefficients = search.get_models(model_index=0)
    used = np.flatnonzero(coefficients)
    return Answer(B @ coefficients, len(used), len(np.unique(of[used])))


def binarised(task: Task, fold: Fold) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Yes/no columns of training and tested rows, and the attribute (by number) that each column is of.

    A number is at most each of its 5 %, 10 %, … quantiles among the training rows, or unknown; a text is each one that 1 % of the
    training rows have, or unknown.
    """
    A, B = task.X.iloc[fold.train], task.X.iloc[fold.test]
    columns: list[tuple[np.ndarray, np.ndarray]] = []
    of: list[int] = []
    for j, name in enumerate(A):
        a, b = A[name], B[name]
        tests: list[Callable[[pd.Series], pd.Series]] = [pd.Series.isna]
        if name in task.categories:
            share = a.value_counts(normalize=True)
            tests += [lambda s, v=v: s == v for v in sorted(share.index[share >= NAMED_SHARE])]
        else:
            cuts = np.unique(np.nanquantile(a.to_numpy(np.float64), np.arange(1, CUTS) / CUTS, method="lower")) if a.notna().any() else []
            tests += [lambda s, v=v: s <= v for v in cuts]
        for test in tests:
            yes = test(a).to_numpy(bool)
            if 0 < yes.sum() < len(yes):
                columns.append((yes, test(b).to_numpy(bool)))
                of.append(j)
    X, Z = (np.column_stack([c[i] for c in columns]).astype(np.float64) for i in range(2))
    return X, Z, np.array(of, dtype=np.int_)


def ebm(task: Task, fold: Fold) -> Answer:
    """Main effects alone; the rest as it comes, but for fewer bags where there are many attributes."""
    from interpret.glassbox import ExplainableBoostingClassifier

    kinds = ["nominal" if c in task.categories else "continuous" for c in task.X]
    bags = {"outer_bags": WIDE_BAGS} if len(kinds) > WIDE else {}
    model = ExplainableBoostingClassifier(feature_types=kinds, interactions=0, random_state=SEED, n_jobs=THREADS, **bags)
    model.fit(task.X.iloc[fold.train], fold.labels)
    cells = sum(int((np.asarray(weights) > 0).sum()) for weights in model.bin_weights_)
    return Answer(model.decision_function(task.X.iloc[fold.test]), cells, len(model.term_scores_))


def logistic(task: Task, fold: Fold) -> Answer:
    """All attributes: standardised numbers with a mark for unknown, one-hot texts, C by cross-validation of the log loss."""
    A, B, of = standardised(task, fold, list(task.X))
    return _logistic(A, B, of, fold.labels)


def logistic_few(task: Task, fold: Fold) -> Answer:
    """The same on the 12 attributes that enter first along the L1 path."""
    A, _, of = standardised(task, fold, list(task.X))
    names = [list(task.X)[j] for j in first_along_path(A, of, fold.labels)]
    return _logistic(*standardised(task, fold, names), fold.labels)


def first_along_path(A: Any, of: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """At most 12 attributes (by number): those with a coefficient just before there would be more. ``of``: whose each column is."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import l1_min_c

    chosen = np.unique(of)
    if len(chosen) <= ATTRIBUTES:
        return chosen
    for c in l1_min_c(A, labels, loss="log") * np.logspace(0.1, 4, 40):
        model = LogisticRegression(l1_ratio=1.0, solver="liblinear", C=c, random_state=SEED, max_iter=200).fit(A, labels)
        found = np.unique(of[np.flatnonzero(model.coef_[0])])
        if len(found) > ATTRIBUTES:
            break
        chosen = found
    return chosen


def _logistic(A: Any, B: Any, of: np.ndarray, labels: np.ndarray) -> Answer:
    from sklearn.linear_model import LogisticRegressionCV

    model = LogisticRegressionCV(Cs=10, cv=5, scoring="neg_log_loss", max_iter=500, l1_ratios=(0.0,), use_legacy_attributes=False)
    model.fit(A, labels)
    used = np.flatnonzero(model.coef_.ravel())
    return Answer(model.decision_function(B), len(used), len(np.unique(of[used])))


def standardised(task: Task, fold: Fold, names: list[str]) -> tuple[Any, Any, np.ndarray]:
    """Columns of training and tested rows (sparse), and the attribute (by number, of ``names``) that each is of."""
    from scipy.sparse import csr_array, hstack
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    A, B = task.X.iloc[fold.train], task.X.iloc[fold.test]
    parts: list[tuple[Any, Any]] = []
    of: list[int] = []
    for j, name in enumerate(names):
        if not A[name].notna().any():
            continue
        if name in task.categories:
            columns = make_pipeline(
                SimpleImputer(strategy="constant", fill_value=UNKNOWN, missing_values=None),
                OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5),
            )
        else:
            columns = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
        parts.append((csr_array(columns.fit_transform(A[[name]])), csr_array(columns.transform(B[[name]]))))
        of += [j] * parts[-1][0].shape[1]
    X, Z = (hstack([p[i] for p in parts], format="csr") for i in range(2))
    return X, Z, np.array(of)


PEERS: dict[str, tuple[str, Callable[[Task, Fold], Answer]]] = {
    "optbinning": ("optbinning", optbinning),
    "optbinning_path": ("optbinning", optbinning_path),
    "fasterrisk": ("fasterrisk", fasterrisk),
    "logistic_few": ("scikit-learn", logistic_few),
    "logistic": ("scikit-learn", logistic),
    "ebm": ("interpret-core", ebm),
}
"""by name: the distribution whose version is told, and how it answers"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=PEERS)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    os.environ.setdefault("DO_NOT_TRACK", "1")
    warnings.simplefilter("ignore")
    task = read(asked.folder, trials=1, seconds=0)
    distribution, learner = PEERS[asked.name]
    version = importlib.metadata.version(distribution)
    began = time.perf_counter()
    with contextlib.redirect_stdout(sys.stderr):
        answers = [learner(task, fold) for fold in task.folds]
    seconds = time.perf_counter() - began
    score = np.concatenate([a.score for a in answers]).astype(np.float64)
    tested = np.concatenate([f.test for f in task.folds])
    pd.DataFrame({"row": tested, "score": score}).to_parquet(asked.folder / f"{asked.name}.parquet", index=False)
    cells, attributes = (float(np.mean([getattr(a, f) for a in answers])) for f in ("cells", "attributes"))
    print(json.dumps({"seconds": seconds, "cells": cells, "attributes": attributes, "version": version}))


if __name__ == "__main__":
    main()
