"""How well past deals fit, by models that had not learned from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Outcome
from icpfit.models.results import Backtest, OutcomeResult
from icpfit.training_set import TrainingSet

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """One row per tested deal of the win backtest, in the order of the training set: ``row`` (there), ``deal_id, account_id, p_win``
    and ``fit``; ``joint``: fit is the chance to be won and kept, else to be won. ``line``: from which fit on a deal fits.

    A deal fits where it is not among the share of tested deals that tier D holds, the accounts not to be worked.
    """

    table: pd.DataFrame
    joint: bool
    line: float
    share_below: float

    def of(self, deal_id: npt.NDArray[np.object_], column: str = "fit") -> Floats:
        """The figure of each deal, NaN where it was not tested."""
        by_deal: pd.Series = self.table.set_index("deal_id")[column]
        return by_deal.reindex(deal_id).to_numpy(np.float64)


def fit_of(
    training: Mapping[Outcome, TrainingSet], results: Mapping[Outcome, OutcomeResult], share_below: float
) -> Fit | None:
    """Fit by the backtest's own predictions; None without a model of winning, or where it was not tested.

    The chance to stay is that by the newest model of staying that is not of a later period than the deal's and did not learn
    from its account; where there is none for half of the deals, fit is the chance to be won alone.
    """
    win = results.get("win")
    if win is None or win.model is None or win.backtest is None:
        return None
    data = training["win"]
    tested = win.backtest.predictions.sort_values("row", kind="stable")
    row = tested["row"].to_numpy(np.int64)
    p_win = tested["probability"].to_numpy(np.float64)
    p_stay = np.full(len(row), np.nan)
    keep = results.get("retention")
    if keep is not None and keep.model is not None and keep.backtest is not None:
        p_stay = _staying(keep.backtest, training["retention"], data, row, tested["fold"].to_numpy(object), win.backtest.forward)
    joint = bool(len(row)) and bool(np.isfinite(p_stay).mean() >= 0.5)
    fit = p_win * p_stay if joint else p_win
    told = fit[np.isfinite(fit)]
    table = pd.DataFrame(
        {
            "row": row,
            "deal_id": data.frame["deal_id"].to_numpy(object)[row],
            "account_id": data.frame["account_id"].to_numpy(object)[row],
            "p_win": p_win,
            "fit": fit,
        }
    ).astype({"deal_id": object, "account_id": object})
    return Fit(table, joint, float(np.quantile(told, share_below)) if len(told) else float("nan"), share_below)


def _staying(
    backtest: Backtest, customers: TrainingSet, deals: TrainingSet, row: npt.NDArray[np.int64], period: npt.NDArray[np.object_], forward: bool
) -> Floats:
    accounts = customers.frame["account_id"].to_numpy(object)
    whose = deals.frame["account_id"].to_numpy(object)[row]
    features = deals.features.iloc[row].reset_index(drop=True)
    out = np.full(len(row), np.nan)
    for fold in reversed(backtest.folds):
        learned = set(accounts[fold.train])
        free = np.isnan(out) & np.array([a not in learned for a in whose], dtype=bool)
        if forward and backtest.forward:
            free &= np.array([_begin(fold.name) <= _begin(p) for p in period], dtype=bool)
        if free.any():
            out[free] = fold.model.probability(features[free])
    return out


def _begin(period: str) -> str:
    """
    >>> _begin("2025Q1-2025Q2")
    '2025Q1'
    """
    return period.partition("-")[0]
