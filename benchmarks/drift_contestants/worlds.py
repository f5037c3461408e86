"""Two tables of 25 mixed features, and what moved between them. numpy and pandas alone: the peers draw the same in their own environments.

All contestants are asked about the same rows: a repetition draws its rows from its sizes and its number, and a scenario changes the
current ones afterwards.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LEVELS = np.array(list("abcdefgh"), dtype=object)
SHARES = np.array([0.26, 0.2, 0.16, 0.12, 0.1, 0.08, 0.05, 0.03])
CHANGED_SHARES = SHARES * np.array([0.8, 1.25, 0.8, 1.25, 0.8, 1.25, 0.8, 1.25])
NUMBER, COUNT, CATEGORY, FLAG, SKEWED = (f"{kind}_0" for kind in ("number", "count", "category", "flag", "skewed"))
PAIR = ("number_3", "number_4")
"""the two that go together at .6"""
STRANGERS = ("number_8", "number_9")
"""two that have nothing to do with each other"""
TOGETHER = 0.6
GAPS = 0.3

MARGINAL = {
    "mean": "mean +.5 sd in one",
    "spread": "spread ×1.5 in one",
    "category": "10 points of a category moved",
    "shares": "every share of a category changed by a quarter or a fifth",
    "count": "rate of a skewed count +30 %",
    "gaps": "gaps from 30 to 45 %",
    "small": "all 10 numbers +.1 sd",
}
JOINT = {"lost": "correlation lost (.6 to 0)", "weaker": "correlation weaker (.6 to .2)", "new": "correlation that was not there (0 to .6)"}
SCENARIOS = {"none": "none", **MARGINAL, **JOINT}
SIZES = ((1_000, 60), (1_000, 200), (1_000, 1_000), (1_000, 100_000), (100_000, 100_000))
"""reference and current rows"""

BANK = {
    "bank_time": "later blocks, all columns",
    "bank_people_time": "later blocks, without the five columns of the economy",
    "bank_shuffled": "rows shuffled, all columns",
    "bank_people_shuffled": "rows shuffled, without the five columns of the economy",
}
BANK_REFERENCE, BANK_BLOCK = 5_000, 1_000
ECONOMY = ["emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"]


@dataclass(frozen=True)
class World:
    """``moved``: what an alarm should name: features, or the two of a correlation. ``kind``: feature, missing, correlation or none."""

    reference: pd.DataFrame
    current: pd.DataFrame
    moved: frozenset[str]
    kind: str

    @property
    def fingerprint(self) -> str:
        """The same rows have the same, whatever drew them."""
        digest = hashlib.sha256()
        for column in (side[c] for side in (self.reference, self.current) for c in side):
            plain = pd.api.types.is_float_dtype(column.dtype)
            digest.update(column.to_numpy(np.float64).tobytes() if plain else "|".join(map(str, column)).encode())
        return digest.hexdigest()[:12]


def draw(scenario: str, n_reference: int, n_current: int, repetition: int) -> World:
    if scenario in BANK:
        return bank(scenario, repetition)
    rng = np.random.default_rng([n_reference, n_current, repetition])
    reference, current = rows(n_reference, rng), rows(n_current, rng)
    change = np.random.default_rng([n_reference, n_current, repetition, 1])
    n, moved, kind = n_current, frozenset[str](), "feature"
    if scenario == "none":
        kind = "none"
    elif scenario == "mean":
        current[NUMBER] += 0.5
        moved = frozenset({NUMBER})
    elif scenario == "spread":
        current[NUMBER] *= 1.5
        moved = frozenset({NUMBER})
    elif scenario == "category":
        current.loc[(current[CATEGORY] == LEVELS[0]) & (change.random(n) < 0.1 / SHARES[0]), CATEGORY] = LEVELS[1]
        moved = frozenset({CATEGORY})
    elif scenario == "shares":
        current[CATEGORY] = change.choice(LEVELS, n, p=CHANGED_SHARES / CHANGED_SHARES.sum())
        moved = frozenset({CATEGORY})
    elif scenario == "count":
        current[COUNT] += change.poisson(0.3 * rate(current[NUMBER].to_numpy()))
        moved = frozenset({COUNT})
    elif scenario == "gaps":
        current.loc[change.random(n) < 0.15 / (1 - GAPS), SKEWED] = np.nan
        moved, kind = frozenset({SKEWED}), "missing"
    elif scenario == "small":
        moved = frozenset(c for c in current if c.startswith("number"))
        for c in moved:
            current[c] += 0.1
    else:
        (a, b), now = {"lost": (PAIR, 0.0), "weaker": (PAIR, 0.2), "new": (STRANGERS, TOGETHER)}[scenario]
        current[b] = now * current[a] + np.sqrt(1 - now**2) * change.normal(size=n)
        moved, kind = frozenset({a, b}), "correlation"
    return World(reference, current, moved, kind)


def rate(x: Any) -> Any:
    """Of the skewed counts: 1 in the mean."""
    return np.exp(0.6 * x - 0.18)


def rows(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """10 numbers of which some go together, 4 skewed counts, 4 categories of 8 levels, 4 flags, 3 skewed numbers with 30 % gaps."""
    numbers = rng.normal(size=(n, 10))
    numbers[:, 4] = TOGETHER * numbers[:, 3] + np.sqrt(1 - TOGETHER**2) * numbers[:, 4]
    numbers[:, 7] = 0.4 * numbers[:, 6] + np.sqrt(1 - 0.16) * numbers[:, 7]
    columns: dict[str, Any] = {f"number_{j}": numbers[:, j] for j in range(10)}
    columns |= {f"count_{j}": rng.poisson(rate(numbers[:, j])).astype(np.float64) for j in range(4)}
    columns |= {f"category_{j}": rng.choice(LEVELS, n, p=SHARES) for j in range(4)}
    columns |= {f"flag_{j}": rng.random(n) < 0.1 + 0.2 * j for j in range(4)}
    columns |= {f"skewed_{j}": np.where(rng.random(n) < GAPS, np.nan, np.exp(0.8 * rng.normal(size=n))) for j in range(3)}
    return pd.DataFrame(columns)


@lru_cache(maxsize=1)
def bank_rows() -> pd.DataFrame:
    """UCI bank marketing, 41,188 calls in the order of time; how long a call took is known after it alone. ``year``: 2008 to 2010."""
    table = pd.read_csv(Path(os.environ["ICPFIT_REAL_DATA"]) / "uci_bank_marketing" / "bank-additional-full.csv", sep=";")
    month = table["month"].map({m: i for i, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())})
    return table.drop(columns=["duration", "y"]).assign(year=2008 + (month.diff() < 0).cumsum())


def bank_blocks() -> int:
    return (len(bank_rows()) - BANK_REFERENCE) // BANK_BLOCK


def block_of(repetition: int) -> slice:
    start = BANK_REFERENCE + repetition * BANK_BLOCK
    return slice(start, start + BANK_BLOCK)


def bank(scenario: str, repetition: int) -> World:
    """The first 5,000 rows and a block of 1,000 later ones; or the same places of the rows in an order of the repetition's own."""
    table = bank_rows().drop(columns=["year", "month", "day_of_week"])
    if "people" in scenario:
        table = table.drop(columns=ECONOMY)
    shuffled = scenario.endswith("shuffled")
    if shuffled:
        table = table.iloc[np.random.default_rng([repetition, 2]).permutation(len(table))]
    block = block_of(0 if shuffled else repetition)
    parts = (table.iloc[:BANK_REFERENCE], table.iloc[block])
    return World(
        *(p.reset_index(drop=True).astype(dict.fromkeys(p.select_dtypes(exclude="number"), object)) for p in parts), frozenset(), "none"
    )
