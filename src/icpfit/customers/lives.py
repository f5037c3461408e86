"""The lives of a company's customers, as known at a moment: when each began, what it pays, whether it is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.moments import DAY
from icpfit.outcomes import NEVER, Customers, columns, known
from icpfit.outcomes.deals import BOUGHT, days
from icpfit.outcomes.retention import NO_SUBSCRIPTION

MONTH = 365 * DAY // 12
"""Microseconds: twelve of them are the year of a contract."""
PAYS_NOTHING = "pays nothing at the start"
SAME_CUSTOMER = "a customer by an earlier deal"

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

COLUMNS = (
    *("row", "deal_id", "account_id", "created", "closed", "start", "end", "months", "watched", "left"),
    *("first_arr", "last_arr", "arr_now", "horizon_arr", "passed", "cycle_days", "size", "term_months"),
    *("nps", "csat", "days_to_value", "escalations"),
)


@dataclass(frozen=True)
class Lives:
    """One row per customer: a won new-logo deal with a subscription, in the order (start, created, deal_id).

    ``table`` has the columns ``COLUMNS``: ``row`` of the deal book; times in microseconds; ``months`` lived (to the end, or
    to ``watched_until``), ``watched`` (months from the start to ``watched_until``, whatever happened), ``left``;
    ``first_arr``, ``last_arr`` (as it is, or as it last was), ``arr_now`` (0 if gone), ``horizon_arr`` (total ARR at the retention
    horizon and its grace, NaN before it has ``passed``). What is not known is NaN.

    Renewals are signed late, so whether a customer is gone is known a grace after its end: everyone is watched until
    ``watched_until``, the moment less the grace. Who comes back after more than the grace, without a new deal, stays gone.
    """

    moment: int
    watched_until: int
    table: pd.DataFrame
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if list(self.table.columns) != list(COLUMNS):
            raise ValueError(f"a customer's life has the columns {COLUMNS}")
        if len(self.table) and (self.table["left"] & (self.table["end"] >= self.watched_until)).any():
            raise ValueError("who left has left before the watch ended")

    def __len__(self) -> int:
        return len(self.table)

    def numbers(self, column: str) -> Floats:
        return self.table[column].to_numpy(np.float64)

    def flags(self, column: str) -> npt.NDArray[np.bool_]:
        return self.table[column].to_numpy(bool)

    def texts(self, column: str) -> npt.NDArray[np.object_]:
        return self.table[column].to_numpy(object)


def read_lives(
    customers: Customers,
    deals: pd.DataFrame,
    moment: int,
    *,
    sizes: Floats | None = None,
    subscriptions: pd.DataFrame | None = None,
    health: pd.DataFrame | None = None,
) -> Lives:
    """Every customer known at ``moment`` (microseconds); nothing at or after it counts.

    ``deals`` is the table that ``customers.book`` was made of, row by row. ``sizes``: headcount at the deal's own moment, one
    per deal, NaN = unknown. Wins bought by discount teach nothing of fit and are left out, with their count.
    """
    book = customers.book
    state = book.at(moment)
    grace = days(book.settings.renewal_grace_days)
    start = customers.clock_start(moment)
    begun = start < NEVER
    first = np.where(begun, customers.arr_at(np.where(begun, start, NEVER), moment), np.nan)
    end = _paid_until(customers, start, moment, grace)
    won = state.population & state.won
    left_out: dict[str, int] = {}
    chosen = won
    for reason, holds in (
        (BOUGHT, book.bought),
        (NO_SUBSCRIPTION, ~begun),
        (PAYS_NOTHING, ~(first > 0)),
        (SAME_CUSTOMER, _second_of_one_life(book.account_id, start, end, won & begun)),
    ):
        if (n := int((chosen & holds).sum())) > 0:
            left_out[reason] = n
        chosen = chosen & ~holds
    row = np.flatnonzero(chosen)
    row = row[np.lexsort((book.deal_id[row].astype(str), book.created[row], start[row]))]

    until = moment - grace
    left = known.before(end, until)
    horizon = known.later(start, days(book.settings.retention_horizon_days + book.settings.renewal_grace_days))
    passed = known.before(horizon, moment)
    at_horizon = customers.arr_at(np.where(passed, horizon, NEVER), moment)
    last = customers.arr_at(np.where(begun, np.minimum(end, moment) - 1, NEVER), moment)
    now = customers.arr_at(np.full(len(book), moment - 1), moment)
    watched = np.maximum(until - start[row], 0) / MONTH
    table = pd.DataFrame(
        {
            "row": row,
            "deal_id": book.deal_id[row],
            "account_id": book.account_id[row],
            "created": book.created[row],
            "closed": book.closed[row],
            "start": start[row],
            "end": end[row],
            "months": np.where(left[row], np.maximum(end[row] - start[row], 0) / MONTH, watched),
            "watched": watched,
            "left": left[row],
            "first_arr": first[row],
            "last_arr": last[row],
            "arr_now": np.where(left[row], 0.0, now[row]),
            "horizon_arr": np.where(passed, at_horizon, np.nan)[row],
            "passed": passed[row],
            "cycle_days": (book.closed[row] - book.created[row]) / DAY,
            "size": np.full(len(row), np.nan) if sizes is None else sizes[row],
            "term_months": _terms(deals, subscriptions, book.account_id[row], start[row], row, moment),
        }
    ).astype({"deal_id": object, "account_id": object})
    lives = table.assign(**_health(table, health, moment))
    return Lives(moment, until, lives[list(COLUMNS)], left_out)


def _paid_until(customers: Customers, start: Ints, moment: int, grace: int) -> Ints:
    """When each deal's customer stopped paying, with gaps of up to the grace bridged; NEVER as long as it pays."""
    held = customers.held[known.before(customers.held["visible"].to_numpy(), moment)]
    changes = customers.changes[known.before(customers.changes["visible"].to_numpy(), moment)]
    newest = changes.drop_duplicates("code", keep="last").set_index("code")
    cut = newest[newest["arr"] <= 0]["changed"]  # nothing is paid any more, though nobody wrote down an end
    over = columns.micros(held["code"].map(cut))
    ended = held["ended"].to_numpy(np.int64)
    ended = np.where(known.before(ended, moment), ended, NEVER)
    held = held.assign(ended=np.minimum(ended, over))
    # what was over before the clock began belongs to another life
    held = held[held["ended"].to_numpy() > start[held["row"].to_numpy()]].sort_values(["row", "started", "code"], kind="stable")
    by_row = held["row"]
    reach = held.groupby(by_row)["ended"].cummax()
    before = reach.groupby(by_row).shift(1, fill_value=NEVER)
    apart = held["started"].to_numpy() > known.later(before.to_numpy(np.int64), grace)
    one = held[pd.Series(apart, index=held.index).groupby(by_row).cumsum() == 0]
    out = start.copy()
    last = one.groupby("row")["ended"].max()
    out[last.index.to_numpy()] = last.to_numpy()
    return out


