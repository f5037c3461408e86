"""Deals: which evaluations become one, how each ends and when, and what the CRM records of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.simulate.accounts import Firms
from icpfit.simulate.timeline import DAY, END, NEVER, Floats, Ints, days, generator, pick, stamps
from icpfit.simulate.truth import BEHAVIOR, DEEP_DISCOUNT

BOUGHT = 0.035
"""Share of otherwise lost deals that a deep discount turns into a win."""
DEEP_ANYWAY = 0.04
"""Share of the other wins that got a deep discount too."""
QUIET = 95
"""Days without an open deal before the next new-logo deal of an account: longer than the longest event window."""

USE_CASES = ("customer 360", "reverse ETL", "usage analytics", "billing sync")
PAINS = ("manual exports", "stale dashboards", "no single view of customers", "brittle scripts")
REPS = ("R. Okafor", "S. Lind", "T. Moreau", "U. Patel", "V. Novak", "W. Chen")


def settle(candidates: pd.DataFrame, fit: Floats, seed: int, *, null: bool) -> pd.DataFrame:
    """Play the candidates in order: an account has one open deal at a time, and none once it is a customer.

    Args:
        candidates: ``account, ordinal, at, size`` and more, one row per evaluation that would become a deal.
        fit: probability of a win without a deep discount.

    Returns:
        The candidates that became deals, with ``created, closed`` (``NEVER`` where it does not), ``won``,
        ``deep`` and ``p_fit``.
    """
    rng = generator(seed, "outcomes")
    n = len(candidates)
    bought = rng.random(n) < BOUGHT
    fits = rng.random(n) < fit
    won = fits | bought
    deep = won & np.where(fits, rng.random(n) < DEEP_ANYWAY, True)
    size = candidates["size"].to_numpy(np.float64)
    span = np.exp(np.log(36) + 0.22 * np.clip(np.log(size / 80), -2, 3) + rng.normal(0, 0.6, n))
    # Without a truth the cycle must not tell of the outcome either, or the newest closed deals would.
    quick = rng.permutation(won) if null else won
    span = span * np.where(quick, 0.88, 1.05)
    fate = rng.random(n)
    span = np.where(fate < 0.02, rng.uniform(300, 620, n), span)
    created = candidates["at"].to_numpy(np.int64)
    closed = np.where((fate >= 0.02) & (fate < 0.045) & ~won, NEVER, created + days(np.maximum(span, 2.0)))

    account = candidates["account"].to_numpy(np.int64)
    ordinal = candidates["ordinal"].to_numpy(np.int64)
    free_from = np.zeros(int(account.max(initial=0)) + 1, dtype=np.int64)
    kept = np.zeros(n, dtype=bool)
    for turn in np.unique(ordinal):
        mine = np.flatnonzero(ordinal == turn)
        opens = mine[created[mine] >= free_from[account[mine]]]
        kept[opens] = True
        free_from[account[opens]] = np.where(won[opens], NEVER, closed[opens] + QUIET * DAY)
    deals: pd.DataFrame = candidates.assign(created=created, closed=closed, won=won, deep=deep, p_fit=fit)[kept]
    return deals.sort_values(["created", "account"], kind="stable", ignore_index=True)


def price(deals: pd.DataFrame, seed: int) -> pd.DataFrame:
    """``list_amount`` by size, and the discount that was given (deep for the bought wins)."""
    rng = generator(seed, "prices")
    n = len(deals)
    size = deals["size"].to_numpy(np.float64)
    list_amount = np.round(2_500 + 420 * size**0.78 * np.exp(rng.normal(0, 0.3, n)), -2)
    usual = np.where(rng.random(n) < 0.45, 0.0, np.round(rng.beta(2, 3, n) * 0.28, 2))
    lost_deep = ~deals["won"].to_numpy(bool) & (rng.random(n) < 0.05)
    deep = deals["deep"].to_numpy(bool) | lost_deep
    discount = np.where(deep, np.round(rng.uniform(DEEP_DISCOUNT + 0.02, 0.5, n), 2), usual)
    return deals.assign(list_amount=list_amount, amount=np.round(list_amount * (1 - discount)), discount=discount)


def new_logo_table(firms: Firms, deals: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The contract's columns for the new-logo deals; what is written at the close is empty before it."""
    rng = generator(seed, "crm deals")
    n = len(deals)
    account = deals["account"].to_numpy(np.int64)
    closed, won = deals["closed"].to_numpy(np.int64), deals["won"].to_numpy(bool)
    done = closed < END
    lost = done & ~won
    rival = np.where(rng.random(n) < 0.5, "Rivalgrid", "Streamforge")
    reason = pick(rng, ["no decision", "price", "competitor", "missing feature", "wrong fit"], n, [0.34, 0.18, 0.2, 0.1, 0.18])
    roles = pick(rng, ["Head of Data", "VP Marketing", "RevOps Manager", "CTO"], n)
    buyers = pick(rng, ["CFO", "CRO", "CTO", "CEO"], n)
    engaged = deals["engaged"].to_numpy(np.float64)
    return pd.DataFrame(
        {
            "deal_id": deals["deal_id"].to_numpy(),
            "account_id": firms.account_id[account],
            "created_at": stamps(deals["created"].to_numpy(np.int64)),
            "closed_at": stamps(closed),
            "stage": np.where(done, np.where(won, "won", "lost"), "open"),
            "deal_type": "new_logo",
            "amount": deals["amount"].to_numpy(np.float64),
            "list_amount": deals["list_amount"].to_numpy(np.float64),
            "source": _source(deals, rng),
            "product": np.where(deals["size"].to_numpy() * np.exp(rng.normal(0, 0.7, n)) > 180, "Enterprise", "Growth"),
            "owner": _owner(firms, account, rng),
            "loss_reason": _only(reason, lost),
            "competitor": _only(rival, lost & (reason == "competitor")),
            "use_case": pick(rng, list(USE_CASES), n),
            "pain_point": pick(rng, list(PAINS), n),
            "champion_role": _only(roles, rng.random(n) < np.where(won & done, 0.85, 0.5)),
            "economic_buyer_role": _only(buyers, rng.random(n) < np.where(won & done, 0.75, 0.4)),
            "contract_months": np.where(won & done, 12.0, np.nan),
            "referred_by_account_id": _referrals(firms, deals, rng),
            "touchpoints": 3.0 + rng.poisson(np.exp(1.2 + 0.25 * engaged + 0.4 * (won & done))),
        }
    )


