"""What people of an account do on the site and in the product before there is a deal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icpfit.simulate.accounts import Firms
from icpfit.simulate.timeline import DAY, END, START, Flags, Floats, Ints, days, generator, sigmoid, stamps

NOBODY = -1
"""The user of an event that was seen without a login."""


def _rows(name: str, journey: Ints, account: Ints, at: Ints, user: Ints | int = NOBODY, value: Floats | float = np.nan) -> pd.DataFrame:
    return pd.DataFrame({"journey": journey, "account": account, "at": at, "event": name, "user": user, "value": value})


def before_deals(firms: Firms, journeys: pd.DataFrame, seed: int) -> pd.DataFrame:
    """``journey, account, at, event, user, value``: all strictly before the evaluation's own moment."""
    rng = generator(seed, "activity")
    journey = np.arange(len(journeys))
    account = journeys["account"].to_numpy(np.int64)
    moment = journeys["at"].to_numpy(np.int64)
    engaged = journeys["engaged"].to_numpy(np.float64)
    trial = journeys["trial"].to_numpy(bool)
    trial_at = journeys["trial_at"].to_numpy(np.int64)
    maturity = firms.maturity[account]
    frames: list[pd.DataFrame] = []

    def scatter(name: str, count: Ints, since: Ints, until: Ints, people: Ints | None = None, skew: float = 1.0) -> None:
        """``count`` events of each journey in [since, until); a skew above 1 crowds them at the end."""
        j = np.repeat(journey, count)
        back = np.floor(rng.random(len(j)) ** skew * (until - since)[j]).astype(np.int64)
        user = np.full(len(j), NOBODY) if people is None else np.floor(rng.random(len(j)) * people[j]).astype(np.int64)
        frames.append(_rows(name, j, account[j], np.maximum(until[j] - 1 - back, since[j]), user))

    active = (rng.random(len(journey)) < np.where(trial, 0.97, 0.22)).astype(np.int64)
    people = 1 + rng.poisson(np.exp(0.05 + 0.45 * engaged)).astype(np.int64)
    month_ago = moment - days(28)
    started = np.where(trial, np.maximum(trial_at, moment - days(60)), month_ago)

    frames.append(_rows("trial_started", journey[trial], account[trial], trial_at[trial], 0))
    first_hours = np.minimum(trial_at + 2 * DAY, moment)
    tries_api = trial & (rng.random(len(journey)) < sigmoid(-0.35 + 0.75 * maturity + 0.6 * engaged))
    calls = tries_api.astype(np.int64) * np.minimum(1 + np.floor(np.exp(rng.normal(1.3, 1.2, len(journey)))), 90).astype(np.int64)
    scatter("api_call", calls, np.where(trial, trial_at + 60, month_ago), np.where(trial, first_hours, moment), people)
    goes_on = trial & (rng.random(len(journey)) < 0.35)
    later = goes_on.astype(np.int64) * np.minimum(np.floor(np.exp(rng.normal(1.6, 1.1, len(journey)))), 90).astype(np.int64)
    scatter("api_call", later, np.where(trial, np.minimum(trial_at + 2 * DAY, moment - 60), month_ago), moment, people)

    # Each active user signs in at least once in the last four weeks, then as often as the mood takes.
    j = np.repeat(journey, people * active)
    order = np.asarray(pd.Series(j).groupby(j).cumcount(), dtype=np.int64)
    since = np.maximum(started, month_ago)
    at = since[j] + np.floor(rng.random(len(j)) * (moment - since)[j]).astype(np.int64)
    frames.append(_rows("login", j, account[j], np.minimum(at, moment[j] - 1), order))
    scatter("login", rng.poisson(2.0 + 1.5 * people) * active, started, moment, people)
    scatter("report_created", rng.poisson(np.exp(0.1 + 0.2 * engaged)) * active, started, moment, people)
    scatter("invite_sent", rng.binomial(1, 0.6, len(journey)) * np.maximum(people - 1, 0) * active, started, moment, people)
    connects = (active == 1) & (rng.random(len(journey)) < sigmoid(-1.3 + 0.6 * engaged + 0.5 * maturity + 0.6 * trial))
    scatter("integration_connected", connects.astype(np.int64) * (1 + rng.poisson(0.5, len(journey))), started, moment, people)

    taste = rng.normal(0, 0.8, (3, len(journey)))
    robots = np.where(rng.random(len(journey)) < 0.06, rng.poisson(14, len(journey)), 0)
    scatter("pricing_page_view", rng.poisson(np.exp(-0.1 + 0.55 * engaged + taste[0])) + robots, moment - days(34), moment, skew=1.6)
    scatter("docs_view", rng.poisson(np.exp(0.7 + 0.4 * engaged + taste[1])), moment - days(85), moment, skew=1.4)
    scatter("blog_view", rng.poisson(np.exp(0.4 + taste[2])), moment - days(88), moment)
    scatter("webinar_attended", rng.binomial(1, 0.18, len(journey)), moment - days(80), moment)

    everyone = np.arange(len(firms))
    for name, mean in (("blog_view", 5.0), ("docs_view", 2.0), ("pricing_page_view", 1.0), ("webinar_attended", 0.3)):
        who = np.repeat(everyone, rng.poisson(mean, len(firms)))
        when = START + np.floor(rng.random(len(who)) * (END - START)).astype(np.int64)
        frames.append(_rows(name, np.full(len(who), -1), who, when))
    table = pd.concat(frames, ignore_index=True)
    return table[(table["at"] >= START) & (table["at"] < END)].reset_index(drop=True)


