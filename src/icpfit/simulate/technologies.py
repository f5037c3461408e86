"""Which technologies an account uses, from when, and until when."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icpfit.simulate.accounts import Firms
from icpfit.simulate.timeline import DAY, END, NEVER, START, Floats, days, generator, pick, sigmoid

# category, products, log-odds of ever adopting, effect of technical maturity, effect of log size
CATEGORIES: tuple[tuple[str, tuple[str, ...], float, float, float], ...] = (
    ("data_warehouse", ("Snowflake", "BigQuery", "Redshift", "Databricks"), 0.1, 1.2, 0.2),
    ("crm", ("Salesforce", "HubSpot CRM", "Pipedrive"), 1.0, 0.2, 0.3),
    ("marketing_automation", ("Marketo", "HubSpot Marketing", "Mailchimp"), 0.2, 0.3, 0.2),
    ("data_pipeline", ("Fivetran", "Airbyte", "dbt"), -0.9, 0.9, 0.1),
    ("analytics", ("Tableau", "Looker", "Power BI"), 0.3, 0.4, 0.3),
    ("support_desk", ("Zendesk", "Freshdesk"), 0.0, 0.0, 0.2),
    ("competitor", ("Rivalgrid", "Streamforge"), -1.3, 0.2, 0.2),
)


def adopt(firms: Firms, seed: int) -> pd.DataFrame:
    """``account, technology, category, first, last`` (seconds; ``last`` = NEVER while in use)."""
    rng = generator(seed, "technologies")
    n = len(firms)
    log_size: Floats = np.log(firms.sizes[:, 0] / 80.0)
    frames = []
    for category, products, base, by_maturity, by_size in CATEGORIES:
        has = rng.random(n) < sigmoid(base + by_maturity * firms.maturity + by_size * log_size)
        who = np.flatnonzero(has)
        early = rng.random(len(who)) < 0.72
        first = np.where(early, START - days(rng.uniform(1, 1100, len(who))), START + days(rng.uniform(0, 1455, len(who))))
        dropped = rng.random(len(who)) < (0.25 if category == "competitor" else 0.14)
        last = np.where(dropped, np.maximum(first, START) + days(rng.uniform(60, 1300, len(who))), NEVER)
        frames.append(
            pd.DataFrame(
                {
                    "account": who,
                    "technology": pick(rng, list(products), len(who)),
                    "category": category,
                    "first": first // DAY * DAY,
                    "last": np.where(last < END, last // DAY * DAY, NEVER),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
