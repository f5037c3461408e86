"""A target list, as marketing would hand it in: mostly accounts that the CRM knows, some that it does not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icpfit.simulate.accounts import COUNTRIES, INDUSTRIES, REGIONS
from icpfit.simulate.timeline import generator, pick

ROWS = 500
UNKNOWN = 60


def target_list(accounts: pd.DataFrame, deals: pd.DataFrame, subscriptions: pd.DataFrame, seed: int) -> pd.DataFrame:
    """About 500 rows: ``account_id, domain, name, industry, employee_count, country, region``.

    Known accounts have neither an open deal nor ever had a subscription; unknown ones have a domain, a name
    and what a list vendor says of them.
    """
    rng = generator(seed, "targets")
    taken = set(deals.loc[(deals["stage"] == "open") | (deals["deal_type"] != "new_logo"), "account_id"]) | set(subscriptions["account_id"])
    won = set(deals.loc[deals["stage"] == "won", "account_id"])
    free = accounts[~accounts["account_id"].isin(taken | won)]
    columns = ["account_id", "domain", "name", "industry", "employee_count", "country", "region"]
    known = free.iloc[np.sort(rng.permutation(len(free))[: ROWS - UNKNOWN])][columns].astype({"employee_count": object})
    region = pick(rng, list(REGIONS), UNKNOWN)
    new = pd.DataFrame(
        {
            "account_id": None,
            "domain": [f"newcomer-{i:03d}.example" for i in range(1, UNKNOWN + 1)],
            "name": [f"Newcomer {i}" for i in range(1, UNKNOWN + 1)],
            "industry": pick(rng, [i[0] for i in INDUSTRIES], UNKNOWN),
            "employee_count": np.round(np.exp(rng.normal(np.log(90), 1.0, UNKNOWN))).astype(np.int64),
            "country": [COUNTRIES[r][0][0] for r in region],
            "region": region,
        }
    ).astype({"employee_count": object})
    both = pd.concat([known, new], ignore_index=True)
    return both.iloc[rng.permutation(len(both))].reset_index(drop=True)
