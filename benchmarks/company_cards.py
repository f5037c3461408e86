"""What the cards of a simulated company hold and how much they know, beside what could be known.

The card of winning and staying is read on the deals whose whole story is known, by the same folds as the model's. Its limit is made
the same way as that of winning: two logistic regressions that are *given* the true functional forms, fitted at the same origins on what was
known there, and multiplied.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from icpfit.scorecard.card import Scorecard
from icpfit.scorecard.folds import Taught, fold_pairs, later_rows
from icpfit.simulate.company import BOUGHT
from icpfit.simulate.limit import logistic_scores, share
from icpfit.simulate.timeline import Floats
from icpfit.simulate.truth import RETAIN

DRIVERS = {
    "size": ("employee_count", "annual_revenue"),
    "warehouse": ("has_data_warehouse",),
    "API in 48 hours": ("api_call",),
    "active users": ("users_", "login_users", "last_seen"),
    "pricing": ("pricing_page_view",),
    "integration": ("integration_connected",),
    "funding": ("funding_round",),
    "layoffs": ("layoffs",),
    "hiring freeze": ("hiring_freeze",),
    "topic surges": ("topic_surge",),
    "competitor": ("has_competitor",),
    "free e-mail": ("free_email_domain",),
}
"""what decides in the simulated company, and how the names of attributes begin that show it"""
CONFOUNDED = ("industry", "sub_industry")
NOISE = ("has_tech_blog", "webinar_attended", "uses_zendesk", "uses_freshdesk", "has_support_desk")
"""attributes that neither decide nor hang together with anything that does"""


def joint_shares(win: Taught, keep: Taught, label: Floats, truth: pd.DataFrame, config: Any) -> dict[str, Any]:
    """Of the card of winning and staying, on the outcomes and on the true chances; ``label`` is 1, 0 or NaN per deal of ``win``."""
    training = win[0]
    known = truth.loc[training.frame["deal_id"]]
    of_win = known.filter(like="x_").to_numpy(np.float64)
    shared = [c for c in RETAIN if c in known]
    of_keep = known[["under_30", *shared]].to_numpy(np.float64)
    place = pd.Series(np.arange(len(training.frame)), index=training.frame["deal_id"])
    of_customer = place.reindex(keep[0].frame["deal_id"]).to_numpy(np.float64)
    limit = np.full(len(of_win), np.nan)
    for fold, kept in fold_pairs(win, keep):
        if kept is None:
            continue
        limit[fold.test] = logistic_scores(of_win[fold.train], fold.train_labels.astype(np.int8), of_win[fold.test])
        seen = ~np.isnan(of_customer[kept.train])
        at = of_customer[kept.train][seen].astype(int)
        limit[fold.test] *= logistic_scores(of_keep[at], kept.train_labels[seen].astype(np.int8), of_keep[fold.test])
    read = later_rows(win, keep, label, config.scorecard, config.training.seed)
    told = ~np.isnan(label[read.row]) & ~np.isnan(limit[read.row])
    row, card, model = read.row[told], read.card[told], read.model[told]
    p_win = (known["p_win_fit"] / (known["p_win_fit"] + (1 - known["p_win_fit"]) * (1 - BOUGHT))).to_numpy()
    chance = (p_win * known["p_retain_fit"].to_numpy())[row]
    best = expected_auc(chance, chance)
    out = {"joint_rows": len(row), "joint_truth": best}
    for name, score in (("limit", limit[row]), ("model", model), ("card", card)):
        out[f"joint_{name}"] = float(roc_auc_score(label[row], score))
        out[f"joint_share_{name}"] = share(expected_auc(score, chance), best)
        # Fold by fold: two folds' cards need not mean the same by a point.
        out[f"joint_{name}_in_folds"] = _in_folds(score, chance, read.fold[told])
    return out


def _in_folds(score: Floats, chance: Floats, fold: Any) -> float:
    """The mean over the folds of the share of what is attainable on the true chances, weighted by rows."""
    parts = [
        (share(expected_auc(score[at], chance[at]), expected_auc(chance[at], chance[at])), at.sum())
        for at in (fold == f for f in np.unique(fold))
    ]
    return float(np.average([p for p, _ in parts], weights=[n for _, n in parts]))


def held(card: Scorecard) -> dict[str, Any]:
    """What stands on a card: the planted drivers that are missing (no row, nor a disqualifier), and the points of industry and noise."""
    names = [a.name for a in card.attributes]
    out = [d.feature for d in card.disqualifiers]
    missing = [d for d, starts in DRIVERS.items() if not any(n.startswith(starts) for n in (*names, *out))]
    at = {a.name: a.max_points for a in card.attributes}
    return {
        "attributes": len(names),
        "missing": missing,
        "industry": sum(at.get(n, 0) for n in CONFOUNDED),
        "noise": max([at[n] for n in names if n in NOISE], default=0),
        "other": {n: p for n, p in at.items() if not any(n.startswith(s) for s in DRIVERS.values())},
        "rules": [(r.label, r.points, r.otherwise) for r in card.rules],
        "spearman": card.fidelity.spearman,
        "r2": card.fidelity.r2,
    }


def expected_auc(score: Floats, chance: Floats) -> float:
    """AUC of ``score`` over all outcomes that the true chances can draw; ties count half."""
    _, place = np.unique(score, return_inverse=True)
    won, lost = np.bincount(place, chance), np.bincount(place, 1 - chance)
    return float((won * (np.cumsum(lost) - lost / 2)).sum() / (won.sum() * lost.sum()))
