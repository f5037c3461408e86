"""The demo company, put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from icpfit.errors import SourceError
from icpfit.simulate import accounts as acc
from icpfit.simulate import activity, people, signals, stories, technologies, truth
from icpfit.simulate.customers import health_table, later_deals, live, subscription_tables
from icpfit.simulate.deals import BOUGHT, DEEP_ANYWAY, new_logo_table, price, settle, stages_table
from icpfit.simulate.journeys import plan_journeys
from icpfit.simulate.stories import Story
from icpfit.simulate.targets import target_list
from icpfit.simulate.timeline import END, NEVER, Floats, generator, stamps

LEAST_ACCOUNTS = 50
TABLES = (
    "accounts",
    "account_history",
    "deals",
    "deal_stages",
    "technologies",
    "events",
    "signals",
    "subscriptions",
    "arr_changes",
    "customer_health",
    "contacts",
    "interactions",
    "interviews",
)
"""Every table of the data contract. A test holds the names and columns against it."""


@dataclass(frozen=True)
class Company:
    """A simulated company whose truth is known.

    ``tables``: the data contract's tables by name, times as datetime64[us] in UTC. ``truth``: ``deals``
    (``deal_id, account_id, created_at, p_win, p_win_fit``, whether it is won in the end, and the design columns
    ``x_*``) and ``customers`` (``deal_id, account_id, p_retain, healthy, x_*``). ``p_win`` is the probability of the
    stage ``won``; ``p_win_fit`` that of a win that no deep discount bought, and ``p_retain_fit`` that such a customer stays;
    ``under_30`` is what staying asks beside the columns of winning. ``targets``: a list to score.
    """

    tables: dict[str, pd.DataFrame]
    truth: dict[str, pd.DataFrame]
    targets: pd.DataFrame
    seed: int
    null: bool
    story: Story = "usual"

    def __post_init__(self) -> None:
        if set(self.tables) != set(TABLES):
            raise ValueError(f"a company has the tables {sorted(TABLES)}, got {sorted(self.tables)}")
        if set(self.truth) != {"deals", "customers"}:
            raise ValueError("the truth is of deals and of customers")


def simulate_company(*, accounts: int = 6000, seed: int = 7, null: bool = False, story: Story = "usual") -> Company:
    """A B2B SaaS company over 2022-2025 with known truth; the same arguments give the same rows.

    Args:
        accounts: how many accounts; there are about as many new-logo deals.
        seed: of everything that is drawn.
        null: outcomes depend on nothing, at the same rates.
        story: what happens from ``stories.CHANGE_FROM`` on; all but the usual one stand on a base that drifts in nothing.

    Raises:
        SourceError: fewer than 50 accounts, or no such story.
    """
    if accounts < LEAST_ACCOUNTS:
        raise SourceError(f"{accounts} accounts are too few to simulate", hint=f"give at least {LEAST_ACCOUNTS}")
    if story not in stories.STORIES:
        raise SourceError(f"there is no story {story!r}", hint=f"it is one of {', '.join(stories.STORIES)}")
    firms, usual = acc.make_firms(accounts, seed), story == "usual"
    account_id = firms.account_id
    tech = technologies.adopt(firms, seed)
    if usual:
        journeys = plan_journeys(firms, seed)
    else:
        entry, tech = stories.entered(accounts, seed), stories.settled(tech)
        firms = stories.steady_firms(firms, entry, seed)
        journeys = stories.steady_journeys(firms, entry, story, seed)
    market = signals.observe(firms, journeys, seed)
    before = activity.before_deals(firms, journeys, seed)

    candidates = journeys[journeys["candidate"] & (journeys["at"] < END)].reset_index(drop=True)
    who, at = candidates["account"].to_numpy(np.int64), candidates["at"].to_numpy(np.int64)
    candidates["size"] = firms.employees(who, at)
    x = truth.design(truth.Known(firms, before, market, tech), who, at)
    fit = truth.p_win(x)
    if story == "falling":
        fit = stories.fallen(fit, at)
    if null:
        fit = np.full(len(fit), fit.mean())
    deals = price(settle(pd.concat([candidates, x], axis=1), fit, seed, null=null), seed)
    deals["deal_id"] = [f"D{i:06d}" for i in range(1, len(deals) + 1)]

    won = deals[deals["won"]].reset_index(drop=True)
    x_won = won[[c for c in x.columns if c in truth.RETAIN]].assign(x_deep_discount=won["deep"].astype(float))
    retain = truth.p_retain(x_won)
    if null:
        retain = np.full(len(retain), _usual_retention(x, truth.p_win(x)))
    customers, moves = live(won, retain, seed)
    if story == "churn":
        retain = retain * stories.still_there(firms, won["account"].to_numpy(np.int64), customers["started"].to_numpy(np.int64))
        customers, moves = stories.leave(firms, customers, moves, seed)

    bought_at = np.full(accounts, NEVER)
    bought_at[won["account"]] = won["closed"]
    events = pd.concat(
        [_before_purchase(before, journeys, bought_at), activity.while_open(deals, seed), activity.after_purchase(customers, seed)],
        ignore_index=True,
    )
    yearly = np.zeros(accounts)
    yearly[customers["account"]] = generator(seed, "growth").normal(np.where(customers["stays"], 0.35, 0.0), 0.1)
    sizes = acc.grown(firms, np.minimum(bought_at, NEVER), yearly)
    rounds = market if usual else market[market["signal"] != "funding_round"]  # a stage that rounds raise would drift
    stage_at, stage_now = signals.funding_history(firms, rounds)
    customer = bought_at < END
    subscriptions, arr_changes = subscription_tables(firms, customers, moves)
    lost_to = _adopted_from_rival(deals, journeys, seed)
    tables = {
        "accounts": acc.accounts_table(firms, sizes, stage_now, customer, seed),
        "account_history": acc.history_table(firms, sizes, stage_at),
        "deals": pd.concat([new_logo_table(firms, deals, seed), later_deals(firms, customers, moves, seed)], ignore_index=True),
        "deal_stages": stages_table(deals, seed),
        "technologies": _technologies_table(account_id, pd.concat([tech, lost_to], ignore_index=True)),
        "events": activity.events_table(account_id, events),
        "signals": _signals_table(account_id, market),
        "subscriptions": subscriptions,
        "arr_changes": arr_changes,
        "customer_health": health_table(firms, customers, seed),
        "contacts": people.contacts_table(firms, deals, seed),
        "interactions": people.interactions_table(firms, deals, seed),
        "interviews": people.interviews_table(firms, deals, customers, seed),
    }
    return Company(
        tables=tables,
        truth={
            "deals": _deal_truth(account_id, deals, list(truth.WIN), retain=float(retain.mean()) if null and len(retain) else None),
            "customers": _customer_truth(account_id, won, customers, x_won, retain),
        },
        targets=target_list(tables["accounts"], tables["deals"], tables["subscriptions"], seed),
        seed=seed,
        null=null,
        story=story,
    )


def _usual_retention(x: pd.DataFrame, fit: Floats) -> float:
    """The mean probability of staying that the wins would have had, if outcomes followed the truth."""
    fair, deep = (truth.p_retain(x.assign(x_deep_discount=flag)) for flag in (0.0, 1.0))
    weight_deep = fit * DEEP_ANYWAY + (1 - fit) * BOUGHT
    weight_fair = fit * (1 - DEEP_ANYWAY)
    return float((weight_fair @ fair + weight_deep @ deep) / (weight_fair + weight_deep).sum())


def _before_purchase(before: pd.DataFrame, journeys: pd.DataFrame, bought_at: np.ndarray) -> pd.DataFrame:
    """Without the evaluations that a customer would have made: it has the product."""
    moment = np.append(journeys["at"].to_numpy(np.int64), 0)[before["journey"].to_numpy(np.int64)]
    kept: pd.DataFrame = before[moment <= bought_at[before["account"].to_numpy(np.int64)]]
    return kept


def _adopted_from_rival(deals: pd.DataFrame, journeys: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Some who were lost take a competitor's product afterwards, where no later evaluation would see it."""
    rng = generator(seed, "rivals")
    lost = deals[~deals["won"] & (deals["closed"] < END)]
    last = journeys.groupby("account")["at"].max()
    lost = lost[lost["created"].to_numpy() >= last.loc[lost["account"]].to_numpy()]
    lost = lost[rng.random(len(lost)) < 0.25]
    first = (lost["closed"].to_numpy(np.int64) // 86_400 + rng.integers(10, 90, len(lost))) * 86_400
    table = pd.DataFrame(
        {"account": lost["account"].to_numpy(), "technology": "Rivalgrid", "category": "competitor", "first": first, "last": NEVER}
    )
    return table[table["first"] < END]


def _technologies_table(account_id: np.ndarray, tech: pd.DataFrame) -> pd.DataFrame:
    ordered = tech.sort_values(["account", "first", "technology"], kind="stable").drop_duplicates(["account", "technology", "first"])
    return pd.DataFrame(
        {
            "account_id": account_id[ordered["account"].to_numpy(np.int64)],
            "technology": ordered["technology"].to_numpy(),
            "category": ordered["category"].to_numpy(),
            "first_seen_at": stamps(ordered["first"].to_numpy(np.int64)),
            "last_seen_at": stamps(ordered["last"].to_numpy(np.int64)),
        }
    )


def _signals_table(account_id: np.ndarray, market: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": account_id[market["account"].to_numpy(np.int64)],
            "occurred_at": stamps(market["at"].to_numpy(np.int64)),
            "signal": market["signal"].to_numpy(),
            "topic": market["topic"].to_numpy(),
            "strength": market["strength"].to_numpy(),
        }
    )


