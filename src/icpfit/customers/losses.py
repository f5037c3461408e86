"""Why deals were lost, from the reason that was written down and the fit together, and whom to go back to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.customers.fit import Fit
from icpfit.customers.lives import MONTH
from icpfit.customers.reasons import KINDS, NOT_SAID, kinds_of, names_a_rival
from icpfit.moments import day_text
from icpfit.outcomes import NEVER, DealBook, columns, known

WRONG = "wrong fit"
TO_COMPETITOR = "right fit, lost to a competitor"
NO_DECISION = "right fit, no decision"
RIGHT_OTHER = "right fit, other reason"
UNKNOWN = "not known"
TYPES = (WRONG, TO_COMPETITOR, NO_DECISION, RIGHT_OTHER, UNKNOWN)
RE_ENGAGE_MONTHS = 18
RE_ENGAGE = ("deal_id", "account_id", "name", "closed_at", "loss_reason", "p_win")
MOST_NAMED = 8

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Losses:
    """One row of ``table`` per lost new-logo deal: ``row`` (of the book), ``deal_id, account_id, closed, kind, rival, reason, fit, p_win,
    type``. ``re_engage``: the columns ``RE_ENGAGE``, the best fit first."""

    table: pd.DataFrame
    re_engage: pd.DataFrame
    report: dict[str, Any]

    def of(self, *, competitor: bool) -> Texts:
        """Deals lost to a competitor, or for another reason that was said."""
        kind = self.table["kind"].to_numpy(object)
        chosen = kind == "competitor" if competitor else (kind != "competitor") & (kind != NOT_SAID)
        return np.asarray(self.table["deal_id"].to_numpy(object)[chosen])


def sort_losses(
    book: DealBook,
    deals: pd.DataFrame,
    moment: int,
    fit: Fit | None,
    *,
    subscriptions: pd.DataFrame | None = None,
    accounts: pd.DataFrame | None = None,
) -> Losses:
    """Every new-logo deal lost before ``moment``. Wrong fit: below the line of good fit, or lost for no fit by its own reason.

    Deals that fit are parted by the reason; without a fit, or without a reason that is understood, the type is not known.
    The list to go back to holds accounts whose newest loss was one of right fit without a decision, at most eighteen months
    ago, and which are no customers and have no open deal.
    """
    state = book.at(moment)
    row = np.flatnonzero(state.population & known.before(state.resolved, moment) & ~state.won)
    row = row[np.lexsort((book.deal_id[row].astype(str), book.created[row], state.resolved[row]))]
    closed = known.before(book.closed[row], moment)  # what is lost only for being old has no words of its close
    deals = deals.reset_index(drop=True)
    reason = np.where(closed, columns.text(deals, "loss_reason")[row], "")
    rival = np.where(closed, columns.text(deals, "competitor")[row], "")
    kind = kinds_of(reason, rival)
    scored, p_win = (
        fit.of(book.deal_id[row], c).astype(np.float64) if fit is not None else np.full(len(row), np.nan) for c in ("fit", "p_win")
    )
    fits, misfits = scored >= (fit.line if fit else np.nan), scored < (fit.line if fit else np.nan)
    types = np.select(
        [misfits | (kind == "no fit"), ~fits | (kind == NOT_SAID), kind == "competitor", kind == "no decision"],
        [WRONG, UNKNOWN, TO_COMPETITOR, NO_DECISION],
        RIGHT_OTHER,
    ).astype(object)
    table = pd.DataFrame(
        {
            "row": row,
            "deal_id": book.deal_id[row],
            "account_id": book.account_id[row],
            "closed": state.resolved[row],
            "kind": kind,
            "rival": rival,
            "reason": reason,
            "fit": scored,
            "p_win": p_win,
            "type": types,
        }
    ).astype(dict.fromkeys(("deal_id", "account_id", "kind", "rival", "reason", "type"), object))
    again = _re_engage(table, book, moment, subscriptions, accounts)
    return Losses(table, again, _report(table, fit, len(again)))


def _report(table: pd.DataFrame, fit: Fit | None, again: int) -> dict[str, Any]:
    kind, types, scored = (table[c].to_numpy() for c in ("kind", "type", "fit"))
    unread = Counter(r for r, k in zip(table["reason"], kind, strict=True) if k == NOT_SAID and r)
    to_competitor = table[kind == "competitor"]
    rivals = {r: n for r, n in Counter(to_competitor["rival"]).items() if names_a_rival(r)}
    right = Counter(to_competitor["rival"][to_competitor["type"] == TO_COMPETITOR])
    return {
        "lost": len(table),
        "types": {t: int((types == t).sum()) for t in TYPES},
        "kinds": {k: int((kind == k).sum()) for k in KINDS},
        "no_reason": int(sum(1 for r, k in zip(table["reason"], kind, strict=True) if k == NOT_SAID and not r)),
        "reason_not_understood": dict(sorted(unread.items(), key=lambda kv: (-kv[1], kv[0]))[:MOST_NAMED]),
        "not_understood": sum(unread.values()),
        "without_fit": int(np.isnan(scored.astype(np.float64)).sum()),
        "said_no_fit_but_fits": int(((kind == "no fit") & (scored.astype(np.float64) >= (fit.line if fit else np.nan))).sum()),
        "line": fit.line if fit is not None and np.isfinite(fit.line) else None,
        "share_below_line": fit.share_below if fit is not None else None,
        "joint": fit.joint if fit is not None else None,
        "rivals": [
            {"name": name, "lost": n, "right_fit": right.get(name, 0)}
            for name, n in sorted(rivals.items(), key=lambda kv: (-kv[1], kv[0]))[:MOST_NAMED]
        ],
        "rivals_in_all": len(rivals),
        "rival_not_named": int(len(to_competitor) - sum(rivals.values())),
        "re_engage": again,
    }


def _re_engage(
    table: pd.DataFrame, book: DealBook, moment: int, subscriptions: pd.DataFrame | None, accounts: pd.DataFrame | None
) -> pd.DataFrame:
    exists = book.at(moment).exists
    is_open = exists & ~known.before(book.closed, moment)
    busy = set(book.account_id[is_open]) | _paying(subscriptions, moment)
    newest = table.drop_duplicates("account_id", keep="last")
    wanted = newest[(newest["type"] == NO_DECISION) & (newest["closed"] >= moment - RE_ENGAGE_MONTHS * MONTH)]
    wanted = wanted[~wanted["account_id"].isin(busy)]
    wanted = wanted.sort_values(["fit", "closed", "deal_id"], ascending=[False, False, True], kind="stable", ignore_index=True)
    names: dict[Any, Any] = {}
    if accounts is not None and "name" in accounts:
        names = dict(zip(columns.text(accounts, "account_id"), columns.text(accounts, "name"), strict=True))
    out = wanted.assign(
        name=[names.get(a, "") for a in wanted["account_id"]],
        closed_at=[day_text(c) for c in wanted["closed"]],
        loss_reason=wanted["reason"],
    )
    return out[list(RE_ENGAGE)]


def _paying(subscriptions: pd.DataFrame | None, moment: int) -> set[Any]:
    """Accounts with a subscription that was active at the moment."""
    if subscriptions is None or not len(subscriptions):
        return set()
    started = columns.micros(subscriptions["started_at"])
    seen = columns.micros(subscriptions["visible_at"]) if "visible_at" in subscriptions else started
    ended = columns.micros(subscriptions["ended_at"]) if "ended_at" in subscriptions else np.full(len(subscriptions), NEVER, dtype=np.int64)
    return set(columns.text(subscriptions, "account_id")[known.before(seen, moment) & ~known.before(ended, moment)])
