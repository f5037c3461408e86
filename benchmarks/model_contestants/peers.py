"""The peers: each learns on the rows of every fold with the labels known at its start, and hands in a chance for each row tested.

    python -m model_contestants.peers NAME FOLDER [--trials 24] [--seconds 60]

What a folder holds: ``X.parquet`` (a row per deal, numbers as float64, categories as text), ``rows.parquet`` (``account``, a code per
row), and ``folds.parquet`` (``purpose``: tuning or test, ``fold``, ``side``: train or test, ``row``, ``label``; the test rows of
``purpose`` test have none). Nothing of icpfit is imported here, since the peers live in an environment of their own.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SEED = 7
THREADS = 2
GROUPS = 4
"""of accounts, for tuning inside a fold where there are no folds to tune on"""
WIDE, WIDE_BAGS = 50, 4
"""attributes above which EBM, whose default is 14 bags, gets fewer"""

Chances = np.ndarray


@dataclass(frozen=True)
class Fold:
    """``truth`` is there for the folds of tuning only."""

    name: str
    train: np.ndarray
    labels: np.ndarray
    test: np.ndarray
    truth: np.ndarray | None


@dataclass(frozen=True)
class Task:
    X: pd.DataFrame
    account: np.ndarray
    folds: list[Fold]
    tuning: list[Fold]
    trials: int
    seconds: float

    @property
    def categories(self) -> list[str]:
        return [c for c in self.X if not pd.api.types.is_numeric_dtype(self.X[c])]


def read(folder: Path, trials: int, seconds: float) -> Task:
    X = pd.read_parquet(folder / "X.parquet")
    for column in X:
        if not pd.api.types.is_numeric_dtype(X[column]):
            X[column] = X[column].astype(object).where(X[column].notna(), None)
    rows = pd.read_parquet(folder / "folds.parquet")

    def folds(purpose: str) -> list[Fold]:
        found = []
        for name, part in rows[rows["purpose"] == purpose].groupby("fold", sort=False):
            train, test = part[part["side"] == "train"], part[part["side"] == "test"]
            truth = test["label"].to_numpy() if purpose == "tuning" else None
            found.append(Fold(str(name), train["row"].to_numpy(), train["label"].to_numpy(), test["row"].to_numpy(), truth))
        return found

    account = pd.read_parquet(folder / "rows.parquet")["account"].to_numpy()
    return Task(X, account, folds("test"), folds("tuning"), trials, seconds)


def logistic(task: Task, fold: Fold) -> Chances:
    """Standardised numbers with a mark for unknown, one-hot texts, C chosen by cross-validation of the log loss."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    A, B = task.X.iloc[fold.train], task.X.iloc[fold.test]
    texts = [c for c in task.categories if A[c].notna().any()]
    numbers = [c for c in A if c not in task.categories and A[c].notna().any()]
    number = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    text = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="(unknown)", missing_values=None),
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5),
    )
    columns = ColumnTransformer([("number", number, numbers), ("text", text, texts)])
    model = LogisticRegressionCV(Cs=10, cv=5, scoring="neg_log_loss", max_iter=500, l1_ratios=(0.0,), use_legacy_attributes=False)
    return make_pipeline(columns, model).fit(A, fold.labels).predict_proba(B)[:, 1]


def lightgbm_default(task: Task, fold: Fold) -> Chances:
    return _lightgbm(task, fold, {})


def _lightgbm(task: Task, fold: Fold, settings: dict[str, Any]) -> Chances:
    from lightgbm import LGBMClassifier

    A, B = _coded(task, fold)
    model = LGBMClassifier(random_state=SEED, n_jobs=THREADS, verbosity=-1, **settings)
    return model.fit(A, fold.labels).predict_proba(B)[:, 1]


