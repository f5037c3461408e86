"""Retention labels: of the won, who was healthy when the first renewal was over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.outcomes import columns, known
from icpfit.outcomes.deals import BOUGHT, DealBook, KnownDeals, days, subscription_times
from icpfit.outcomes.known import NEVER, Bools, Int64s
from icpfit.outcomes.result import LabelsAt

LOST = "lost"
NO_SUBSCRIPTION = "no subscription"
HORIZON = "horizon not passed"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Customers:
    """The subscriptions and ARR changes of the won deals, paired with their deals once.

    ``clocks``: pairs of a deal and a subscription that may start its clock, the best first: ``row`` (of the deal book),
    ``started, visible, product``. ``held``: pairs of a deal and any subscription of its account: ``row, code, started,
    ended, visible, arr``. ``changes``: ``code`` (of the subscription), ``changed, visible, arr``, ascending.
    """

    book: DealBook
    clocks: pd.DataFrame
    held: pd.DataFrame
    changes: pd.DataFrame

    @classmethod
    def from_frames(cls, book: DealBook, subscriptions: pd.DataFrame | None, arr_changes: pd.DataFrame | None) -> Customers:
        """From the clean tables of a warehouse; None where the company has no such table."""
        needed = ["subscription_id", "account_id", "started_at", "arr"]
        subs = subscription_times(pd.DataFrame(columns=needed) if subscriptions is None else subscriptions)
        subs = subs.sort_values(["started", "subscription"], ignore_index=True)
        subs["code"] = np.arange(len(subs))
        won = np.flatnonzero(book.stage_won & book.new_logo)
        deals = pd.DataFrame(
            {
                "row": won,
                "deal": book.deal_id[won],
                "account": book.account_id[won],
                "created": book.created[won],
                "closed": book.closed[won],
            }
        )
        held = deals.merge(subs, on="account").sort_values(["row", "code"], ignore_index=True)
        own = held["of_deal"] == held["deal"]
        within = days(book.settings.first_subscription_within_days)
        close = held["closed"].to_numpy(dtype=np.int64)
        started = held["started"].to_numpy(dtype=np.int64)
        # signatures are booked late: a subscription may begin a little before its deal closes, not before it was opened
        near = (started >= known.later(close, -within)) & (started <= known.later(close, within)) & (started >= held["created"].to_numpy())
        clocks = held.assign(second=~own)[own | ((held["of_deal"] == "") & near)]
        clocks = clocks.sort_values(["row", "second", "code"], ignore_index=True)[["row", "started", "visible", "product"]]
        return cls(book, clocks, held[["row", "code", "started", "ended", "visible", "arr"]], _changes(arr_changes, subs))

    def clock_start(self, moment: int) -> Int64s:
        """When each deal's first subscription began, as known at ``moment``; NEVER where none is known."""
        out = np.full(len(self.book), NEVER, dtype=np.int64)
        first = self._first_clocks(moment)
        out[first["row"].to_numpy()] = first["started"].to_numpy()
        return out

    def first_product(self, moment: int) -> npt.NDArray[np.object_]:
        """What each deal's first subscription is for; "" where none is known at ``moment``, or it does not say."""
        out = np.full(len(self.book), "", dtype=object)
        first = self._first_clocks(moment)
        out[first["row"].to_numpy()] = first["product"].to_numpy(dtype=object)
        return out

    def first_arr(self, moment: int) -> Floats:
        """Total ARR as each deal's first subscription began, as known at ``moment``; NaN where none is known."""
        start = self.clock_start(moment)
        return np.where(start == NEVER, np.nan, self.arr_at(start, moment))

    def _first_clocks(self, moment: int) -> pd.DataFrame:
        return self.clocks[known.before(self.clocks["visible"].to_numpy(), moment)].drop_duplicates("row")

    def arr_at(self, when: Int64s, moment: int) -> Floats:
        """Total ARR of each deal's account at ``when`` (one moment per deal of the book, NEVER = 0), as known at ``moment``.

        A subscription counts from its start, inclusive, to its end, exclusive, with its latest change up to then.
        """
        held = self.held[known.before(self.held["visible"].to_numpy(), moment)]
        at = when[held["row"].to_numpy()]
        active = (held["started"].to_numpy() <= at) & (held["ended"].to_numpy() > at) & (at < NEVER)
        held, at = held[active], at[active]
        figure = _latest(self.changes[known.before(self.changes["visible"].to_numpy(), moment)], held, at)
        return np.bincount(held["row"].to_numpy(), weights=figure, minlength=len(self.book)).astype(np.float64)


