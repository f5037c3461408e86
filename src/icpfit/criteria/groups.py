"""Who is what among the rows that a card was learned from: the best customers, those who left, the deals lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Outcome
from icpfit.criteria.shares import Bools, Counter
from icpfit.training_set import TrainingSet, account_keys

Best = Literal["best fit", "best cohort", "won and kept", "won", "stayed"]

FEW = 20
"""Fewer of a group than this say nothing of it."""


@dataclass(frozen=True)
class Groups:
    """One flag per row of ``training``. ``good``: won, or stayed where staying is the only outcome. ``best``, ``left`` and ``lost``
    share no row; ``left`` are customers who left, or are a problem, and ``lost`` deals that were lost."""

    training: TrainingSet
    good: Bools
    best: Bools
    left: Bools
    lost: Bools
    best_is: Best
    counter: Counter

    def __post_init__(self) -> None:
        if not len(self.training.frame) == len(self.good) == len(self.best) == len(self.left) == len(self.lost):
            raise ValueError("each row of the training set is in each group or not")
        if (self.best & self.left).any() or ((self.best | self.left) & self.lost).any():
            raise ValueError("a row is one of the best, or has left, or was lost")

    def against(self) -> dict[str, Bools]:
        """The groups that a must-have is to be absent from, those of them that hold enough accounts."""
        return {n: g for n, g in (("left", self.left), ("lost", self.lost)) if self.counter.accounts(g) >= FEW}


def groups_of(training: Mapping[Outcome, TrainingSet], customers: pd.DataFrame | None) -> Groups:
    """The best are those of best fit by LTV where that is told, else the best cohort, else deals won and kept, else deals won: the
    first of these that holds at least ``FEW``.

    Args:
        training: by outcome; the rows are those of winning, if it is there.
        customers: one row per customer, ``deal_id, fit, cohort`` (see ``icpfit.customers.Study``); None or empty where nobody
            knows. A retention training set says who stayed, where ``customers`` does not.
    """
    leading = training.get("win") or training["retention"]
    good = leading.label == 1
    counter = Counter(pd.factorize(account_keys(leading.frame))[0].astype(np.int64))
    if leading.outcome == "retention":
        return Groups(leading, good, good, ~good, np.zeros(len(good), dtype=bool), "stayed", counter)
    deals = leading.frame["deal_id"]
    kept = _told(training["retention"].frame, "label", deals) if "retention" in training else np.full(len(deals), None, dtype=object)
    fit, cohort = (
        np.full(len(deals), None, dtype=object) if customers is None or not len(customers) else _told(customers, c, deals)
        for c in ("fit", "cohort")
    )
    choices: tuple[tuple[Best, Bools], ...] = (
        ("best fit", good & (fit == "best fit")),
        ("best cohort", good & (cohort == "best")),
        ("won and kept", good & (kept == 1)),
        ("won", good),
    )
    name, best = next((c for c in choices if counter.accounts(c[1]) >= FEW), choices[-1])
    gone = good & ((fit == "left") | (cohort == "problem") | (kept == 0))
    if name == "won":
        best = best & ~gone
    return Groups(leading, good, best, gone & ~best, ~good, name, counter)


def _told(table: pd.DataFrame, column: str, deals: pd.Series) -> npt.NDArray[np.object_]:
    told = table.drop_duplicates("deal_id").set_index("deal_id")[column].astype(object)
    return np.asarray(told.reindex(deals).to_numpy(object))
