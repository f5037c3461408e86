"""What can be attained on a simulated company: the truth's own AUC, the limit that the sample sets, and two plain rivals.

All forward in time: the deals of each quarter of the newest year are scored by models trained on what had
closed before the quarter began.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.simulate.company import Company
from icpfit.simulate.plain import FIRMOGRAPHIC, plain_features
from icpfit.simulate.timeline import Floats

QUARTERS = ("2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01")


@dataclass(frozen=True)
class Attainable:
    """AUCs on the same rows, and their shares of the truth's.

    ``auc_limit``: logistic regression given the true functional form. ``auc_logistic``: the same on an analyst's
    raw counts and flags. ``auc_firmographic``: the same on firmographic columns alone. ``scores`` has a row per
    tested deal: ``deal_id, quarter, label, truth, limit, logistic, firmographic``.
    """

    auc_truth: float
    auc_limit: float
    auc_logistic: float
    auc_firmographic: float
    scores: pd.DataFrame

    @property
    def share_limit(self) -> float:
        return share(self.auc_limit, self.auc_truth)

    @property
    def share_logistic(self) -> float:
        return share(self.auc_logistic, self.auc_truth)

    @property
    def share_firmographic(self) -> float:
        return share(self.auc_firmographic, self.auc_truth)

    def __str__(self) -> str:
        return (
            f"{len(self.scores)} deals: AUC of the truth {self.auc_truth:.3f}; the limit {self.auc_limit:.3f} ({self.share_limit:.3f}), "
            f"plain logistic {self.auc_logistic:.3f} ({self.share_logistic:.3f}), "
            f"firmographics alone {self.auc_firmographic:.3f} ({self.share_firmographic:.3f})"
        )


def share(auc: float, auc_truth: float) -> float:
    """The share of the attainable AUC; NaN where nothing can be attained.

    >>> share(0.65, 0.8)
    0.5
    >>> share(0.52, 0.5)
    nan
    """
    return round((auc - 0.5) / (auc_truth - 0.5), 12) if auc_truth > 0.5 else float("nan")


def teaching_deals(company: Company) -> pd.DataFrame:
    """The closed new-logo deals that no deep discount bought, with their truth and ``label``, by (created_at, deal_id)."""
    deals = company.tables["deals"][["deal_id", "closed_at", "stage"]].merge(company.truth["deals"], on="deal_id", validate="1:1")
    deals = deals[(deals["stage"] != "open") & (deals["deep_discount"] == 0)]
    return deals.assign(label=(deals["stage"] == "won").astype(np.int8)).sort_values(["created_at", "deal_id"], ignore_index=True)


def attainable(company: Company, *, quarters: tuple[str, ...] = QUARTERS) -> Attainable:
    """Measure the win model's ceiling, and what simple models reach, over ``quarters`` (their first days).

    Raises:
        ValueError: a quarter without both outcomes to learn from.
    """
    deals = teaching_deals(company)
    for first_day in quarters:
        if deals.loc[deals["closed_at"] < pd.Timestamp(first_day), "label"].nunique() < 2:
            raise ValueError(f"nothing to learn from before {first_day}")
    true_form = deals.filter(like="x_").to_numpy(np.float64)
    plain = plain_features(company.tables, deals["account_id"], deals["created_at"])
    firm = plain[[c for c in plain.columns if str(c).startswith(FIRMOGRAPHIC)]].to_numpy(np.float64)
    label = deals["label"].to_numpy(np.int8)
    parts = []
    for first_day in quarters:
        origin = pd.Timestamp(first_day)
        train = (deals["closed_at"] < origin).to_numpy()
        test = ((deals["created_at"] >= origin) & (deals["created_at"] < origin + pd.DateOffset(months=3))).to_numpy()
        part = {"deal_id": deals["deal_id"][test], "quarter": f"{origin.year}Q{origin.quarter}", "label": label[test]}
        part["truth"] = deals["p_win_fit"][test]
        for name, columns in (("limit", true_form), ("logistic", plain.to_numpy(np.float64)), ("firmographic", firm)):
            part[name] = logistic_scores(columns[train], label[train], columns[test])
        parts.append(pd.DataFrame(part))
    scores = pd.concat(parts, ignore_index=True)
    auc = {f"auc_{name}": _auc(scores["label"], scores[name]) for name in ("truth", "limit", "logistic", "firmographic")}
    return Attainable(scores=scores, **auc)


def retention_truth(company: Company) -> float:
    """AUC of the true probability of staying, over all customers that no deep discount bought."""
    customers = company.truth["customers"]
    fair = customers[customers["x_deep_discount"] == 0]
    return _auc(fair["healthy"], fair["p_retain"])


def logistic_scores(train: Floats, label: npt.NDArray[np.int8], test: Floats) -> Floats:
    """Probabilities of a standardised L2 logistic regression (C = 1)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=2_000))
    return np.asarray(model.fit(train, label).predict_proba(test)[:, 1], dtype=np.float64)


def _auc(label: pd.Series, score: pd.Series) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(label, score))
