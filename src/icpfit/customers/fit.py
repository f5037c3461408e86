"""How well past deals fit, by models that had not learned from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Outcome
from icpfit.models.booster import Recipe, margins
from icpfit.models.folds import group_of
from icpfit.models.matrix import Matrix, build_matrix
from icpfit.models.recipe_model import train
from icpfit.models.results import FittedModel, OutcomeResult
from icpfit.training_set import TrainingSet

GROUPS = 3
"""of accounts: each group's chance to stay is told by the customers of the others"""
MIN_ROWS, MIN_CLASS = 100, 20
EARLIER = "earlier"
"""deals older than all that was tested forward in time, told by a model of the later ones"""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Fit:
    """One row per deal of the win training set that could be told, in its order: ``deal_id, account_id, model`` (the fold whose
    model told it), ``p_win`` and ``fit``. ``joint``: fit is the chance to be won and kept, else to be won. ``line``: from which fit
    on a deal fits.

    A deal fits where it is not among the share of deals that tier D holds, the accounts not to be worked.
    """

    table: pd.DataFrame
    joint: bool
    line: float
    share_below: float

    def of(self, deal_id: Texts, column: str = "fit") -> npt.NDArray[np.generic]:
        """The figure of each deal (float), or its text; NaN where nothing tells it."""
        return self.table.set_index("deal_id")[column].reindex(deal_id).to_numpy()


def fit_of(training: Mapping[Outcome, TrainingSet], results: Mapping[Outcome, OutcomeResult], share_below: float, seed: int) -> Fit | None:
    """Fit by models that had not learned from the deal, nor from its account; None without a model of winning.

    The chance to win is that of the backtest, of a model older than the deal. Deals older than all tested ones are told the
    other way round: by the same recipe, on the tested deals. The chance to stay is that of a model of customers of other
    accounts. Neither chooses its attributes, so that none is chosen by the rows it tells.
    """
    win, keep = results.get("win"), results.get("retention")
    if win is None or win.model is None or win.backtest is None:
        return None
    data = training["win"]
    tested = win.backtest.predictions
    model = np.full(len(data.frame), None, dtype=object)
    p_win = np.full(len(data.frame), np.nan)
    row = tested["row"].to_numpy(np.int64)
    model[row], p_win[row] = tested["fold"].to_numpy(object), tested["probability"].to_numpy(np.float64)
    earlier = _earlier(data, win, win.model, row, seed)
    model[~np.isnan(earlier)] = EARLIER
    p_win = np.where(np.isnan(p_win), earlier, p_win)
    joint = keep is not None and keep.model is not None
    fit = p_win
    if keep is not None and keep.model is not None:
        fit = p_win * _staying(training["retention"], keep, keep.model, data, seed)
        joint = bool(np.isfinite(fit).any())
        fit = fit if joint else p_win
    told = np.flatnonzero(np.isfinite(fit))
    table = pd.DataFrame(
        {
            "deal_id": data.frame["deal_id"].to_numpy(object)[told],
            "account_id": data.frame["account_id"].to_numpy(object)[told],
            "model": model[told],
            "p_win": p_win[told],
            "fit": fit[told],
        }
    ).astype({"deal_id": object, "account_id": object, "model": object})
    line = float(np.quantile(fit[told], share_below)) if len(told) else float("nan")
    return Fit(table, joint, line, share_below)


def _earlier(data: TrainingSet, win: OutcomeResult, final: FittedModel, tested: Ints, seed: int) -> Floats:
    """The chance to win of the rows that were not tested, by a model of those that were, of other accounts; NaN elsewhere."""
    out = np.full(len(data.frame), np.nan)
    rest = np.setdiff1d(np.arange(len(data.frame)), tested)
    if not len(rest):
        return out
    matrix = _matrix(data, win)
    asked, places = matrix.places(rest), np.sort(matrix.places(tested))
    learned = places[~np.isin(matrix.account[places], matrix.account[asked])]
    booster = _booster(matrix, learned, final, seed)
    if booster is not None:
        out[rest] = final.calibration.probability(margins(booster, matrix, asked, np.arange(len(matrix.names))))
    return out


def _staying(customers: TrainingSet, keep: OutcomeResult, final: FittedModel, deals: TrainingSet, seed: int) -> Floats:
    """The chance to stay of each deal's account, by customers of other groups of accounts; NaN where those are too few."""
    matrix = _matrix(customers, keep)
    whose = deals.frame["account_id"].to_numpy(object)
    group, own = group_of(whose, GROUPS, seed, "staying"), group_of(matrix.account_id, GROUPS, seed, "staying")
    out = np.full(len(whose), np.nan)
    for g in range(GROUPS):
        asked = group == g
        booster = _booster(matrix, np.flatnonzero(own != g), final, seed)
        if booster is None or not asked.any():
            continue
        codes = matrix.encoding.apply(deals.features.loc[asked, list(matrix.names)])
        margin = np.asarray(booster.predict(codes, raw_score=True, num_threads=1), dtype=np.float64)
        out[asked] = final.calibration.probability(margin)
    return out


def _booster(matrix: Matrix, learned: Ints, final: FittedModel, seed: int) -> lgb.Booster | None:
    """The final model's recipe on some of the rows, with all attributes; None where they are too few to teach."""
    good = int(matrix.y[learned].sum())
    if len(learned) < MIN_ROWS or min(good, len(learned) - good) < MIN_CLASS:
        return None
    recipe = Recipe(**{f.name: final.parameters[f.name] for f in fields(Recipe)})
    return train(matrix, learned, matrix.y[learned], np.arange(len(matrix.names)), recipe, seed)


def _matrix(data: TrainingSet, result: OutcomeResult) -> Matrix:
    return build_matrix(data, frozenset(r.attribute for r in result.refused))[0]
