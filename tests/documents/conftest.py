"""A small made-up run: every figure is chosen, so that what a page must say can be worked out by hand."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from icpfit.config import FeatureSpec
from icpfit.criteria.shares import Share
from icpfit.documents import Market, summarise
from icpfit.documents.drift_values import CardThenNow, DriftPictures, LayersAt, Period, Periods, ThenNow, Worth
from icpfit.documents.market import Segment
from icpfit.drift import Finding
from icpfit.models.calibration import Calibration
from icpfit.models.encoding import Encoding
from icpfit.models.results import FittedModel
from icpfit.moments import parse_moment
from icpfit.scorecard.card import Attribute, Bin, CardKind, Disqualification, Fidelity, Scorecard, Tier
from icpfit.training_set import TrainingSet

TENTHS = [[0.03 + 0.08 * i, 0.02 + 0.08 * i, 40] for i in range(10)]
AS_OF = parse_moment("2026-04-01")
CUSTOMERS = json.loads((Path(__file__).parent / "customers_report.json").read_text(encoding="utf-8"))
CRITERIA = json.loads((Path(__file__).parent / "criteria_report.json").read_text(encoding="utf-8"))


TRIED = ("maturity_share", "stale_after_days", "rows", "wins", "rate", "low", "high", "in_force")
MATURITY = [
    dict(zip(TRIED, values, strict=True))
    for values in (
        (0.5, None, 1_500, 480, 0.32, 0.3, 0.34, False),
        (0.9, None, 1_200, 300, 0.25, 0.23, 0.27, True),
        (1.0, 180, 0, 0, None, None, None, False),
    )
]
RULE = ("share", "held", "held_low", "held_high", "times", "times_low", "times_high", "rate_top", "rate_bottom", "most")
ACCEPTANCE: dict[str, Any] = dict(zip(RULE, (0.26, 0.61, 0.52, 0.69, 6.1, 4.2, 9.6, 0.585, 0.096, 1.0), strict=True))


def outcome(**changes: Any) -> dict[str, Any]:
    report: dict[str, Any] = {
        "verdict": "signal",
        "words": "on the newest periods the model tells won deals from lost ones better than chance",
        "evidence": {"level": "established", "wins": 300, "losses": 900},
        "base_rate": [0.25, 0.23, 0.27],
        "training": {"considered": 2_000, "used": 1_200, "left_out": {"still open": 500, "another deal type": 300}, "timing": "dated"},
        "dropped": {"industry": "tells no more than a shuffled copy of itself"},
        "rows": 400,
        "positives": 100,
        "auc": 0.8,
        "auc_low": 0.76,
        "auc_high": 0.84,
        "calibration_slope": 1.03,
        "lift_10": 2.96,
        "wins_in_top_20": 0.51,
        "value_in_top_20": 0.45,
        "intervals": {"wins_in_top_20": [0.42, 0.59], "value_in_top_20": [0.3, 0.6]},
        "reliability": TENTHS,
        "baselines": {"logistic": {"auc": 0.75}, "firmographic_only": {"auc": 0.62}},
        "by_quarter": {
            "2025Q3": {"auc": 0.79, "auc_low": 0.72, "auc_high": 0.86},
            "2025Q4": {"auc": 0.81, "auc_low": 0.75, "auc_high": 0.87},
        },
        "without_layer": {"firmographic": 0.02, "technographic": 0.035, "behavioral": 0.048, "intent": -0.001},
        "layer_weights": [layer_weight("APAC", 0.75, 0.6, 0.9), layer_weight("NA", 1.15, 0.95, 1.35)],
        "borrowed": 0,
        "forward": True,
        "signal": {"auc": 0.81, "p_value": 0.002, "rows": 210, "quarters": ["2025Q3", "2025Q4"], "words": ""},
    }
    return {**report, **changes}


def layer_weight(level: str, compared: float, low: float, high: float) -> dict[str, Any]:
    of = {"attribute": "region", "level": level, "code": 0, "layer": "behavioral", "times": compared, "rows": 300}
    return {**of, "compared": compared, "low": low, "high": high}


def untested(verdict: str, words: str, **changes: Any) -> dict[str, Any]:
    kept = ("base_rate", "training", "evidence")
    report = {k: v for k, v in outcome().items() if k in kept}
    return {**report, "verdict": verdict, "words": words, "dropped": {}, "trials": 0, **changes}


def segment(label: str, status: str, words: str, q: float, *, direction: int = 0, pair: bool = False, **odd: int) -> dict[str, Any]:
    """A row of the segments' table: 30 of 100 deals won where others win 20 %, 24 of 30 customers stay where others' 70 % do."""
    cells = {
        "win_rate": {"rows": 100, "hits": 30, "value": 0.29, "low": 0.22, "high": 0.36, "against": 0.2, "p": 0.001},
        "value": {"rows": 30, "median": 9_000.0, "value": 9_500.0, "low": 8_000.0, "high": 11_000.0, "against": 9_400.0, "p": 0.8},
        "cycle": {"rows": 30, "median": 40.0, "value": 41.2, "low": 35.0, "high": 48.0, "against": 40.0, "p": 0.7},
        "retention": {"rows": 30, "hits": 24, "value": 0.79, "low": 0.68, "high": 0.88, "against": 0.7, "p": 0.04},
    }
    for name, sign in odd.items():
        cells[name]["odd"] = sign
    of = {"region": "NA", "industry": "x"} if pair else {"region": label}
    head = {"segment": of, "label": label, "status": status, "direction": direction, "words": words, "deals": 100, "accounts": 97, "q": q}
    return head | cells


def segments(label: str = "Region: NA") -> dict[str, Any]:
    """The key ``segments``, with a row of each standing, a churn finding, and a model that is right here and off there."""
    models = {"rows": 200, "positives": 50, "slope": 1.0, "slope_low": 0.9, "slope_high": 1.1, "auc_low": 0.7, "auc_high": 0.9}
    no = {"value": "NA", "answer": "no", "words": "no", "rows": 200, "gain": -0.01, "error": 0.01, "auc_own": 0.77, "auc_all": 0.8}
    few = {"value": label, "answer": "cannot tell", "words": "cannot tell; needed: 3 more wins", "rows": 0, "gain": None, "error": None}
    right = (
        models
        | {"off": 0, "own_model": no}
        | {"value": "NA", "said": 0.25, "seen": 0.26, "offset": 0.02, "offset_low": -0.1, "offset_high": 0.14, "auc": 0.8, "weak": False}
    )
    off = (
        models
        | {"off": -1, "own_model": few}
        | {"value": label, "said": 0.3, "seen": 0.2, "offset": -0.4, "offset_low": -0.6, "offset_high": -0.2, "auc": 0.6, "weak": True}
    )
    return {
        "deals": 1_200,
        "traits": [
            {"trait": "region", "label": "Region", "known": 1_200, "values": 3, "beyond": 0, "today": False},
            {"trait": "product", "label": "Product", "known": 1_200, "values": 2, "beyond": 0, "today": True},
        ],
        "not_found": ["funding"],
        "refused": [],
        "overall": {name: {"rows": 100, "hits": None, "value": 1.0} for name in ("win_rate", "value", "cycle", "retention")},
        "tested": {"segments": 5, "pairs": 1, "comparisons": 24},
        "levels": {"segments": 0.035, "pairs": 0.015},
        "floors": {"odds": 1.2, "ratio": 1.1},
        "pair_rows": 30,
        "table": [
            segment("Employees: 11 to 50", "", "", 0.9),
            segment("CRM in use", "flag", "pays more", 1e-9, value=1),
            segment("Product: Lite", "mixed", "won more often, leaves more often", 0.002, win_rate=1, retention=-1),
            segment(label, "confirmed", "won more often, stays more often", 0.01, direction=1, win_rate=1, retention=1),
            segment("Region: NA, Industry: x", "flag", "won less often", 0.003, direction=-1, pair=True, win_rate=-1),
        ],
        "findings": [
            {
                "answer": "yes",
                "segment": "Product: Lite",
                "customers": 30,
                "left": 12,
                "words": "churn is concentrated in “Product: Lite”: 12 of its 30 customers left",
                "code": "CHURN-SEGMENT",
            }
        ],
        "models": {"win": {"region": {"label": "Region", "values": [right, off]}}},
    }


def run_metrics(**changes: Any) -> dict[str, Any]:
    metrics: dict[str, Any] = {
        "company": "Northwind",
        "currency": "USD",
        "as_of": "2026-04-01",
        "version": "2026-04-01-1a2b3c4d",
        "timing": "dated",
        "verdict": "signal",
        "words": "on the newest periods the model tells won deals from lost ones better than chance",
        "evidence": {"level": "established", "wins": 300, "losses": 900},
        "refused": [
            {
                "attribute": "csm_owner",
                "label": "CSM owner",
                "reason": "it is filled after the sale",
                "code": "MEANING",
                "outcome": outcome_name,
            }
            for outcome_name in ("win", "retention")
        ],
        "suspects": [
            {"attribute": "badge", "label": "Badge", "reason": "wins have it far more often", "code": "TOO-GOOD", "outcome": "win"}
        ],
        "win": outcome(acceptance={"answer": "no", "sure": True, "missing": 0, **ACCEPTANCE}, maturity=MATURITY),
        "retention": outcome(
            words="on the newest periods the model tells customers who stayed from those who left",
            base_rate=[0.8, 0.78, 0.82],
            auc=0.68,
            auc_low=0.62,
            auc_high=0.74,
            positives=320,
            baselines={"logistic": {"auc": 0.7}, "firmographic_only": None},
            reliability=[[0.5, 0.51, 200], [0.9, 0.97, 200]],
            lift_10=1.2,
            calibration_slope=None,
            value_in_top_20=None,
        ),
        "rows": {
            "accounts": {"in": 6_000, "used": 5_990, "left_out": {"repeated key": 10}},
            "deals": {"in": 2_003, "used": 2_000, "left_out": {"closed before created": 2, "unknown account": 1}},
        },
        "findings": [{"code": "X", "severity": "note", "table": "accounts", "words": "345 accounts have a free mail domain", "rows": 345}],
        "current_state": ["sub_industry", "tech_blog"],
        "segments": segments(),
        "notes": ["12 closed deals are left out"],
        "customers": CUSTOMERS,
        "criteria": CRITERIA,
    }
    return {**copy.deepcopy(metrics), **changes}


def cell(label: str, points: int, rows: int = 100, rate: float | None = 0.25, **place: Any) -> Bin:
    return Bin(label, points, max(points - 2.0, 0.0), points + 2.0, rows, rate, **place)


def scorecard(kind: CardKind = "icp", label: str = "Employees", observed: float | None = 0.3, words: tuple[str, ...] = ()) -> Scorecard:
    unknown = {"rows": 0, "rate": None, "unknown": True}
    return Scorecard(
        kind=kind,
        attributes=(
            Attribute(
                "region",
                "Region",
                "firmographic",
                "category",
                "",
                "regions buy differently",
                (cell("NA", 20, 700, 0.3, values=("NA",)), cell("any other", 0, 500, 0.2, other=True), cell("unknown", 7, **unknown)),
                0.9,
            ),
            Attribute(
                "employees",
                label,
                "firmographic",
                "number",
                "employees",
                "",
                (
                    cell("under 50 employees", 0, 400, 0.088, high=50.0),
                    cell("50 employees or more", 35, 800, 0.33, low=50.0),
                    cell("unknown", 12, **unknown),
                ),
                0.9,
            ),
            Attribute(
                "warehouse",
                "Has a data warehouse",
                "technographic",
                "flag",
                "",
                "what it runs says whether it can adopt ours",
                (cell("no", 0, 700, 0.12, high=0.5), cell("yes", 45, 500, 0.41, low=0.5), cell("unknown", 15, **unknown)),
                0.9,
                ("Has a data lake",),
            ),
        ),
        disqualifiers=(Disqualification("free_mail", 1.0, "free e-mail domain", 54, 0.02, 0.26),),
        tiers=(
            Tier("A", 80, 0.67, observed, 100, 4, "account executive", "call today"),
            Tier("B", 55, 0.34, observed, 200, 24, "SDR", "sequence this week"),
            Tier("C", 35, 0.15, observed, 300, 72, "", ""),
            Tier("D", 0, 0.045, observed, 400, None, "none", "do not work"),
        ),
        fidelity=Fidelity(0.97, 0.94, 0.8, 0.79, 0.01, 0.86, 400),
        layer_weights_learned={"firmographic": 55, "technographic": 45},
        layer_weights_assumed={"firmographic": 30, "technographic": 20, "behavioral": 35, "intent": 15},
        platt_intercept=-3.0,
        platt_slope=0.05,
        words=words,
    )


def market() -> Market:
    return Market(
        as_of=AS_OF,
        won=25,
        lost=75,
        mean_value=25_401.4,
        median_cycle_days=37.0,
        win_rate=0.25,
        before=(30, 70),
        by_industry=(
            Segment("Software", 20, 60, 20 / 60, 30_000.0, 20),
            Segment("Retail", 5, 35, 5 / 35, None),
            Segment("Media", 0, 5, None, None),
        ),
        by_size=(Segment("under 30", 10, 40, 0.25, 5_000.0, 10), Segment("30 to 49", 15, 60, 0.25, 38_000.0, 15)),
        loss_reasons=(("no decision", 50), ("price", 20), ("no reason given", 5)),
        valued=25,
    )


GATES = [
    {"gate": "evidence", "answer": "passed", "passed": True, "binding": True, "numbers": {}, "words": "300 wins teach the model"},
    {"gate": "leakage_clean", "answer": "failed", "passed": False, "binding": True, "numbers": {}, "words": "in use: badge"},
    {"gate": "reverse_validation", "answer": "failed", "passed": False, "binding": False, "numbers": {}, "words": "a warning only"},
    {"gate": "no_worse", "answer": "not applicable", "passed": None, "binding": True, "numbers": {}, "words": "nothing is in force"},
]
DRIFT = [
    asdict(Finding(*values, **more))
    for values, more in (
        (
            ("TRADE-SEGMENT", "Retail", 3.1, 0.002, 0.002, 0.12, 400, 90, True, "Retail is won less often; 14% (9% to 21%) now, 26% then"),
            {"cohort": "deals in Retail", "rows": tuple(f"D-{i}" for i in range(7)), "action": "stop buying lists of Retail"},
        ),
        (
            ("MODEL-WINRATE", "wins", -0.9, 0.37, 0.37, 0.02, 400, 90, False, "20 wins where 22 were expected"),
            {"power": 0.24, "needed": 310},
        ),
        (
            ("ICP-TIERS", "tiers", None, None, None, None, 400, 31, False, "cannot tell; 31 new deals have an outcome"),
            {"power": 0.1, "needed": 19},
        ),
        (
            (
                "DRIFT-FEATURE",
                "Employees",
                0.2,
                0.001,
                0.01,
                0.2,
                400,
                90,
                True,
                "Employees: has moved; 20% of rows lie elsewhere than before",
            ),
            {},
        ),
        (
            ("DRIFT-FEATURE", "Revenue", 0.3, 0.001, 0.01, 0.3, 400, 90, True, "Revenue: has moved; 30% of rows lie elsewhere than before"),
            {},
        ),
        (("DRIFT-FEATURE", "Region", 0.1, 0.4, 0.4, 0.1, 400, 90, False, "Region: no sign of a change"), {}),
        (
            ("TRIGGER-LAUNCH", "launch", None, None, None, None, 0, 0, False, "the product was launched on 2026-02-01"),
            {"action": "retrain off cycle"},
        ),
    )
]
PICTURES = DriftPictures(
    "win",
    features=(
        ThenNow(
            "Employees", (("under 50 employees", 0.6, 0.4), ("50 employees or more", 0.3, 0.55), ("not known", 0.1, 0.05)), 400, 90, True
        ),
    ),
    rates=Periods(
        (
            Period("2025Q3", Share(30, 100, 100), 0.28, False),
            Period("2025Q4", Share(0, 0, 0), None, False),
            Period("2026Q1", Share(8, 40, 36), 0.27, True),
        ),
        "2025-12-31",
        1.49,
    ),
    card=CardThenNow(
        "cards",
        (
            Worth("Has a data warehouse", (45.0, 40.0, 50.0), (30.0, 22.0, 37.0)),
            Worth("Region", (20.0, 15.0, 24.0), None),
            Worth("Trial users", None, (12.0, 5.0, 20.0)),
        ),
        "2026-04-01-0a1b2c3d",
    ),
    layers=(
        LayersAt("2025-01-01", {"firmographic": 55, "technographic": 45}, {"firmographic": 30, "technographic": 20, "intent": 50}),
        LayersAt("2026-01-01", {"firmographic": 40, "technographic": 60}, {"firmographic": 30, "technographic": 20, "intent": 50}),
    ),
)
VOICES = [{"quote": "We had to buy a warehouse first.", "theme": "no warehouse", "kind": "lost"}]


def whole_page(**changes: Any) -> dict[str, Any]:
    """A page with something in every place."""
    given: dict[str, Any] = {
        "standing": "A proposal.",
        "market": market(),
        "voices": VOICES,
        "gates": GATES,
        "drift": DRIFT,
        "drift_about": "What became known between then and now is compared.",
        "pictures": PICTURES,
        "labels": {"industry": "Industry", "sub_industry": "Sub-industry"},
        "meanings": [("Won", "a deal that was won")],
    }
    metrics = changes.pop("metrics", run_metrics())
    card = changes.pop("card", scorecard())
    return summarise(metrics, card, **{**given, **changes})


def no_signal_page() -> dict[str, Any]:
    words = "on groups of accounts the model does not tell won deals from lost ones, so no profile is offered"
    failed = outcome(verdict="no signal", words=words, auc=0.51, auc_low=0.48, auc_high=0.54, lift_10=1.1, baselines={}, signal=None)
    return summarise(run_metrics(verdict="no signal", words=words, win=failed, retention=None, suspects=[]), None)


def too_little_page() -> dict[str, Any]:
    words = "all rows have the same outcome (9 wins, 0 losses): there is nothing to compare"
    evidence = {"level": "patterns only", "wins": 9, "losses": 0}
    return summarise(
        run_metrics(verdict="too little data", words=words, evidence=evidence, win=untested("too little data", words), retention=None), None
    )


def undated_page() -> dict[str, Any]:
    """Customers of a flat file without dates: staying is the only outcome."""
    changes: dict[str, Any] = {
        "forward": False,
        "by_quarter": {"group 1": {"auc": 0.8, "auc_low": None, "auc_high": None}},
        "training": {"considered": 1_200, "used": 1_200, "left_out": {}, "timing": "none"},
    }
    metrics = run_metrics(
        timing="none",
        customers=None,
        criteria=None,
        as_of="1970-01-01",
        version="1970-01-01-1a2b3c4d",
        win=None,
        retention=outcome(words="the model tells customers who stayed from those who left", **changes),
        rows={"flat": {"in": 1_200, "used": 1_200, "left_out": {}}},
    )
    return summarise(metrics, scorecard("retention"), drift=[])


PAGES: dict[str, Callable[[], dict[str, Any]]] = {
    "whole": whole_page,
    "no signal": no_signal_page,
    "too little data": too_little_page,
    "undated": undated_page,
}


KINDS = {"region": "category", "employees": "number", "warehouse": "flag", "free_mail": "flag"}


def taught(
    labels: dict[str, str] | None = None, columns: tuple[str, ...] = tuple(KINDS), leaves: int = 6, rows: int = 500, outcome: Any = "win"
) -> tuple[TrainingSet, FittedModel]:
    """Deals and a model of them: more than 50 employees are better but in APAC, a warehouse is better, free mail is worse."""
    rng = np.random.default_rng(5)
    names = labels or {}
    specs = tuple(
        FeatureSpec.model_validate(
            {"name": n, "label": names.get(n, n.replace("_", " ").capitalize()), "layer": "firmographic", "kind": KINDS[n]}
            | {"table": "accounts", "aggregate": "value"}
        )
        for n in columns
    )
    region = np.array(["NA", "EMEA", "APAC", None], dtype=object)[rng.integers(4, size=rows)]
    employees = np.where(rng.random(rows) < 0.1, np.nan, np.round(np.exp(rng.normal(4, 1.2, rows))))
    every = pd.DataFrame(
        {
            "region": pd.Series(region, dtype=object),
            "employees": employees,
            "warehouse": np.where(rng.random(rows) < 0.1, np.nan, (rng.random(rows) < 0.4).astype(np.float64)),
            "free_mail": (rng.random(rows) < 0.1).astype(np.float64),
        }
    )
    large = np.where(np.nan_to_num(employees) > 50, 1.5, -0.5) * np.where(region == "APAC", -1, 1)
    lift = large + 1.2 * (every["warehouse"] == 1) - 2 * every["free_mail"]
    label = (rng.random(rows) < 1 / (1 + np.exp(-lift))).astype(np.int8)
    keys = {"deal_id": [f"d{i:04}" for i in range(rows)], "account_id": [f"a{i:04}" for i in range(rows)]}
    times = pd.to_datetime(pd.Series(["2025-05-01"] * rows)).astype("datetime64[us]")
    frame = pd.concat([pd.DataFrame({**keys, "as_of": times, "cohort": "2025Q2", "label": label}), every[list(columns)]], axis=1)
    data = TrainingSet(
        outcome,
        frame,
        specs,
        np.full(rows, AS_OF, dtype=np.int64),
        lambda at: label.astype(np.float64),
        np.full(rows, np.nan),
        "dated",
        rows,
        {},
        pd.DataFrame({"deal_id": [], "account_id": [], "reason": []}),
        "fingerprint",
    )
    encoding = Encoding.fit(data.features, tuple(n for n in columns if KINDS[n] == "category"))
    settings = {"objective": "binary", "num_leaves": leaves, "min_data_in_leaf": 10, "min_data_per_group": 10, "verbosity": -1, "seed": 1}
    settings |= {"max_depth": 1} if leaves == 2 else {}
    settings |= {"learning_rate": 0.2, "num_threads": 1, "deterministic": True, "force_row_wise": True}
    booster = lgb.train(settings, lgb.Dataset(encoding.apply(data.features), label), 30)
    calibration = Calibration(0.0, 1.0, (), (), (), ())
    return data, FittedModel(outcome, booster.model_to_string(), encoding, calibration, {}, float(label.mean()))


@pytest.fixture(scope="session")
def make_taught() -> Callable[..., tuple[TrainingSet, FittedModel]]:
    return taught


@pytest.fixture(scope="session")
def pages() -> dict[str, dict[str, Any]]:
    """Every kind of page there is, by name."""
    return {name: make() for name, make in PAGES.items()}


@pytest.fixture(scope="session")
def make_page() -> Callable[..., dict[str, Any]]:
    return whole_page


@pytest.fixture(scope="session")
def pictures() -> DriftPictures:
    return PICTURES


@pytest.fixture(scope="session")
def findings() -> list[dict[str, Any]]:
    return DRIFT


@pytest.fixture(scope="session")
def make_metrics() -> Callable[..., dict[str, Any]]:
    return run_metrics


@pytest.fixture(scope="session")
def make_segments() -> Callable[..., dict[str, Any]]:
    return segments


@pytest.fixture(scope="session")
def make_outcome() -> Callable[..., dict[str, Any]]:
    return outcome


@pytest.fixture(scope="session")
def make_card() -> Callable[..., Scorecard]:
    return scorecard


@pytest.fixture(scope="session")
def hostile_page() -> dict[str, Any]:
    """Names that would break a page which trusts them."""
    bad = "<script>alert(1)</script>\"'|`*_[x](javascript:alert(1)) & \x00\u202e " + "long" * 125
    metrics = run_metrics(
        company="<script>alert(1)</script>",
        notes=[bad],
        refused=[{"attribute": bad, "label": bad, "reason": bad, "code": "MEANING", "outcome": "win"}],
        current_state=[bad],
        segments=segments(bad),
        rows={bad: {"in": 1, "used": 0, "left_out": {bad: 1}}},
        findings=[{"code": "X", "severity": "note", "table": "t", "words": bad, "rows": 1}],
        criteria=json.loads(json.dumps(CRITERIA).replace("Data warehouse", json.dumps(bad)[1:-1]).replace("Free", json.dumps(bad)[1:-1])),
        customers=json.loads(json.dumps(CUSTOMERS).replace("Rivalgrid", json.dumps(bad)[1:-1]).replace("xyz", json.dumps(bad)[1:-1])),
        win=outcome(
            layer_weights=[layer_weight(bad, 0.5, 0.4, 0.6)],
            words=bad,
            dropped={bad: bad},
            by_quarter={bad: {"auc": 0.7, "auc_low": 0.6, "auc_high": 0.8}},
        ),
    )
    voices = [{"quote": bad, "theme": bad, "kind": bad}]
    crowds = (Segment(bad, 25, 100, 0.25, 1.0),)
    one = market()
    crowd = Market(AS_OF, 25, 75, 1.0, 1.0, 0.25, (0, 0), crowds, (), ((bad, one.lost),))
    told = {"cohort": bad, "action": bad, "rows": (bad,), "words": bad, "subject": bad}
    return whole_page(
        metrics=metrics,
        card=scorecard(label=bad, words=(bad,)),
        voices=voices,
        market=crowd,
        standing=bad,
        meanings=[(bad, bad)],
        drift=[{**f, **told} for f in DRIFT],
        pictures=replace(
            PICTURES,
            features=(ThenNow(bad, ((bad, 1.0, 1.0),), 3, 3, True),),
            card=CardThenNow("deals", (Worth(bad, (1.0, -1.0, 2.0), (0.0, 0.0, 0.0)),)),
        ),
    )
