"""The deals with what decides their population: type, customer already, bought, and since when each is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import OutcomeSettings
from icpfit.moments import DAY
from icpfit.outcomes import columns, known
from icpfit.outcomes.known import ALWAYS, NEVER, Bools, Int64s

ANOTHER_TYPE = "another deal type"
CUSTOMER = "already a customer"
NOT_YET = "not yet at its scoring moment"
OPEN = "still open"
TOO_FAST = "closed before it could be scored"
BOUGHT = "bought by discount"


def discount(amount: npt.NDArray[np.float64], list_amount: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Share of the list price given away, NaN where it cannot be told.

    >>> discount(np.array([70.0, 5.0]), np.array([100.0, 0.0])).tolist()
    [0.30000000000000004, nan]
    """
    usable = list_amount > 0
    return np.where(usable, 1.0 - amount / np.where(usable, list_amount, 1.0), np.nan)


@dataclass(frozen=True)
class KnownDeals:
    """The book as it stood at a moment. ``resolved`` is NEVER for a deal open then; ``population``: new logos of non-customers."""

    moment: int
    exists: Bools
    population: Bools
    resolved: Int64s
    won: Bools
    reasons: list[tuple[str, Bools]]


@dataclass(frozen=True)
class DealBook:
    """One entry per deal row in every array, in the order of the deals table. Times are microseconds, NEVER = blank.

    ``as_of`` is the deal's own moment, created + scoring delay. ``customer_known_at``: when we learned that the
    account was a customer already as the deal was created. ``bought``: sold at a discount above ``max_discount``.
    """

    settings: OutcomeSettings
    deal_id: npt.NDArray[np.object_]
    account_id: npt.NDArray[np.object_]
    created: Int64s
    closed: Int64s
    as_of: Int64s
    visible: Int64s
    account_visible: Int64s
    customer_known_at: Int64s
    new_logo: Bools
    stage_won: Bools
    bought: Bools
    amount: npt.NDArray[np.float64]
    referred_by: npt.NDArray[np.object_]

    @classmethod
    def from_frames(
        cls,
        deals: pd.DataFrame,
        settings: OutcomeSettings,
        *,
        subscriptions: pd.DataFrame | None = None,
        accounts: pd.DataFrame | None = None,
    ) -> DealBook:
        """From the clean tables of a warehouse, as ``Warehouse.frame`` gives them.

        A deal whose account was recorded later is known only from then on, as its row could not stand alone.
        """
        rows = deals.reset_index(drop=True)
        created = columns.micros(rows["created_at"])
        stage = columns.text(rows, "stage")
        closed = np.where(np.isin(stage, ["won", "lost"]), columns.micros(rows["closed_at"]), NEVER)
        kind = columns.text(rows, "deal_type")
        amount = columns.number(rows, "amount")
        limit = settings.max_discount
        bought = np.zeros(len(rows), dtype=bool)
        if limit is not None:
            # a discount of exactly the limit is not above it, whatever the division leaves behind
            bought = (stage == "won") & (discount(amount, columns.number(rows, "list_amount")) > limit + 1e-9)
        return cls(
            settings=settings,
            deal_id=columns.text(rows, "deal_id"),
            account_id=columns.text(rows, "account_id"),
            created=created,
            closed=closed,
            as_of=known.later(created, days(settings.scoring_delay_days)),
            visible=columns.micros(rows["visible_at"]) if "visible_at" in rows else created,
            account_visible=_account_visible(rows, accounts),
            customer_known_at=_customer_known_at(rows, created, subscriptions),
            new_logo=(kind == "") | (kind == "new_logo"),
            stage_won=stage == "won",
            bought=bought,
            amount=amount,
            referred_by=columns.text(rows, "referred_by_account_id"),
        )

    def __len__(self) -> int:
        return len(self.created)

    def at(self, moment: int) -> KnownDeals:
        """The book as known at ``moment``: later rows do not exist, later closes have not happened."""
        exists = known.before(self.visible, moment) & known.before(self.account_visible, moment)
        closed = known.before(self.closed, moment)
        customer = known.before(self.customer_known_at, moment)
        resolved = np.where(closed, self.closed, NEVER)
        if self.settings.stale_after_days is not None:
            stale_from = known.later(self.created, days(self.settings.stale_after_days))
            resolved = np.where(~closed & (stale_from < moment), stale_from, resolved)
        is_open = resolved == NEVER
        return KnownDeals(
            moment=moment,
            exists=exists,
            population=exists & self.new_logo & ~customer,
            resolved=resolved,
            won=closed & self.stage_won,
            reasons=[
                (ANOTHER_TYPE, ~self.new_logo),
                (CUSTOMER, customer),
                (NOT_YET, is_open & (self.as_of >= moment)),
                (OPEN, is_open),
                (TOO_FAST, resolved < self.as_of),
            ],
        )


def days(count: float) -> int:
    """Days as microseconds."""
    return round(count * DAY)


def _account_visible(deals: pd.DataFrame, accounts: pd.DataFrame | None) -> Int64s:
    if accounts is None or "visible_at" not in accounts:
        return np.full(len(deals), ALWAYS, dtype=np.int64)
    by_account = pd.Series(columns.micros(accounts["visible_at"], empty=ALWAYS), index=columns.text(accounts, "account_id"))
    return columns.micros(pd.Series(columns.text(deals, "account_id")).map(by_account), empty=ALWAYS)


def _customer_known_at(deals: pd.DataFrame, created: Int64s, subscriptions: pd.DataFrame | None) -> Int64s:
    """When we learned of a subscription of the account, not of this deal, that was active as the deal was created."""
    out = np.full(len(deals), NEVER, dtype=np.int64)
    if subscriptions is None or not len(subscriptions) or not len(deals):
        return out
    left = pd.DataFrame(
        {"row": np.arange(len(deals)), "account": columns.text(deals, "account_id"), "deal": columns.text(deals, "deal_id"), "at": created}
    )
    pairs = left.merge(subscription_times(subscriptions), on="account")
    active = (pairs["started"] < pairs["at"]) & (pairs["ended"] > pairs["at"]) & (pairs["deal"] != pairs["of_deal"])
    first = pairs[active].groupby("row")["visible"].min()
    out[first.index.to_numpy()] = first.to_numpy()
    return out


def subscription_times(subscriptions: pd.DataFrame) -> pd.DataFrame:
    """Columns ``subscription, account, of_deal, product`` (text, "" = none), ``started, ended, visible`` (int64), ``arr``."""
    started = columns.micros(subscriptions["started_at"])
    ended = columns.micros(subscriptions["ended_at"]) if "ended_at" in subscriptions else np.full(len(subscriptions), NEVER, dtype=np.int64)
    return pd.DataFrame(
        {
            "subscription": columns.text(subscriptions, "subscription_id"),
            "account": columns.text(subscriptions, "account_id"),
            "of_deal": columns.text(subscriptions, "deal_id"),
            "product": columns.text(subscriptions, "product"),
            "started": started,
            "ended": ended,
            "visible": columns.micros(subscriptions["visible_at"]) if "visible_at" in subscriptions else started,
            "arr": columns.number(subscriptions, "arr"),
        }
    )
