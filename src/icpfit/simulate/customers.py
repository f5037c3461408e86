"""Customers: subscriptions and how they change, renewals, expansions, churn and health."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icpfit.simulate.accounts import Firms
from icpfit.simulate.timeline import DAY, END, NEVER, Floats, days, generator, stamps

YEAR = 365 * DAY


def live(deals: pd.DataFrame, retain: Floats, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The life of each won deal's customer.

    Args:
        deals: the won deals, with ``account, closed, amount``.
        retain: probability of being healthy at the retention horizon (365 + 30 days after the start).

    Returns:
        The customers (``deal_id, account, started, ended, arr, stays``) and their changes
        (``row, at, arr, before, kind, add_on``; kind is ``expansion``, ``price`` or ``contraction``), in time order.
    """
    rng = generator(seed, "customers")
    n = len(deals)
    started = (deals["closed"].to_numpy(np.int64) // DAY + 1 + rng.integers(0, 15, n)) * DAY
    stays = rng.random(n) < retain
    leaves = rng.random(n)
    first_arr = deals["amount"].to_numpy(np.float64)
    arr = first_arr.copy()
    ended = np.full(n, NEVER, dtype=np.int64)
    early = ~stays & (leaves < 0.25)
    shrinks = ~stays & (leaves >= 0.80)
    ended = np.where(early, started + rng.integers(90, 340, n) * DAY, ended)
    ended = np.where(~stays & ~early & ~shrinks, started + YEAR, ended)
    changes: list[pd.DataFrame] = []
    # A healthy second year follows from a healthy first one more often than not, whoever it is.
    again = np.clip(retain + 0.12, 0, 0.97)
    for year in range(4):
        begins, ends = started + year * YEAR, started + (year + 1) * YEAR
        alive = ended > begins
        at = begins + rng.integers(100, 330, n) * DAY
        grows = alive & (ended > at) & stays & (rng.random(n) < 0.38)
        arr = _change(changes, grows, at, arr, np.round(arr * rng.uniform(1.12, 1.7, n)), "expansion", rng.random(n) < 0.25)
        if year > 0:
            quits = (ended > ends) & (rng.random(n) > again)
            ended = np.where(quits, ends, ended)
        less = (shrinks if year == 0 else np.zeros(n, dtype=bool)) & (ended > ends)
        arr = _change(changes, less, ends, arr, np.round(first_arr * rng.uniform(0.4, 0.8, n)), "contraction", np.zeros(n, dtype=bool))
        dearer = (ended > ends) & ~less & (rng.random(n) < 0.3)
        arr = _change(changes, dearer, ends, arr, np.round(arr * 1.05), "price", np.zeros(n, dtype=bool))
    customers = pd.DataFrame(
        {"deal_id": deals["deal_id"], "account": deals["account"], "started": started, "ended": ended, "arr": first_arr, "stays": stays}
    ).reset_index(drop=True)
    moves: pd.DataFrame = pd.concat(changes, ignore_index=True).sort_values(["at", "row"], kind="stable", ignore_index=True)
    return customers, moves[moves["at"] < END].reset_index(drop=True)


def _change(
    changes: list[pd.DataFrame], where: np.ndarray, at: np.ndarray, before: Floats, after: Floats, kind: str, add_on: np.ndarray
) -> Floats:
    row = np.flatnonzero(where)
    changes.append(pd.DataFrame({"row": row, "at": at[row], "arr": after[row], "before": before[row], "kind": kind, "add_on": add_on[row]}))
    # What is bought as an add-on has a subscription of its own; the first one's figure stays.
    return np.asarray(np.where(where & ~add_on, after, before), dtype=np.float64)


def subscription_tables(firms: Firms, customers: pd.DataFrame, moves: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """``subscriptions`` (one per won deal, and one per add-on) and ``arr_changes``."""
    signed = customers["started"].to_numpy(np.int64) < END
    main = pd.DataFrame(
        {
            "row": np.arange(len(customers)),
            "deal_id": customers["deal_id"],
            "product": "Platform",
            "started": customers["started"],
            "arr": customers["arr"],
        }
    )[signed]
    extra = moves[moves["add_on"]]
    add_on = pd.DataFrame(
        {"row": extra["row"], "deal_id": None, "product": "Add-on", "started": extra["at"], "arr": extra["arr"] - extra["before"]}
    )
    both = pd.concat([main, add_on.astype({"deal_id": object})], ignore_index=True)
    row = both["row"].to_numpy(np.int64)
    both["subscription_id"] = [f"S{i:06d}" for i in range(1, len(both) + 1)]
    subscriptions = pd.DataFrame(
        {
            "subscription_id": both["subscription_id"],
            "account_id": firms.account_id[customers["account"].to_numpy(np.int64)[row]],
            "deal_id": both["deal_id"],
            "product": both["product"],
            "started_at": stamps(both["started"].to_numpy(np.int64)),
            "ended_at": stamps(customers["ended"].to_numpy(np.int64)[row]),
            "term_months": 12.0,
            "arr": both["arr"].to_numpy(np.float64),
        }
    )
    changed = moves[~moves["add_on"]]
    name_of = both[both["product"] == "Platform"].set_index("row")["subscription_id"]
    changed_row = changed["row"].to_numpy(np.int64)
    arr_changes = pd.DataFrame(
        {
            "subscription_id": name_of.loc[changed_row].to_numpy(),
            "account_id": firms.account_id[customers["account"].to_numpy(np.int64)[changed_row]],
            "changed_at": stamps(changed["at"].to_numpy(np.int64)),
            "arr": changed["arr"].to_numpy(np.float64),
        }
    )
    return subscriptions, arr_changes


def later_deals(firms: Firms, customers: pd.DataFrame, moves: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Renewal and expansion deals, which are never to be mixed with new logos."""
    rng = generator(seed, "later deals")
    account_id = firms.account_id[customers["account"].to_numpy(np.int64)]
    frames = []
    grown = moves[moves["kind"] == "expansion"]
    at = grown["at"].to_numpy(np.int64)
    frames.append(
        _rows(account_id[grown["row"]], at - days(rng.uniform(12, 60, len(grown))), at, True, "expansion", (grown["arr"] - grown["before"]))
    )
    started, ended = customers["started"].to_numpy(np.int64), customers["ended"].to_numpy(np.int64)
    # Expansions that came to nothing.
    tried = (rng.random(len(customers)) < 0.25) & (ended > started + days(330))
    at = started + rng.integers(120, 300, len(customers)) * DAY
    spans = days(rng.uniform(15, 80, len(customers)))
    frames.append(_rows(account_id[tried], (at - spans)[tried], at[tried], False, "expansion", customers["arr"][tried] * 0.3))
    for year in range(1, 5):
        due = started + year * YEAR
        asked = ended >= due
        renews = ended > due
        closes = due + np.where(renews, -rng.integers(0, 10, len(customers)), rng.integers(0, 8, len(customers))) * DAY + 9 * 3_600
        created = due - rng.integers(45, 80, len(customers)) * DAY
        frames.append(_rows(account_id[asked], created[asked], closes[asked], renews[asked], "renewal", customers["arr"][asked]))
    table = pd.concat(frames, ignore_index=True)
    table = table[table["created"] < END].sort_values(["created", "account_id", "deal_type"], kind="stable", ignore_index=True)
    closed = table["closed"].to_numpy(np.int64)
    return pd.DataFrame(
        {
            "deal_id": [f"R{i:06d}" for i in range(1, len(table) + 1)],
            "account_id": table["account_id"],
            "created_at": stamps(table["created"].to_numpy(np.int64)),
            "closed_at": stamps(closed),
            "stage": np.where(closed < END, np.where(table["won"], "won", "lost"), "open"),
            "deal_type": table["deal_type"],
            "amount": np.round(table["amount"].to_numpy(np.float64)),
            "list_amount": np.round(table["amount"].to_numpy(np.float64)),
        }
    )


def _rows(
    account_id: np.ndarray, created: np.ndarray, closed: np.ndarray, won: np.ndarray | bool, kind: str, amount: pd.Series
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": account_id,
            "created": created,
            "closed": closed,
            "won": won,
            "deal_type": kind,
            "amount": amount.to_numpy(np.float64),
        }
    )


def health_table(firms: Firms, customers: pd.DataFrame, seed: int) -> pd.DataFrame:
    """A survey each quarter while the customer is one."""
    rng = generator(seed, "health")
    n = len(customers)
    started, ended = customers["started"].to_numpy(np.int64), customers["ended"].to_numpy(np.int64)
    stays = customers["stays"].to_numpy(bool)
    first_value = started + days(np.exp(rng.normal(np.where(stays, 2.6, 3.4), 0.7)))
    frames = []
    for quarter in range(1, 17):
        at = started + quarter * 91 * DAY
        there = (at < np.minimum(ended, END)) & (rng.random(n) < 0.7)
        row = np.flatnonzero(there)
        good = stays[row]
        frames.append(
            pd.DataFrame(
                {
                    "account": customers["account"].to_numpy(np.int64)[row],
                    "at": at[row],
                    "nps": np.clip(np.round(rng.normal(np.where(good, 38, 2), 28)), -100, 100),
                    "csat": np.clip(np.round(rng.normal(np.where(good, 4.3, 3.4), 0.6), 1), 1, 5),
                    "first": np.where(first_value[row] < at[row], first_value[row], NEVER),
                    "escalations": rng.poisson(np.where(good, 0.2, 0.9)).astype(np.float64),
                }
            )
        )
    table = pd.concat(frames, ignore_index=True).sort_values(["at", "account"], kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "account_id": firms.account_id[table["account"].to_numpy(np.int64)],
            "measured_at": stamps(table["at"].to_numpy(np.int64)),
            "nps": table["nps"],
            "csat": table["csat"],
            "first_value_at": stamps(table["first"].to_numpy(np.int64)),
            "escalations": table["escalations"],
        }
    )