def _second_of_one_life(account: npt.NDArray[np.object_], start: Ints, end: Ints, among: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Deals whose account was a customer by another deal as their clock began: its ARR must not count twice."""
    row = np.flatnonzero(among)
    rows = pd.DataFrame({"row": row, "account": account[row], "start": start[row], "end": end[row]}).sort_values(
        ["account", "start", "row"], kind="stable"
    )
    reach = rows.groupby("account")["end"].cummax()
    before = reach.groupby(rows["account"]).shift(1, fill_value=known.ALWAYS)
    out = np.zeros(len(start), dtype=bool)
    out[rows["row"].to_numpy()[rows["start"].to_numpy() < before.to_numpy(np.int64)]] = True
    return out


def _terms(
    deals: pd.DataFrame, subscriptions: pd.DataFrame | None, account: npt.NDArray[np.object_], start: Ints, row: Ints, moment: int
) -> Floats:
    """Months that the first contract runs: the subscription's own, else the deal's."""
    own = columns.number(deals.reset_index(drop=True), "contract_months")[row]
    if subscriptions is None or "term_months" not in subscriptions:
        return own
    seen = columns.micros(subscriptions["visible_at"] if "visible_at" in subscriptions else subscriptions["started_at"])
    subs = pd.DataFrame(
        {
            "account": columns.text(subscriptions, "account_id"),
            "start": columns.micros(subscriptions["started_at"]),
            "term": columns.number(subscriptions, "term_months"),
        }
    )[known.before(seen, moment)]
    term = subs.groupby(["account", "start"])["term"].max()
    found = term.reindex(pd.MultiIndex.from_arrays([account, start])).to_numpy(np.float64)
    return np.where(np.isnan(found), own, found)


def _health(lives: pd.DataFrame, health: pd.DataFrame | None, moment: int) -> dict[str, Floats]:
    """The newest known NPS, CSAT and escalations of each customer's own time, and the days to its first value."""
    names = ("nps", "csat", "days_to_value", "escalations")
    out = {name: np.full(len(lives), np.nan) for name in names}
    if health is None or not len(health) or not len(lives):
        return out
    at = columns.micros(health["measured_at"])
    first = columns.micros(health["first_value_at"]) if "first_value_at" in health else np.full(len(health), NEVER, dtype=np.int64)
    rows = pd.DataFrame(
        {
            "account_id": columns.text(health, "account_id"),
            "at": at,
            "first": np.where(known.before(first, moment), first, NEVER),
            **{c: columns.number(health, c) for c in ("nps", "csat", "escalations")},
        }
    )[known.before(columns.micros(health["visible_at"]) if "visible_at" in health else at, moment)]
    pairs = lives.assign(life=np.arange(len(lives)))[["life", "account_id", "start"]].merge(rows, on="account_id")
    # a measurement belongs to the life that had begun last
    pairs = pairs[pairs["at"] >= pairs["start"]].sort_values(["account_id", "at", "start"], kind="stable")
    pairs = pairs.drop_duplicates(["account_id", "at"], keep="last")
    newest = pairs.groupby("life")[["nps", "csat", "escalations"]].last()
    for name in newest.columns:
        out[name][newest.index.to_numpy()] = newest[name].to_numpy(np.float64)
    reached = pairs[(pairs["first"] < NEVER) & (pairs["first"] >= pairs["start"])]
    days_to = ((reached["first"] - reached["start"]) / DAY).groupby(reached["life"]).min()
    out["days_to_value"][days_to.index.to_numpy()] = days_to.to_numpy(np.float64)
    return out