def retention_labels(customers: Customers, moment: int, state: KnownDeals | None = None) -> LabelsAt:
    """1 = healthy when horizon and grace were over, 0 = not, as known at ``moment``, for the won.

    A customer whose horizon has not passed has no label even if it already left: counting the early leavers
    without the early stayers would bias the rate. A bought win has no label here either: it would teach that fit churns.
    """
    book = customers.book
    state = book.at(moment) if state is None else state
    start = customers.clock_start(moment)
    end = known.later(start, days(book.settings.retention_horizon_days + book.settings.renewal_grace_days))
    passed = known.before(end, moment)
    # whatever lies after the moment is not known, so nobody's figure is looked up there
    end = np.where(passed, end, NEVER)
    first, last = customers.arr_at(start, moment), customers.arr_at(end, moment)
    if book.settings.retention_rule == "expanded_or_referred":
        healthy = (last > first) | _referred(book, state.exists, end)
    else:
        # sums of the same figures may differ by a rounding, which is no contraction
        healthy = (last > 0) & (last >= first * (1 - 1e-9))
    reasons = [
        *state.reasons,
        (LOST, ~state.won),
        (BOUGHT, book.bought),
        (NO_SUBSCRIPTION, start == NEVER),
        (HORIZON, ~passed),
    ]
    return LabelsAt.of(moment, state.exists, healthy, reasons)


def _referred(book: DealBook, exists: Bools, by: Int64s) -> Bools:
    """Whether another account's deal, known and created by ``by``, names the deal's account as the one who sent it."""
    named = exists & (book.referred_by != "") & (book.referred_by != book.account_id)
    first = pd.Series(book.created[named]).groupby(book.referred_by[named]).min()
    since = columns.micros(pd.Series(book.account_id).map(first))
    return (since <= by) & (by < NEVER)


def _changes(arr_changes: pd.DataFrame | None, subs: pd.DataFrame) -> pd.DataFrame:
    if arr_changes is None or not len(arr_changes):
        return pd.DataFrame({"code": np.array([], dtype=np.int64), "changed": [], "visible": [], "arr": []}).astype(
            {"changed": np.int64, "visible": np.int64, "arr": np.float64}
        )
    changed = columns.micros(arr_changes["changed_at"])
    rows = pd.DataFrame(
        {
            "subscription": columns.text(arr_changes, "subscription_id"),
            "changed": changed,
            "visible": columns.micros(arr_changes["visible_at"]) if "visible_at" in arr_changes else changed,
            "arr": columns.number(arr_changes, "arr"),
        }
    )
    rows = rows.merge(subs[["subscription", "code"]], on="subscription")
    return rows.sort_values(["code", "changed"], kind="stable", ignore_index=True)[["code", "changed", "visible", "arr"]]


def _latest(changes: pd.DataFrame, held: pd.DataFrame, at: Int64s) -> Floats:
    """The figure of each held subscription at its moment: its latest change up to then, else what it began with."""
    begin = held["arr"].to_numpy(dtype=np.float64)
    if not len(changes) or not len(held):
        return begin
    # one sorted key for (subscription, time), with ranks for times so that it fits an int64
    times, rank = np.unique(changes["changed"].to_numpy(), return_inverse=True)
    code = changes["code"].to_numpy()
    key = code * (len(times) + 1) + rank
    wanted = held["code"].to_numpy() * (len(times) + 1) + np.searchsorted(times, at, side="right")
    place = np.searchsorted(key, wanted, side="left") - 1
    found = (place >= 0) & (code[np.maximum(place, 0)] == held["code"].to_numpy())
    return np.where(found, changes["arr"].to_numpy()[np.maximum(place, 0)], begin)
