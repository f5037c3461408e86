"""A training set: what was known of each deal at its own moment, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import FeatureSpec, Outcome
from icpfit.outcomes.sensitivity import AtMaturity
from icpfit.training_set.rewritten import Rewritten

KEYS = ("deal_id", "account_id", "as_of", "cohort", "label")

Timing = Literal["dated", "ordered", "none"]


@dataclass(frozen=True)
class TrainingSet:
    """One row per deal (win) or per won customer (retention).

    ``frame``: ``deal_id, account_id`` (text), ``as_of`` (datetime64[us], NaT where there are no times),
    ``cohort`` (text: the creation quarter, ``rows 1-4119`` for ordered rows, ``all`` without times),
    ``label`` (int8, 1 = won or kept), then one column per spec: float64 for numbers and flags (NaN =
    unknown), object text or None for categories. Ordered by (as_of, deal_id), or by row where the row
    order is time.

    ``position`` is a row's place in time (microseconds; the row's number for ordered rows; 0 without
    times). ``labels_at(position)`` gives the labels *as they were known then*: 1, 0 or NaN, one per row.
    ``amount`` is the deal's value at close where known (for money-weighted measures only, never a
    feature). ``left_out`` counts by reason the deals that are not here; ``considered`` is how many there
    were: considered = rows + left out. ``current_state`` names the features read from today's values.
    """

    outcome: Outcome
    frame: pd.DataFrame
    specs: tuple[FeatureSpec, ...]
    position: npt.NDArray[np.int64]
    labels_at: Callable[[int], npt.NDArray[np.float64]]
    amount: npt.NDArray[np.float64]
    timing: Timing
    considered: int
    left_out: Mapping[str, int]
    left_out_rows: pd.DataFrame
    """columns ``deal_id, account_id, reason``"""
    fingerprint: str
    helpers: tuple[FeatureSpec, ...] = ()
    """hidden features, of which combinations among ``specs`` are made"""
    current_state: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    histories: Mapping[str, Rewritten] = field(default_factory=dict)
    """fields of accounts that have a history, and how often it shows them rewritten around a deal's close"""
    maturity: Callable[[], tuple[AtMaturity, ...]] = tuple
    """asked for, since it takes a while: the rows and their rate under other settings of maturity; empty where nothing matures"""

    def __post_init__(self) -> None:
        names = [*KEYS, *(s.name for s in self.specs)]
        if list(self.frame.columns) != names:
            raise ValueError(f"a training set has the columns {names}, got {list(self.frame.columns)}")
        for spec in self.specs:
            wanted = "object" if spec.kind == "category" else "float64"
            if str(self.frame[spec.name].dtype) != wanted:
                raise ValueError(f"{spec.name} is a {spec.kind}, so its column is {wanted}, got {self.frame[spec.name].dtype}")
        if self.considered != len(self.frame) + sum(self.left_out.values()):
            raise ValueError(f"{self.considered} rows considered, but {len(self.frame)} used + {sum(self.left_out.values())} left out")
        if len(self.position) != len(self.frame) or len(self.amount) != len(self.frame):
            raise ValueError("position and amount have one entry per row")

    @property
    def label(self) -> npt.NDArray[np.int8]:
        return self.frame["label"].to_numpy(np.int8)

    @property
    def features(self) -> pd.DataFrame:
        return self.frame[[s.name for s in self.specs]]

    def spec(self, name: str) -> FeatureSpec:
        return next(s for s in self.specs if s.name == name)


def of_rows(training: TrainingSet, inside: npt.NDArray[np.bool_]) -> TrainingSet:
    """A training set of the rows ``inside`` alone, which are all that was considered."""
    rows = np.flatnonzero(inside)
    return replace(
        training,
        frame=training.frame.iloc[rows].reset_index(drop=True),
        position=training.position[rows],
        amount=training.amount[rows],
        labels_at=lambda at: training.labels_at(at)[rows],
        considered=len(rows),
        left_out={},
        left_out_rows=training.left_out_rows.iloc[:0],
    )


def account_keys(frame: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Whose each row of a training set is: its account, or, where that is not known, an account of its own.

    >>> account_keys(pd.DataFrame({"deal_id": ["d1", "d2"], "account_id": ["a", None]})).tolist()
    ['a', 'deal d2']
    """
    account = frame["account_id"].to_numpy(dtype=object)
    nameless = frame["account_id"].isna().to_numpy() | (account == "")
    return np.where(nameless, "deal " + frame["deal_id"].astype(str).to_numpy(dtype=object), account)
