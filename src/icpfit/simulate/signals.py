"""Intent signals: what the market says of an account."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icpfit.simulate.accounts import FUNDING_STAGES, Firms
from icpfit.simulate.timeline import END, START, Ints, days, generator, pick

YEARS = (END - START) / (365.25 * 86_400)
# signal, mean number a year, spread between accounts (sd of the log rate), topics
SIGNALS: tuple[tuple[str, float, float, tuple[str, ...]], ...] = (
    ("funding_round", 0.16, 0.6, ("",)),
    ("job_posting", 1.3, 0.9, ("data engineer", "analytics engineer", "sales operations", "account executive")),
    ("layoffs", 0.16, 0.5, ("",)),
    ("hiring_freeze", 0.14, 0.5, ("",)),
    ("topic_surge", 1.2, 0.8, ("data integration", "reverse etl", "customer data", "crm migration")),
    ("leadership_hire", 0.25, 0.5, ("chief revenue officer", "head of data", "vp marketing")),
)
# signal, share of evaluations that it goes before, days before them
LED_BY: tuple[tuple[str, float, float, float], ...] = (
    ("funding_round", 0.12, 15, 170),
    ("job_posting", 0.25, 5, 85),
    ("layoffs", 0.07, 10, 170),
    ("hiring_freeze", 0.06, 10, 170),
    ("topic_surge", 0.35, 3, 80),
)


def observe(firms: Firms, journeys: pd.DataFrame, seed: int) -> pd.DataFrame:
    """``account, at, signal, topic, strength``: a background at its own rate, and what sets evaluations off."""
    rng = generator(seed, "signals")
    n = len(firms)
    frames = []
    moment = journeys["at"].to_numpy(np.int64)
    account = journeys["account"].to_numpy(np.int64)
    for signal, yearly, spread, topics in SIGNALS:
        rate = yearly * YEARS * np.exp(rng.normal(0, spread, n) - spread**2 / 2)
        who = np.repeat(np.arange(n), rng.poisson(rate))
        at = START + np.floor(rng.random(len(who)) * (END - START)).astype(np.int64)
        for led, share, nearest, farthest in LED_BY:
            if led == signal:
                count = rng.binomial(1, share, len(moment)) * (
                    1 + rng.poisson(0.6 if signal in ("job_posting", "topic_surge") else 0, len(moment))
                )
                who = np.concatenate([who, np.repeat(account, count)])
                at = np.concatenate([at, np.repeat(moment, count) - days(rng.uniform(nearest, farthest, int(count.sum())))])
        topic = pick(rng, list(topics), len(who))
        topic[topic == ""] = None
        frames.append(
            pd.DataFrame({"account": who, "at": at, "signal": signal, "topic": topic, "strength": np.round(rng.beta(2, 2, len(who)) * 100)})
        )
    table = pd.concat(frames, ignore_index=True)
    table = table[(table["at"] >= START) & (table["at"] < END)]
    return table.sort_values(["at", "account", "signal"], kind="stable", ignore_index=True)


def funding_history(firms: Firms, signals: pd.DataFrame) -> tuple[pd.DataFrame, Ints]:
    """Stages after each round (``account, at, stage``) and the stage of every account today."""
    rounds = signals.loc[signals["signal"] == "funding_round", ["account", "at"]].sort_values(["account", "at"], kind="stable")
    account = rounds["account"].to_numpy(np.int64)
    order = rounds.groupby("account").cumcount().to_numpy() + 1
    top = len(FUNDING_STAGES) - 1
    stage = np.minimum(firms.stage[account] + order, np.maximum(firms.stage[account], top - 1))
    now = firms.stage.copy()
    now[account] = stage  # sorted by time, the last one stays
    return rounds.assign(stage=stage).reset_index(drop=True), now