def _only(words: npt.NDArray[np.object_], where: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    chosen = np.asarray(words, dtype=object).copy()
    chosen[~where] = None
    return chosen


def _source(deals: pd.DataFrame, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Who did much came by themselves; who did little was found by ads and outbound."""
    n = len(deals)
    score = deals[list(BEHAVIOR)].to_numpy(np.float64).sum(axis=1) + rng.normal(0, 0.25, n)
    source = np.where(score > 1.3, pick(rng, ["inbound use case", "inbound content"], n, [0.7, 0.3]), "")
    middle = pick(rng, ["inbound content", "event", "partner"], n, [0.5, 0.3, 0.2])
    low = pick(rng, ["broad ads", "outbound"], n, [0.45, 0.55])
    source = np.where(score <= 1.3, np.where(score > 0.55, middle, low), source)
    return np.asarray(np.where(deals["trial"].to_numpy(bool) & (rng.random(n) < 0.25), "product trial", source), dtype=object)


def _owner(firms: Firms, account: Ints, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    pair = firms.region[account] * 2 + rng.integers(0, 2, len(account))
    names: npt.NDArray[np.object_] = np.array(REPS, dtype=object)[pair]
    return names


def _referrals(firms: Firms, deals: pd.DataFrame, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """One deal in twenty names a customer who had bought by then."""
    buyers = deals[deals["won"]].sort_values("closed", kind="stable")
    known = np.searchsorted(buyers["closed"].to_numpy(np.int64), deals["created"].to_numpy(np.int64))
    which = np.floor(rng.random(len(deals)) * np.maximum(known, 1)).astype(np.int64)
    named = np.full(len(deals), None, dtype=object)
    refers = (rng.random(len(deals)) < 0.05) & (known > 0)
    named[refers] = firms.account_id[buyers["account"].to_numpy(np.int64)[which[refers]]]
    return named


def stages_table(deals: pd.DataFrame, seed: int) -> pd.DataFrame:
    """When each new-logo deal entered each stage; a lost deal stops somewhere on the way."""
    rng = generator(seed, "stages")
    names = np.array(["discovery", "qualified", "evaluation", "proposal", "negotiation"], dtype=object)
    created, closed = deals["created"].to_numpy(np.int64), deals["closed"].to_numpy(np.int64)
    won = deals["won"].to_numpy(bool)
    reached = np.where(won, 5, 1 + rng.integers(0, 5, len(deals)))
    span = np.minimum(closed - created, days(150))
    frames = []
    for step, name in enumerate(names):
        at = created + np.floor(span * step / 5.5).astype(np.int64)
        frames.append(pd.DataFrame({"deal_id": deals["deal_id"], "stage": name, "at": at})[(reached > step) & (at < END)])
    frames.append(pd.DataFrame({"deal_id": deals["deal_id"], "stage": np.where(won, "won", "lost"), "at": closed})[closed < END])
    table: pd.DataFrame = pd.concat(frames, ignore_index=True).sort_values(["at", "deal_id"], kind="stable", ignore_index=True)
    table["entered_at"] = stamps(table.pop("at").to_numpy(np.int64))
    return table