def _coded(task: Task, fold: Fold) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Texts as categories of whole numbers, as LightGBM wants them; a text not seen in training is unknown."""
    A, B = task.X.iloc[fold.train].copy(), task.X.iloc[fold.test].copy()
    for column in task.categories:
        known = pd.Index(sorted(A[column].dropna().unique()))
        for part in (A, B):
            part[column] = pd.Categorical.from_codes(known.get_indexer(pd.Index(part[column])), categories=range(len(known)))
    return A, B


class TunedLightGBM:
    """Optuna's TPE on the tuning folds, as many trials as icpfit has, the best mean log loss wins. One study for all folds; where
    there are no tuning folds, one for each fold on groups of accounts among its own training rows."""

    def __init__(self) -> None:
        self.best: dict[str, Any] | None = None

    def __call__(self, task: Task, fold: Fold) -> Chances:
        if not task.tuning:
            return _lightgbm(task, fold, self._search(task, _inner(task, fold)))
        if self.best is None:
            self.best = self._search(task, task.tuning)
        return _lightgbm(task, fold, self.best)

    def _search(self, task: Task, folds: list[Fold]) -> dict[str, Any]:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)

        def loss(trial: optuna.Trial) -> float:
            settings = {
                "n_estimators": trial.suggest_int("n_estimators", 50, 800, log=True),
                "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
                "num_leaves": trial.suggest_int("num_leaves", 2, 128, log=True),
                "min_child_samples": trial.suggest_int("min_child_samples", 5, 200, log=True),
                "subsample": trial.suggest_float("subsample", 0.5, 1.0),
                "subsample_freq": 1,
                "colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
                "reg_lambda": trial.suggest_float("reg_lambda", 1e-3, 100, log=True),
                "reg_alpha": trial.suggest_float("reg_alpha", 1e-3, 10, log=True),
            }
            trial.set_user_attr("settings", settings)
            losses = [_losses(f.truth, _lightgbm(task, f, settings)) for f in folds if f.truth is not None]
            return float(np.concatenate(losses).mean())

        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=SEED))
        study.optimize(loss, n_trials=task.trials)
        best: dict[str, Any] = study.best_trial.user_attrs["settings"]
        return best


def _losses(label: np.ndarray, chance: Chances) -> np.ndarray:
    p = np.clip(chance, 1e-15, 1 - 1e-15)
    return -(label * np.log(p) + (1 - label) * np.log(1 - p))


def _inner(task: Task, fold: Fold) -> list[Fold]:
    accounts = np.random.default_rng(SEED).permutation(np.unique(task.account[fold.train]))
    group = dict(zip(accounts.tolist(), (np.arange(len(accounts)) % GROUPS).tolist(), strict=True))
    own = np.array([group[a] for a in task.account[fold.train].tolist()])
    parts = [(own != g, own == g) for g in range(GROUPS)]
    return [
        Fold(f"{fold.name}/{g}", fold.train[a], fold.labels[a], fold.train[b], fold.labels[b])
        for g, (a, b) in enumerate(parts)
        if b.any() and len(np.unique(fold.labels[a])) == 2
    ]


def flaml(task: Task, fold: Fold) -> Chances:
    """FLAML's own search over LightGBM; together, over all folds, it has the time that icpfit took."""
    import logging

    from flaml import AutoML

    A, B = _coded(task, fold)
    model = AutoML()
    budget = max(1.0, task.seconds / len(task.folds))
    logging.getLogger("flaml").setLevel(logging.ERROR)
    model.fit(
        A, fold.labels, task="classification", metric="log_loss", estimator_list=["lgbm"], time_budget=budget, n_jobs=THREADS, seed=SEED,
        verbose=0, log_file_name="",
    )  # fmt: skip
    return model.predict_proba(B)[:, 1]


def ebm(task: Task, fold: Fold) -> Chances:
    """As it comes; of many attributes with fewer bags, since all its bags would take longer than everything else together."""
    from interpret.glassbox import ExplainableBoostingClassifier

    kinds = ["nominal" if c in task.categories else "continuous" for c in task.X]
    bags = {"outer_bags": WIDE_BAGS} if len(kinds) > WIDE else {}
    model = ExplainableBoostingClassifier(feature_types=kinds, random_state=SEED, n_jobs=THREADS, **bags)
    model.fit(task.X.iloc[fold.train], fold.labels)
    return model.predict_proba(task.X.iloc[fold.test])[:, 1]


PEERS: dict[str, tuple[str, Callable[[], Callable[[Task, Fold], Chances]]]] = {
    "logistic": ("scikit-learn", lambda: logistic),
    "lightgbm": ("lightgbm", lambda: lightgbm_default),
    "tuned": ("lightgbm", TunedLightGBM),
    "flaml": ("flaml", lambda: flaml),
    "ebm": ("interpret-core", lambda: ebm),
}
"""by name: the distribution whose version is told, and how it is made"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=PEERS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    os.environ.setdefault("DO_NOT_TRACK", "1")
    warnings.simplefilter("ignore")
    task = read(asked.folder, asked.trials, asked.seconds)
    distribution, make = PEERS[asked.name]
    version = importlib.metadata.version(distribution)
    learner, began = make(), time.perf_counter()
    chances = [learner(task, fold) for fold in task.folds]
    seconds = time.perf_counter() - began
    tested = np.concatenate([f.test for f in task.folds])
    answer = pd.DataFrame({"row": tested, "probability": np.concatenate(chances).astype(np.float64)})
    answer.to_parquet(asked.folder / f"{asked.name}.parquet", index=False)
    print(json.dumps({"seconds": seconds, "version": version}))


if __name__ == "__main__":
    main()
