"""A planted company: an additive truth of steps, and depth-1 models of it, small enough to train in a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from icpfit.config import FeatureSpec, Outcome
from icpfit.models.calibration import Calibration
from icpfit.models.encoding import Encoding
from icpfit.models.results import Backtest, Evidence, FittedModel, FoldModel, Metrics, OutcomeResult
from icpfit.moments import DAY, parse_moment, quarter_of, to_timestamps
from icpfit.scorecard.card import TIER_NAMES, Attribute, Bin, Disqualification, Fidelity, Scorecard, Tier
from icpfit.training_set import TrainingSet

START = parse_moment("2023-01-01")
DAYS = 1096


def spec(name: str, layer: str, kind: str = "number", unit: str = "", monotone: str | None = None) -> FeatureSpec:
    return FeatureSpec.model_validate(
        {
            "name": name,
            "label": name.replace("_", " ").capitalize(),
            "layer": layer,
            "kind": kind,
            "unit": unit,
            "monotone": monotone,
            "table": "accounts",
            "aggregate": "value",
            "why": "planted",
        }
    )


SPECS = (
    spec("employees", "firmographic", unit="employees"),
    spec("country", "firmographic", "category"),
    spec("warehouse", "technographic", "flag"),
    spec("page_views", "behavioral", unit="page views", monotone="increasing"),
    spec("page_views_twin", "behavioral", unit="page views"),
    spec("recency", "intent", unit="days"),
    spec("noise", "intent"),
)


def features_of(n: int, rng: np.random.Generator) -> pd.DataFrame:
    views = rng.poisson(2.0, n).astype(float)
    frame = pd.DataFrame(
        {
            "employees": np.round(np.exp(rng.normal(4.3, 1.2, n))),
            "country": rng.choice(
                np.array(["US", "DE", "FR", "CA", "JP", "BR", "MT"], dtype=object), n, p=[0.4, 0.2, 0.15, 0.1, 0.1, 0.046, 0.004]
            ),
            "warehouse": (rng.random(n) < 0.4).astype(float),
            "page_views": views,
            "page_views_twin": views + (rng.random(n) < 0.05),
            "recency": np.where(rng.random(n) < 0.35, np.nan, rng.uniform(0, 180, n)),
            "noise": rng.normal(size=n),
        }
    )
    frame.loc[rng.random(n) < 0.1, "employees"] = np.nan
    frame.loc[rng.random(n) < 0.05, "country"] = None
    frame.loc[rng.random(n) < 0.08, "warehouse"] = np.nan
    # As a training set holds it; pandas would make texts of its own kind of it.
    return frame.astype({"country": object}).assign(country=lambda f: f["country"].where(f["country"].notna(), None))


def truth(features: pd.DataFrame) -> np.ndarray:
    """Log-odds of winning: steps at 50 and 120 employees, 1 and 4 views, 30 days; countries in two groups."""
    size = np.select([features["employees"] < 50, features["employees"] < 120], [-0.4, 1.0], -0.2)
    country = np.where(features["country"].isin(["US", "CA"]), 0.7, -0.2)
    views = np.select([features["page_views"] < 1, features["page_views"] < 4], [-0.9, 0.1], 1.1)
    recent = np.where(features["recency"] < 30, 0.8, 0.0)
    return np.asarray(
        -1.6 + np.where(features["employees"].isna(), 0, size) + country + 0.9 * features["warehouse"].fillna(0.4) + views + recent
    )


def staying(features: pd.DataFrame) -> np.ndarray:
    """Log-odds of staying: the warehouse helps, under 50 employees hurts."""
    return np.asarray(0.6 + 1.2 * features["warehouse"].fillna(0.4) - 1.2 * (features["employees"] < 50))


def fit(outcome: Outcome, features: pd.DataFrame, label: np.ndarray, rounds: int = 120, **more: object) -> FittedModel:
    """A depth-1 model with the declared directions."""
    encoding = Encoding.fit(features, tuple(s.name for s in SPECS if s.kind == "category" and s.name in features))
    directions = {"increasing": 1, "decreasing": -1}
    parameters: dict[str, object] = {
        "objective": "binary",
        "num_leaves": 2,
        "learning_rate": 0.1,
        "min_data_in_leaf": 20,
        "monotone_constraints": [directions.get(s.monotone or "", 0) for s in SPECS if s.name in features],
        "deterministic": True,
        "force_row_wise": True,
        "seed": 1,
        "num_threads": 1,
        "verbose": -1,
        **more,
    }
    booster = lgb.train(parameters, lgb.Dataset(encoding.apply(features), label), rounds)
    return FittedModel(outcome, booster.model_to_string(), encoding, Calibration(0.0, 1.0, (), (), (), ()), {}, float(label.mean()))


@dataclass(frozen=True)
class Planted:
    training: TrainingSet
    result: OutcomeResult
    log_odds: np.ndarray

    @property
    def taught(self) -> tuple[TrainingSet, OutcomeResult]:
        return self.training, self.result


METRICS = Metrics(1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.0, 1.0, 0.0, 1.0, 1.0, 0.2, None)


def company(
    n: int = 3000,
    seed: int = 0,
    outcome: Outcome = "win",
    folds: int = 3,
    rule: Callable[[pd.DataFrame], np.ndarray] = truth,
    **fitting: object,
) -> Planted:
    """Deals over three years, tested on the newest ``folds`` quarters by models of the deals before."""
    rng = np.random.default_rng(seed)
    position = np.sort(rng.integers(0, DAYS, n)) * DAY + START
    features = features_of(n, rng)
    log_odds = rule(features)
    label = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(np.int8)
    cohort = quarter_of(position)
    frame = pd.DataFrame(
        {
            "deal_id": [f"D{i:05}" for i in range(n)],
            "account_id": [f"A{i:05}" for i in rng.integers(0, int(0.9 * n), n)],
            "as_of": to_timestamps(position),
            "cohort": cohort,
            "label": label,
        }
    )
    training = TrainingSet(
        outcome,
        pd.concat([frame, features], axis=1),
        SPECS,
        position,
        lambda _: label.astype(float),
        np.full(n, np.nan),
        "dated",
        n,
        {},
        pd.DataFrame(),
        "f",
    )
    tested = []
    for quarter in sorted(set(cohort))[-folds:]:
        past, test = np.flatnonzero(cohort < quarter), np.flatnonzero(cohort == quarter)
        model = fit(outcome, features.iloc[past], label[past], **fitting)
        tested.append(FoldModel(quarter, past, label[past].astype(float), test, model, model.probability(features.iloc[test])))
    model = fit(outcome, features, label, **fitting)
    wins = int(label.sum())
    result = OutcomeResult(
        outcome,
        "signal",
        "There is a signal.",
        Evidence("established", wins, n - wins),
        (),
        (),
        {},
        0.3,
        0.2,
        0.4,
        model,
        Backtest(True, tuple(tested), METRICS, {}, {}),
    )
    return Planted(training, result, log_odds)


@pytest.fixture(scope="session")
def make_company() -> Callable[..., Planted]:
    return company


@pytest.fixture(scope="session")
def fit_model() -> Callable[..., FittedModel]:
    return fit


@pytest.fixture(scope="session")
def win() -> Planted:
    return company()


@pytest.fixture(scope="session")
def keep() -> Planted:
    return company(n=1200, seed=1, outcome="retention", rule=staying)


@pytest.fixture(scope="session")
def make_features() -> Callable[[int], pd.DataFrame]:
    return lambda n: features_of(n, np.random.default_rng(n))


@pytest.fixture(scope="session")
def small_card() -> Scorecard:
    """Two attributes by hand: employees (edges 50 and 120) and country (a quote in a name), one disqualifier."""

    def cell(label: str, points: int, **where: object) -> Bin:
        return Bin(label, points, max(points - 2.5, 0), points + 2.5, 10, 0.25, **where)  # type: ignore[arg-type]

    employees = (
        cell("under 50 employees", 0, high=50.0),
        cell("50 to 119 employees", 60, low=50.0, high=120.0),
        cell("120 employees or more", 20, low=120.0),
        cell("unknown", 10, unknown=True),
    )
    country = (
        cell("US, CA", 40, values=("US", "CA")),
        cell("D'E", 5, values=("D'E",)),
        cell("any other", 0, other=True),
        cell("unknown", 7, unknown=True),
    )
    return Scorecard(
        kind="win",
        attributes=(
            Attribute("employees", "Employees", "firmographic", "number", "employees", "size", employees, 0.98, ("Headcount",)),
            Attribute("country", "Country", "intent", "category", "", "", country, 1.0),
        ),
        disqualifiers=(Disqualification("free_mail", 1.0, "it's free mail", 3, 0.1, None, is_flag=True),),
        tiers=tuple(Tier(n, e, 0.5, None, 4, 8, "SDR", "call") for n, e in zip(TIER_NAMES, (80, 50, 20, 0), strict=True)),
        fidelity=Fidelity(0.97, 0.95, 0.8, 0.79, 0.004, 0.9, 700),
        layer_weights_learned={"firmographic": 60, "technographic": 0, "behavioral": 0, "intent": 40},
        layer_weights_assumed={"firmographic": 30, "technographic": 20, "behavioral": 35, "intent": 15},
        platt_intercept=-3.1000000000000005,
        platt_slope=0.1,
        words=("Points wobble.",),
    )