def _deal_truth(account_id: np.ndarray, deals: pd.DataFrame, columns: list[str], retain: float | None) -> pd.DataFrame:
    """``retain``: of every customer alike; None where it follows the truth."""
    fit = deals["p_fit"].to_numpy(np.float64)
    stay = truth.p_retain(deals.assign(x_deep_discount=0.0)) if retain is None else np.full(len(deals), retain)
    head = pd.DataFrame(
        {
            "deal_id": deals["deal_id"],
            "account_id": account_id[deals["account"].to_numpy(np.int64)],
            "created_at": stamps(deals["created"].to_numpy(np.int64)),
            "p_win": fit + (1 - fit) * BOUGHT,
            "p_win_fit": fit,
            "p_retain_fit": stay,
            "won_in_the_end": deals["won"].astype(np.int8),
            "deep_discount": deals["deep"].astype(np.int8),
            "under_30": deals["x_under_30"],
        }
    )
    return pd.concat([head, deals[columns]], axis=1)


def _customer_truth(account_id: np.ndarray, won: pd.DataFrame, customers: pd.DataFrame, x: pd.DataFrame, retain: Floats) -> pd.DataFrame:
    head = pd.DataFrame(
        {
            "deal_id": won["deal_id"],
            "account_id": account_id[won["account"].to_numpy(np.int64)],
            "created_at": stamps(won["created"].to_numpy(np.int64)),
            "p_retain": retain,
            "healthy": customers["stays"].astype(np.int8),
        }
    )
    table = pd.concat([head, x[list(truth.RETAIN)]], axis=1)
    return table[won["closed"].to_numpy(np.int64) < END].reset_index(drop=True)
