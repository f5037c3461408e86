"""Where customers stood by the card of their own time: best fit, good fit and stretch deals; those who grow and those who leave."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.criteria.groups import FEW
from icpfit.criteria.shares import Bools, Counter, Floats, Ints, Share
from icpfit.models.metrics import auc_interval, stratified_auc
from icpfit.scorecard.card import TIER_NAMES

FITS = ("best fit", "good fit", "stretch deal", "left")
STRONGEST = 0.75
"""The strongest customers are the quarter of highest net revenue retention, of those who pay more than at the start."""
DRAWS = 500
LIKE = "the profile looks like the customers who grow"
STAYERS = "the profile looks like the customers who stay"
UNLIKE = "the profile looks like those who leave"
CANNOT = "cannot tell"

Texts = npt.NDArray[np.object_]


def fits_by_tier(customers: pd.DataFrame | None, deal_id: Texts, tier: Texts) -> dict[str, Any]:
    """How many customers are of best and of good fit by LTV, stretch deals, or have left; and into which tiers their deals fell.

    Args:
        customers: one row per customer, ``deal_id`` and ``fit`` (empty texts where LTV cannot be told).
        deal_id: of each past deal that a card of its own time has read; ``tier`` by that card.
    """
    told = customers[customers["fit"] != ""] if customers is not None and len(customers) else None
    if told is None or not len(told):
        return {"can_tell": False, "words": "what customers are worth cannot be told, so none is called best fit, good fit or stretch deal"}
    stood = pd.Series(tier, index=pd.Index(deal_id, dtype=object)).reindex(told["deal_id"]).to_numpy(object)
    read = np.array([isinstance(t, str) for t in stood], dtype=bool)
    fit = told["fit"].to_numpy(object)
    rows = []
    for name in FITS:
        inside = (fit == name) & read
        tiers = {t: int((stood[inside] == t).sum()) for t in TIER_NAMES}
        rows.append(
            {
                "fit": name,
                "customers": int((fit == name).sum()),
                "read": int(inside.sum()),
                "tiers": tiers,
                "in_ab": Share(tiers["A"] + tiers["B"], int(inside.sum()), int(inside.sum())).values(),
            }
        )
    return {"can_tell": True, "fits": rows, "not_read": int((~read).sum())}


def overlap(points: Floats, tier: Texts, period: Texts, account: Ints, growth: Floats | None, stayed: Floats, seed: int) -> dict[str, Any]:
    """Does the profile look like the customers who grow, or like those who leave? One entry per past deal in each array.

    The strongest quarter by net revenue retention against those who are gone at the horizon (where no revenue is known: who stayed
    against who left): the share of each in tiers A and B, and the share of pairs, within a period, in which the strong one had more
    points by the card of its own time, with its interval over accounts. The verdict is the side of one half on which that lies.

    Args:
        growth: ARR at the horizon over the first, 0 who is gone, NaN not a customer or not known yet; None where no revenue is known.
        stayed: 1, 0, or NaN.
    """
    counter = Counter(account)
    line: float | None = None
    if growth is None:
        strong, gone = stayed == 1, stayed == 0
    else:
        known = growth[np.isfinite(growth)]
        line = float(np.quantile(known, STRONGEST, method="higher")) if len(known) else None
        strong, gone = np.isfinite(growth) & (growth >= (line or 0.0)) & (growth > 1 + 1e-9), growth <= 0
    high = np.isin(tier, ("A", "B"))
    strongest, churned = counter.share(high, strong), counter.share(high, gone)
    body: dict[str, Any] = {
        "by": "stayed" if growth is None else "net revenue retention",
        "line": line,
        "strongest": strongest.values(),
        "churned": churned.values(),
        "auc": None,
        "auc_low": None,
        "auc_high": None,
        "verdict": CANNOT,
    }
    if min(strongest.accounts, churned.accounts) < FEW:
        few = f"{strongest.rows:,} strong customers and {churned.rows:,} who left have a card of their own time"
        return body | {"why": f"{few}; {FEW} of each are needed"}
    chosen = strong | gone
    label, score = strong[chosen].astype(np.float64), points[chosen].astype(np.float64)
    stratum = pd.factorize(period[chosen])[0].astype(np.int64)
    value = stratified_auc(label, score, stratum)
    low, up = auc_interval(label, score, account[chosen], stratum, draws=DRAWS, seed=seed)
    if not np.isfinite([value, low, up]).all():
        return body | {"why": "no period holds customers of both kinds"}
    liked = LIKE if growth is not None else STAYERS
    verdict = liked if low > 0.5 else UNLIKE if up < 0.5 else CANNOT
    return body | {"auc": float(value), "auc_low": low, "auc_high": up, "verdict": verdict}


def shortfall(
    parts: dict[str, Ints], period: Texts, above: Bools, below: Bools, account: Ints, seed: int, draws: int = 200
) -> list[dict[str, Any]]:
    """By which attributes past wins below the line fall short of those above it, in points, the most first.

    The mean of those above less the mean of those below, within each period (each has a card of its own), weighted by how well the
    two means of a period are known; the 90 % interval draws whole accounts. What all attributes lack sums to what the totals lack.
    """
    names = list(parts)
    table = np.column_stack([parts[n] for n in names]).astype(np.float64) if names else np.zeros((len(period), 0))
    both = [p for p in dict.fromkeys(period.tolist()) if (above & (period == p)).any() and (below & (period == p)).any()]
    if not both or not names:
        return []
    sides = [(above & (period == p), below & (period == p)) for p in both]
    weight = np.array([1 / (1 / a.sum() + 1 / b.sum()) for a, b in sides])

    def lacks(w: Floats) -> Floats:
        """(attributes,) for one draw; a period that lost a side counts nothing."""
        total, sums = 0.0, np.zeros(len(names))
        for (a, b), own in zip(sides, weight, strict=True):
            if w[a].sum() > 0 and w[b].sum() > 0:
                sums += own * (w[a] @ table[a] / w[a].sum() - w[b] @ table[b] / w[b].sum())
                total += own
        return sums / total if total > 0 else np.full(len(names), np.nan)

    found = lacks(np.ones(len(period)))
    rng = np.random.default_rng(seed)
    accounts = int(account.max()) + 1
    drawn = np.array(
        [lacks(np.bincount(rng.integers(0, accounts, accounts), minlength=accounts)[account].astype(float)) for _ in range(draws)]
    )
    low, high = np.nanquantile(drawn, [0.05, 0.95], axis=0)
    order = sorted(range(len(names)), key=lambda j: (-found[j], names[j]))
    return [{"name": names[j], "points": float(found[j]), "low": float(low[j]), "high": float(high[j])} for j in order]
