"""A company with known truth: training sets whose true probabilities are planted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from icpfit.config import FeatureSpec, Layer
from icpfit.moments import DAY, quarter_of, quarter_start, to_timestamps
from icpfit.training_set import Timing, TrainingSet

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Planted:
    """A training set, the true probability of each row, and the design of a model that is given the true form."""

    training: TrainingSet
    p_true: Floats
    form: Floats


def _windows(rng: np.random.Generator, rate: Floats, spread: float) -> tuple[Floats, Floats, Floats]:
    """Counts in 7, 30 and 90 days of one Poisson stream: nested, so the wider window is never smaller."""
    level = rate * rng.gamma(1 / spread, spread, len(rate))
    c7 = rng.poisson(level * 0.3)
    c30 = c7 + rng.poisson(level * 0.5)
    c90 = c30 + rng.poisson(level * 0.7)
    return c7.astype(float), c30.astype(float), c90.astype(float)


def plant(
    n: int = 3000,
    seed: int = 0,
    *,
    null: bool = False,
    strength: float = 1.0,
    junk: int = 8,
    windows: int = 3,
    years: int = 4,
    timing: Timing = "dated",
    win_rate: float = 0.27,
) -> Planted:
    """``n`` deals of about ``n / 1.4`` accounts. ``windows`` streams of events without merit, ``junk`` columns of noise."""
    rng = np.random.default_rng(seed)
    account = rng.integers(0, max(2, int(n / 1.1)), n)
    start = quarter_start("2022Q1")
    created = np.sort(start + (rng.random(n) ** 0.8 * years * 365 * DAY).astype(np.int64))
    closed = created + (rng.gamma(2.0, 25.0, n) * DAY).astype(np.int64)

    size = np.exp(rng.normal(4.4, 1.2, n))
    region = rng.choice(["AMER", "EMEA", "APAC", "LATAM"], n, p=[0.45, 0.3, 0.18, 0.07])
    industry = rng.choice([f"industry {i}" for i in range(12)], n)
    tech_level = rng.normal(0.3 * (np.char.find(industry.astype(str), "1") >= 0), 1, n)
    columns: dict[str, tuple[Layer, object, str | None]] = {}
    employees = np.where(rng.random(n) < 0.06, np.nan, np.round(size))
    columns["employees"] = ("firmographic", employees, None)
    columns["revenue"] = ("firmographic", np.round(size * np.exp(rng.normal(11, 0.5, n))), None)
    columns["region"] = ("firmographic", region, None)
    columns["industry"] = ("firmographic", industry, None)
    columns["city"] = ("firmographic", rng.choice([f"city {i}" for i in range(60)], n), None)
    columns["founded"] = ("firmographic", rng.integers(1970, 2022, n).astype(float), None)
    tech = {}
    for i in range(8):
        tech[i] = (tech_level + rng.normal(0, 1.5, n) > 0.8).astype(float)
        columns[f"tech_{i}"] = ("technographic", tech[i], "increasing" if i == 0 else None)
    active = rng.random(n) < 0.55
    users = _windows(rng, np.where(active, 3.0, 0.2), 0.8)
    views = _windows(rng, np.where(active, 1.2, 0.5), 1.5)
    for name, counts, monotone in (("users", users, "increasing"), ("views", views, "increasing")):
        for days, c in zip((7, 30, 90), counts, strict=True):
            columns[f"{name}_{days}d"] = ("behavioral", c, monotone)
    api = (active & (rng.random(n) < 0.4)).astype(float)
    columns["api_48h"] = ("behavioral", np.where(rng.random(n) < 0.03, np.nan, api), "increasing")
    for i in range(windows):
        for days, c in zip((7, 30, 90), _windows(rng, np.where(active, 2.0, 1.0), 1.0), strict=True):
            columns[f"event_{i}_{days}d"] = ("behavioral", c, None)
    funding = (rng.random(n) < 0.15).astype(float)
    layoffs = (rng.random(n) < 0.08).astype(float)
    surge = _windows(rng, np.full(n, 0.8), 1.0)
    columns["funding_180d"] = ("intent", funding, "increasing")
    columns["layoffs_90d"] = ("intent", layoffs, "decreasing")
    for days, c in zip((7, 30, 90), surge, strict=True):
        columns[f"surge_{days}d"] = ("intent", c, None)
    for i in range(junk):
        columns[f"junk_{i}"] = ("intent", rng.normal(size=n) if i % 2 else rng.poisson(1.0, n).astype(float), None)

    hump = np.exp(-((np.log(size) - np.log(80)) ** 2) / (2 * 0.7**2))
    apac = (region == "APAC").astype(float)
    terms = np.column_stack(
        [
            hump, apac, np.log1p(users[1]), np.log1p(views[1]), np.log1p(views[1]) * apac, api, api * apac,
            tech[0], tech[3], funding, layoffs, np.log1p(surge[2]),
        ]
    )  # fmt: skip
    weights = np.array([1.5, -0.1, 0.55, 0.6, -0.5, 0.9, -0.8, 0.7, -0.4, 0.9, -0.9, 0.4]) * strength
    score = np.zeros(n) if null else terms @ weights
    low, high = -20.0, 20.0
    for _ in range(60):
        mid = (low + high) / 2
        low, high = (mid, high) if (1 / (1 + np.exp(-(score + mid)))).mean() < win_rate else (low, mid)
    p_true = 1 / (1 + np.exp(-(score + low)))
    label = (rng.random(n) < p_true).astype(np.int8)
    ids = np.array([f"D{i:06d}" for i in range(n)], dtype=object)
    position = created if timing == "dated" else (np.arange(n) if timing == "ordered" else np.zeros(n, dtype=np.int64))
    if timing == "dated":
        cohort = quarter_of(created)
    elif timing == "ordered":
        edges = np.linspace(0, n, 11).astype(int)
        cohort = np.array(
            [f"rows {edges[k] + 1}-{edges[k + 1]}" for k in np.searchsorted(edges, np.arange(n), side="right") - 1], dtype=object
        )
    else:
        cohort = np.full(n, "all", dtype=object)

    def labels_at(moment: int) -> Floats:
        known = closed < moment if timing == "dated" else (position < moment if timing == "ordered" else np.ones(n, dtype=bool))
        return np.where(known, label, np.nan).astype(np.float64)

    as_of = to_timestamps(created) if timing == "dated" else pd.Series(np.full(n, "NaT", dtype="datetime64[us]"))
    account_text = np.array([f"A{a:06d}" for a in account], dtype=object)
    frame = pd.DataFrame({"deal_id": ids, "account_id": account_text, "as_of": as_of, "cohort": cohort, "label": label})
    specs = []
    for name, (layer, values, monotone) in columns.items():
        kind = "category" if np.asarray(values).dtype.kind in "UO" else "number"
        frame[name] = (
            pd.Series(np.asarray(values, dtype=object), dtype=object) if kind == "category" else np.asarray(values, dtype=np.float64)
        )
        specs.append(
            FeatureSpec(
                name=name,
                label=name.replace("_", " "),
                layer=layer,
                table="accounts",
                aggregate="value",
                column=name,
                kind=kind,
                monotone=monotone,
            )
        )
    training = TrainingSet(
        outcome="win",
        frame=frame,
        specs=tuple(specs),
        position=position.astype(np.int64),
        labels_at=labels_at,
        amount=np.exp(rng.normal(9.5, 0.8, n)),
        timing=timing,
        considered=n,
        left_out={},
        left_out_rows=pd.DataFrame({"deal_id": [], "account_id": [], "reason": []}),
        fingerprint=f"planted-{n}-{seed}",
    )
    return Planted(training, p_true, terms)


def reorder(training: TrainingSet, order: npt.NDArray[np.int64]) -> TrainingSet:
    """The same deals, in another order of rows."""
    import dataclasses

    return dataclasses.replace(
        training,
        frame=training.frame.iloc[order].reset_index(drop=True),
        position=training.position[order],
        labels_at=lambda moment: training.labels_at(moment)[order],
        amount=training.amount[order],
    )


@pytest.fixture(scope="session")
def planted() -> Callable[..., Planted]:
    return plant


@pytest.fixture(scope="session")
def shuffled() -> Callable[[TrainingSet, npt.NDArray[np.int64]], TrainingSet]:
    return reorder