def while_open(deals: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Negotiators read the pricing page once the deal is open, and more where it will be won."""
    rng = generator(seed, "negotiation")
    created, closed = deals["created"].to_numpy(np.int64), deals["closed"].to_numpy(np.int64)
    span = np.minimum(np.minimum(closed, END) - created, days(120))
    index = np.arange(len(deals))
    account = deals["account"].to_numpy(np.int64)
    frames = []
    for name, won, lost in (("pricing_page_view", 5.0, 1.2), ("docs_view", 3.0, 1.5)):
        j = np.repeat(index, rng.poisson(np.where(deals["won"].to_numpy(bool), won, lost)))
        at = created[j] + 60 + np.floor(rng.random(len(j)) * np.maximum(span[j] - 60, 1)).astype(np.int64)
        frames.append(_rows(name, np.full(len(j), -1), account[j], at))
    table = pd.concat(frames, ignore_index=True)
    return table[table["at"] < END].reset_index(drop=True)


def after_purchase(customers: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Customers use the product heavily, those who stay more than those who leave.

    ``customers``: ``account, started, ended, stays``.
    """
    rng = generator(seed, "usage")
    started, ended = customers["started"].to_numpy(np.int64), np.minimum(customers["ended"].to_numpy(np.int64), END)
    stays: Flags = customers["stays"].to_numpy(bool)
    account = customers["account"].to_numpy(np.int64)
    months = np.maximum(ended - started, 0) / (30.0 * DAY)
    people = 3 + rng.poisson(np.where(stays, 5.0, 2.0))
    frames = []
    for name, monthly in (("login", 3.5), ("api_call", 3.0), ("report_created", 1.0), ("integration_connected", 0.12)):
        j = np.repeat(np.arange(len(customers)), rng.poisson(monthly * months * np.where(stays, 1.25, 0.6)))
        at = started[j] + np.floor(rng.random(len(j)) * (ended - started)[j]).astype(np.int64)
        frames.append(_rows(name, np.full(len(j), -1), account[j], at, np.floor(rng.random(len(j)) * people[j]).astype(np.int64)))
    return pd.concat(frames, ignore_index=True)


def events_table(account_id: np.ndarray, events: pd.DataFrame) -> pd.DataFrame:
    """The contract's table, in time order."""
    ordered = events.sort_values(["at", "account", "event", "user"], kind="stable", ignore_index=True)
    who = account_id[ordered["account"].to_numpy(np.int64)]
    number = ordered["user"].to_numpy(np.int64)
    user = (pd.Series(who) + "-u" + pd.Series(number).astype(str)).astype(object).where(number != NOBODY, None)
    return pd.DataFrame(
        {
            "account_id": who,
            "occurred_at": stamps(ordered["at"].to_numpy(np.int64)),
            "event": ordered["event"].to_numpy(),
            "user_id": user.to_numpy(),
            "value": ordered["value"].to_numpy(),
        }
    )
