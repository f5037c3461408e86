"""People and words: contacts, interactions, interviews. Small, for the documents."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icpfit.simulate.accounts import Firms
from icpfit.simulate.timeline import DAY, END, days, generator, pick, stamps

TITLES: tuple[tuple[str, str, str], ...] = (
    ("Head of Data", "data", "director"),
    ("Data Engineer", "data", "individual"),
    ("RevOps Manager", "revenue operations", "manager"),
    ("VP Marketing", "marketing", "vice president"),
    ("CTO", "engineering", "c-level"),
    ("CFO", "finance", "c-level"),
)
QUOTES: dict[str, tuple[tuple[str, str], ...]] = {
    "won": (
        ("fast first value", "We had data flowing through the API on the first afternoon. That decided it."),
        ("fits the stack", "It sat on the warehouse that we already had. Nothing had to be moved."),
        ("the whole team tried it", "Four of us were in the trial by the end of the week."),
        ("right size", "We are eighty people: too big for spreadsheets, too small for a platform team."),
        ("fresh funding", "After the round we had the budget, and nobody to write the pipelines."),
    ),
    "lost": (
        ("no warehouse", "We would have had to buy a warehouse first. That is next year's project."),
        ("nobody had time", "One person looked at it. The rest of us never logged in."),
        ("competitor in place", "We are on another tool until the contract ends, and it is good enough."),
        ("budget frozen", "After the layoffs every new tool was off the table."),
    ),
    "churned": (
        ("too small", "There are twelve of us. We did not need all of that."),
        ("bought on price", "The discount was hard to refuse. We never really rolled it out."),
        ("never adopted", "Only the person who bought it used it, and she left."),
    ),
}


def contacts_table(firms: Firms, deals: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One to four people per new-logo deal; roles are known more often where the deal was won."""
    rng = generator(seed, "contacts")
    won = deals["won"].to_numpy(bool) & (deals["closed"].to_numpy(np.int64) < END)
    row = np.repeat(np.arange(len(deals)), 1 + rng.binomial(3, np.where(won, 0.55, 0.3)))
    title = rng.integers(0, len(TITLES), len(row))
    order = pd.Series(row).groupby(row).cumcount().to_numpy()
    role = np.array(["champion", "economic_buyer", "user", "influencer"], dtype=object)[order]
    role[rng.random(len(row)) > np.where(won[row], 0.9, 0.6)] = None
    return pd.DataFrame(
        {
            "contact_id": [f"C{i:06d}" for i in range(1, len(row) + 1)],
            "account_id": firms.account_id[deals["account"].to_numpy(np.int64)[row]],
            "deal_id": deals["deal_id"].to_numpy()[row],
            "title": np.array([t[0] for t in TITLES], dtype=object)[title],
            "function": np.array([t[1] for t in TITLES], dtype=object)[title],
            "seniority": np.array([t[2] for t in TITLES], dtype=object)[title],
            "buying_role": role,
        }
    )


def interactions_table(firms: Firms, deals: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Mails, calls and demos: a few before the deal, more while it is open, most where it will be won."""
    rng = generator(seed, "interactions")
    created, closed = deals["created"].to_numpy(np.int64), np.minimum(deals["closed"].to_numpy(np.int64), END)
    before = np.repeat(np.arange(len(deals)), rng.poisson(1.0, len(deals)))
    during = np.repeat(np.arange(len(deals)), rng.poisson(np.where(deals["won"].to_numpy(bool), 5.0, 2.5)))
    span = np.minimum(closed - created, days(150))
    row = np.concatenate([before, during])
    at = np.concatenate(
        [
            created[before] - days(rng.uniform(0.1, 40, len(before))),
            created[during] + np.floor(rng.random(len(during)) * span[during]).astype(np.int64),
        ]
    )
    n = len(row)
    table = pd.DataFrame(
        {
            "account_id": firms.account_id[deals["account"].to_numpy(np.int64)[row]],
            "at": at,
            "deal_id": np.where(at >= created[row], deals["deal_id"].to_numpy()[row], None),
            "channel": pick(rng, ["email", "call", "demo", "event"], n, [0.5, 0.3, 0.15, 0.05]),
            "topic": pick(rng, ["integration", "pricing", "security", "reporting", "roadmap"], n),
            "role_level": pick(rng, ["individual", "manager", "director", "c-level"], n, [0.4, 0.3, 0.2, 0.1]),
        }
    )
    table = table[table["at"] < END].sort_values(["at", "account_id", "channel", "topic"], kind="stable", ignore_index=True)
    table.insert(1, "occurred_at", stamps(table.pop("at").to_numpy(np.int64)))
    return table


def interviews_table(firms: Firms, deals: pd.DataFrame, churned: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Some two hundred talks after a win, a loss or a departure. ``churned``: ``account, ended``."""
    rng = generator(seed, "interviews")
    done = deals[deals["closed"] < END - 40 * DAY]
    gone = churned[churned["ended"] < END - 40 * DAY].rename(columns={"ended": "closed"})
    frames = []
    for kind, rows, share in (("won", done[done["won"]], 0.06), ("lost", done[~done["won"]], 0.018), ("churned", gone, 0.1)):
        asked = rows[rng.random(len(rows)) < share]
        said = rng.integers(0, len(QUOTES[kind]), len(asked))
        frames.append(
            pd.DataFrame(
                {
                    "account": asked["account"],
                    "at": asked["closed"] + days(rng.uniform(5, 35, len(asked))),
                    "kind": kind,
                    "theme": [QUOTES[kind][i][0] for i in said],
                    "quote": [QUOTES[kind][i][1] for i in said],
                }
            )
        )
    table = pd.concat(frames, ignore_index=True).sort_values(["at", "account"], kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "interview_id": [f"I{i:04d}" for i in range(1, len(table) + 1)],
            "account_id": firms.account_id[table["account"].to_numpy(np.int64)],
            "held_at": stamps(table["at"].to_numpy(np.int64)),
            "kind": table["kind"],
            "theme": table["theme"],
            "quote": table["quote"],
        }
    )
