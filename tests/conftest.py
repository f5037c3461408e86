"""What all tests share: real data is tested only where it is there, and a small company's bundle made of real parts."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from icpfit.bundle import Bundle, make_version, thresholds_of
from icpfit.config import FeatureSpec, OutcomeSettings
from icpfit.models.calibration import Calibration
from icpfit.models.encoding import Encoding
from icpfit.models.results import FittedModel
from icpfit.moments import parse_moment
from icpfit.registry import Workspace
from icpfit.scorecard.card import Attribute, Bin, Disqualification, Fidelity, Scorecard, Tier

if TYPE_CHECKING:
    from icpfit.cycle.opened import Opened
    from icpfit.cycle.retrain import Learned

pytest_plugins = ["servers", "office"]

# On a machine that does other work too, an example that took longer than usual is no fault: speed is measured in benchmarks.
settings.register_profile("untimed", parent=settings(), deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, not skip, the tests on public data sets where ICPFIT_REAL_DATA does not name their folder."""
    if os.environ.get("ICPFIT_REAL_DATA"):
        return
    real = [item for item in items if item.get_closest_marker("real_data")]
    if real:
        config.hook.pytest_deselected(items=real)
        items[:] = [item for item in items if not item.get_closest_marker("real_data")]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where ICPFIT_FORBID_SKIPS is set, as in CI, a skipped test fails the run: what it needs must be installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    if skipped and os.environ.get("ICPFIT_FORBID_SKIPS"):
        reporter.write_line(f"{len(skipped)} skipped where none may be, e.g. {skipped[0].nodeid}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


SPECS = (
    FeatureSpec(name="employees", label="Employees", layer="firmographic", table="accounts", aggregate="value", column="employee_count"),
    FeatureSpec(name="region", label="Région", layer="firmographic", kind="category", table="accounts", aggregate="value", column="region"),
    FeatureSpec(
        name="views_30d",
        label="Pricing page views in the last 30 days",
        layer="behavioral",
        table="events",
        aggregate="count",
        where="event = 'pricing_page_view'",
        window_days=30,
        monotone="increasing",
        why="buyers read pricing: before they talk to sales",
    ),
)
REGIONS = ("APAC", "EMEA", "no", 'Zürich, "west"')


def company_features(rows: int, seed: int) -> pd.DataFrame:
    """Training-set columns of made-up accounts: text or None, float or NaN."""
    rng = np.random.default_rng(seed)
    employees = np.where(rng.random(rows) < 0.1, np.nan, np.round(np.exp(rng.normal(4, 1, rows))))
    region = np.array([*REGIONS, None], dtype=object)[rng.integers(len(REGIONS) + 1, size=rows)]
    return pd.DataFrame({"employees": employees, "region": region, "views_30d": rng.poisson(1.5, rows).astype(np.float64)})


def _model(outcome: Any, seed: int) -> FittedModel:
    features = company_features(400, seed)
    rng = np.random.default_rng(seed + 1)
    lift = features["views_30d"].to_numpy() - 1.5 + np.where(features["employees"].to_numpy() > 60, 0.8, 0.0)
    label = (rng.random(len(features)) < 1 / (1 + np.exp(-lift))).astype(np.float64)
    encoding = Encoding.fit(features, ("region",))
    parameters = {
        "objective": "binary",
        "num_leaves": 4,
        "learning_rate": 0.1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    booster = lgb.train(parameters, lgb.Dataset(encoding.apply(features), label), num_boost_round=12)
    grid = (-1.0, -0.1, 1 / 3, 1.7)
    calibration = Calibration(0.1 + 0.2, 1.0 / 0.9, grid, (0.1, 0.2, 0.3, 0.4), (0.4, 0.5, 0.6, 0.9), (10, 20, 30, 5))
    return FittedModel(outcome, booster.model_to_string(), encoding, calibration, parameters, float(label.mean()))


def _card(kind: Any, edge: int) -> Scorecard:
    def cell(label: str, points: int, **rest: Any) -> Bin:
        return Bin(label, points, points - 1.5, points + 1 / 3, 40, 0.25, **rest)

    attributes = (
        Attribute(
            "employees",
            "Employees",
            "firmographic",
            "number",
            "",
            "",
            own_value_r2=0.9,
            stands_for=("Révenue",),
            bins=(cell("below 50", 5, high=50.0), cell("50 and more", 40, low=50.0), cell("unknown", 12, unknown=True)),
        ),
        Attribute(
            "region",
            "Région",
            "firmographic",
            "category",
            "",
            "",
            own_value_r2=0.8,
            bins=(cell("APAC", 0, values=("APAC",)), cell("all others", 20, other=True), cell("unknown", 3, unknown=True)),
        ),
        Attribute(
            "views_30d",
            "Pricing page views",
            "behavioral",
            "number",
            "",
            "",
            own_value_r2=0.99,
            bins=(cell("below 2", 0, high=2.0), cell("2 and more", 40, low=2.0), cell("unknown", 7, unknown=True)),
        ),
    )
    names: tuple[Any, ...] = ("A", "B", "C", "D")
    tiers = tuple(Tier(n, p, 0.1 * p / 10 + 0.1, None, 20, 4, "SDR", "call") for n, p in zip(names, (edge, 50, 30, 0), strict=True))
    return Scorecard(
        kind=kind,
        attributes=attributes,
        disqualifiers=(Disqualification("employees", 100_000, "far too large", 3, None, 0.3),),
        tiers=tiers,
        fidelity=Fidelity(0.91, 0.83, 0.78, 0.77, 0.004, 0.8, 300),
        layer_weights_learned={"firmographic": 60, "technographic": 0, "behavioral": 40, "intent": 0},
        layer_weights_assumed={"firmographic": 30, "technographic": 20, "behavioral": 35, "intent": 15},
        platt_intercept=-2.5,
        platt_slope=0.031,
        words=("points wobble by 4 to 5",),
    )


@pytest.fixture(scope="session")
def _parts() -> dict[str, Any]:
    return {"win": _model("win", 1), "retention": _model("retention", 2)}


@pytest.fixture(scope="session")
def make_bundle(_parts: dict[str, Any]) -> Callable[..., Bundle]:
    """``make_bundle(day="2026-07-01", edge=70, **changes)``: another day or edge gives another version."""

    def make(day: str = "2026-07-01", edge: int = 70, **changes: Any) -> Bundle:
        as_of = parse_moment(day)
        card = _card("icp", edge)
        body: dict[str, Any] = {
            "version": make_version(as_of, f"data of {edge}", "config", "code", 7),
            "as_of": as_of,
            "company": "Müller & Søn",
            "currency": "EUR",
            "evidence_level": "established",
            "win": _parts["win"],
            "retention": _parts["retention"],
            "retention_base": (0.8, 0.7, 0.9),
            "card": card,
            "cards": {"win": _card("win", 71), "retention": _card("retention", 72)},
            "specs": SPECS,
            "missing": ("Select", "n/a: é"),
            "outcomes": OutcomeSettings(stale_after_days=180, max_discount=0.1 + 0.2),
            "familiarity": {"weights": {"views_30d": 0.1 + 0.2}, "limit": None},
            "expected_arr": {"size_column": "employees", "overall": 12_000.0},
            "thresholds": thresholds_of(card, hot={"days": 7, "tiers": ["A", "B"]}),
            "metrics": {"verdict": "signal", "company": "Müller & Søn", "win": {"auc": 0.1 + 0.7}},
            "model_card": "# Model card\n",
            "data_fingerprint": f"data of {edge}",
            "config_fingerprint": "config",
            "code_version": "code",
            "seed": 7,
        }
        return Bundle(**{**body, **changes})

    return make


@pytest.fixture(scope="session")
def make_features() -> Callable[[int, int], pd.DataFrame]:
    return company_features


FEATURES = [
    "industry",
    "employee_count",
    "country",
    "region",
    "free_email_domain",
    "csm_owner",
    "has_data_warehouse",
    "has_competitor",
    "has_crm",
    "login_users_30d",
    "users_30d",
    "api_call_first_2d",
    "users_first_7d",
    "last_seen_days",
    "integration_connected_days_ago",
    "pricing_page_view_30d",
    "pricing_page_view_days_ago",
    "api_call_days_ago",
    "invite_sent_first_2d",
    "topic_surge_90d",
    "funding_round_180d",
    "layoffs_180d",
    "hiring_freeze_180d",
    "job_posting_90d",
]
"""Of the some hundred features that icpfit init proposes: enough for a signal in seconds."""

QUICK = {"trials": 1, "permutations": 199, "bootstrap": 50, "test_quarters": 4, "final_quarters": 3}


@dataclass(frozen=True)
class SmallCompany:
    """A simulated company of 1,200 accounts with its champion in force. Read it; copy the workspace to change it."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def config(self) -> Path:
        return self.folder / "acme.yaml"

    @cached_property
    def workspace(self) -> Workspace:
        return Workspace(self.folder / "workspace")

    @cached_property
    def opened(self) -> Opened:
        from icpfit.cycle.opened import open_config

        return open_config(self.config)

    @cached_property
    def learned(self) -> Learned:
        from icpfit.cycle.retrain import learn

        return learn(self.opened, self.opened.moment(None))

    @cached_property
    def bundle(self) -> Bundle:
        assert self.learned.bundle is not None
        return self.learned.bundle


@pytest.fixture(scope="session")
def small_company(tmp_path_factory: pytest.TempPathFactory) -> SmallCompany:
    """Simulated, proposed, learned, judged and signed off; without MLflow's record, which no scoring needs."""
    import yaml

    from icpfit.cycle.challenge import gate_evidence
    from icpfit.gates import decide, judge
    from icpfit.registry import approve, write_bundle
    from icpfit.registry.store import write_challenger, write_gates
    from icpfit.simulate import simulate_company, write_company
    from icpfit.sources.propose import propose

    company = SmallCompany(tmp_path_factory.mktemp("small"))
    write_company(simulate_company(accounts=1_200, seed=21), company.data)
    body = yaml.safe_load(propose(company.data, out=company.config, company="Acme").yaml_text)
    body["features"] = [f for f in body["features"] if f["name"] in FEATURES]
    body["training"] = QUICK
    company.config.write_text(yaml.safe_dump(body, sort_keys=False))
    config, learned = company.opened.config, company.learned
    evidence, against = gate_evidence(company.opened, learned, None)
    gates = judge(evidence, against, config.gates, seed=config.training.seed)
    write_bundle(company.workspace, company.bundle)
    write_gates(company.workspace, learned.version, gates, decide(gates, config.gates))
    write_challenger(company.workspace, learned.version)
    approve(company.workspace, learned.version, "Ann", override=None if decide(gates, config.gates).promotable else "a small company")
    return company
