"""Companies to which one thing happens, or nothing: what a watch over a profile has to find, and what it must not cry about.

The usual company moves up-market in its last year, and drifts by itself besides: the good accounts become customers and leave the
market, companies grow, tools spread. The other stories stand on one steady base instead, in which a deal of 2025 is drawn as one of
2024 was, feature by feature; from :data:`CHANGE_FROM` on one thing is different.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from icpfit.simulate.accounts import REGIONS, Firms
from icpfit.simulate.timeline import DAY, DRIFT_FROM, END, NEVER, START, Flags, Floats, Ints, days, generator, sigmoid

Story = Literal["usual", "unchanged", "up_market", "churn", "falling"]
"""``usual``: the demo company. ``unchanged``: nothing happens. ``up_market``: deals of large accounts become much more common.
``churn``: the customers of one region leave. ``falling``: everybody buys less, and the accounts look as before."""

STORIES: tuple[Story, ...] = get_args(Story)
CHANGE_FROM = DRIFT_FROM
"""The moment of the change: the beginning of the last year."""

LARGE = 200
"""Employees from which on an account is large."""
CHURNING = "EMEA"
YEARLY_CHURN = 0.6
"""Share of the region's customers that leave within a year of the change beside those who would have left anyway."""
FALL = 0.7
"""Log-odds that each deal loses."""
_HAZARD = -np.log(1 - YEARLY_CHURN) / (365 * DAY)

FIRST_DAY = 75
LEAST_GAP, MOST_GAP = 240, 700
DEAL_SHARE = 0.6
DEAL_SHARE_LARGE, DEAL_SHARE_SMALL = 0.95, 0.42
LAST_YEAR = 2026
HORIZON = days(365 + 30)
WOBBLE = 0.06
"""Standard deviation of a company's log headcount around its own."""


def entered(accounts: int, seed: int) -> Ints:
    """When each account first looks around: as many each month, from so early on that the data begin in a steady state."""
    return generator(seed, "entries").integers(START + days(FIRST_DAY - MOST_GAP), END + days(40), accounts)


def steady_firms(firms: Firms, entry: Ints, seed: int) -> Firms:
    """The same accounts without a trend: headcount wobbles around its own, and whoever enters is as old as those before."""
    rng = generator(seed, "steady")
    wobble = np.exp(rng.normal(0, WOBBLE, firms.sizes.shape))
    wobble[:, 0] = 1.0
    sizes = np.clip(np.round(firms.sizes[:, :1] * wobble), 2, 40_000).astype(np.int64)
    year = entry.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970
    return replace(firms, sizes=sizes, founded=firms.founded + np.minimum(year - LAST_YEAR, 0))


def steady_journeys(firms: Firms, entry: Ints, story: Story, seed: int) -> pd.DataFrame:
    """At most two evaluations per account, in the columns of ``plan_journeys``. Those before the data begin are not told of."""
    rng = generator(seed, "journeys")
    n = len(firms)
    at = np.column_stack([entry, entry + days(rng.uniform(LEAST_GAP, MOST_GAP, n))])
    engaged = 0.35 * firms.maturity[:, None] + rng.normal(0, 0.85, at.shape)
    wants_trial = rng.random(at.shape) < sigmoid(0.5 + 0.5 * engaged)
    trial = wants_trial & np.column_stack([np.ones(n, dtype=bool), ~wants_trial[:, 0] | (rng.random(n) < 0.15)])
    lag = np.clip(np.exp(rng.normal(np.log(14), 0.7, at.shape)), 0.5, 60)
    wants_deal = rng.random((n, 2))
    who, which = np.nonzero((at >= START + days(FIRST_DAY)) & (at < END + days(40)))
    moment = at[who, which]
    share = np.full(len(who), DEAL_SHARE)
    if story == "up_market":
        large = firms.employees(who, moment) >= LARGE
        share = np.where(moment >= CHANGE_FROM, np.where(large, DEAL_SHARE_LARGE, DEAL_SHARE_SMALL), share)
    return pd.DataFrame(
        {
            "account": who,
            "ordinal": which,
            "at": moment,
            "engaged": engaged[who, which],
            "trial": trial[who, which],
            "trial_at": moment - days(lag[who, which]),
            "candidate": wants_deal[who, which] < share,
        }
    )


def settled(tech: pd.DataFrame) -> pd.DataFrame:
    """The same technologies, all in place before the data begin and never given up."""
    back = (tech["first"].to_numpy(np.int64) - START) % days(1100) + DAY
    return tech.assign(first=(START - back) // DAY * DAY, last=NEVER)


def fallen(fit: Floats, created: Ints) -> Floats:
    """Chances of a win once the market has fallen.

    >>> fallen(np.array([0.5, 0.5]), np.array([CHANGE_FROM - 1, CHANGE_FROM])).round(3).tolist()
    [0.5, 0.332]
    """
    lost: Floats = np.where(created >= CHANGE_FROM, FALL, 0.0)
    return sigmoid(np.log(fit) - np.log1p(-fit) - lost)


def still_there(firms: Firms, account: Ints, started: Ints) -> Floats:
    """Share of customers that the change has not driven away at the retention horizon; 1 outside the region that churns."""
    exposed = np.clip(started + HORIZON - np.maximum(started, CHANGE_FROM), 0, None)
    return np.where(_churning(firms, account), np.exp(-_HAZARD * exposed), 1.0)


def leave(firms: Firms, customers: pd.DataFrame, moves: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers of the region and their changes (as of ``live``) when they leave at a higher hazard from the change on."""
    account, started, ended = (customers[c].to_numpy(np.int64) for c in ("account", "started", "ended"))
    lasts = np.minimum(generator(seed, "departures").exponential(1 / _HAZARD, len(customers)), float(NEVER - END)).astype(np.int64)
    goes = (np.maximum(started, CHANGE_FROM) + lasts) // DAY * DAY + DAY
    new_end = np.where(_churning(firms, account), np.minimum(ended, goes), ended)
    stays = customers["stays"].to_numpy(bool) & (new_end > started + HORIZON)
    kept = moves[moves["at"].to_numpy(np.int64) < new_end[moves["row"].to_numpy(np.int64)]]
    return customers.assign(ended=new_end, stays=stays), kept.reset_index(drop=True)


def _churning(firms: Firms, account: Ints) -> Flags:
    return np.asarray(firms.region[account] == REGIONS.index(CHURNING))
