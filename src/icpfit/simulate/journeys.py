"""Evaluations: the times at which an account looks around, some of which become a deal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icpfit.simulate.accounts import Firms
from icpfit.simulate.timeline import DRIFT_FROM, END, START, Floats, days, generator, sigmoid

FIRST_DAY = 75
"""The first evaluation can come so many days after the data begin, so that windows have something to look at."""
LEAST_GAP, MOST_GAP = 240, 700
"""Days between two evaluations of one account: longer than any window, so that one does not leak into the next."""
LONGEST = 6


def plan_journeys(firms: Firms, seed: int) -> pd.DataFrame:
    """One row per evaluation: ``account, ordinal, at, engaged, trial, trial_at, candidate``.

    ``engaged`` (standard normal) drives how much an account does; ``candidate`` says that sales would
    open a deal at ``at``. In the last year large accounts become deals more often, small ones less.
    """
    rng = generator(seed, "journeys")
    n = len(firms)
    gaps = rng.uniform(LEAST_GAP, MOST_GAP, (n, LONGEST))
    gaps[:, 0] = rng.uniform(0, 0.5 * (LEAST_GAP + MOST_GAP), n)
    at = START + days(FIRST_DAY + np.cumsum(gaps, axis=1))
    lasting = 0.35 * firms.maturity
    engaged = lasting[:, None] + rng.normal(0, 0.85, (n, LONGEST))
    wants_trial = rng.random((n, LONGEST)) < sigmoid(0.5 + 0.5 * engaged)
    again = rng.random((n, LONGEST)) < 0.15
    tried = np.cumsum(wants_trial, axis=1) - wants_trial > 0
    trial = wants_trial & (~tried | again)
    lag = np.clip(np.exp(rng.normal(np.log(14), 0.7, (n, LONGEST))), 0.5, 60)
    wants_deal = rng.random((n, LONGEST))
    who, which = np.nonzero(at < END + days(40))
    moment = at[who, which]
    table = pd.DataFrame(
        {
            "account": who,
            "ordinal": which,
            "at": moment,
            "engaged": engaged[who, which],
            "trial": trial[who, which],
            "trial_at": moment - days(lag[who, which]),
            "candidate": wants_deal[who, which] < _deal_share(np.log(firms.employees(who, moment)), moment),
        }
    )
    return table.reset_index(drop=True)


def _deal_share(log_size: Floats, at: np.ndarray) -> Floats:
    """How often an evaluation becomes a deal: more as the company grows, and up-market in the last year."""
    grown = (at - START) / (END - START)
    share = 0.27 + 0.19 * grown
    shift = np.clip(0.28 * (log_size - np.log(90)), -0.5, 0.8)
    return np.asarray(np.clip(share * np.where(at >= DRIFT_FROM, np.exp(shift), 1.0), 0, 0.95), dtype=np.float64)
