"""The whole study: on a company whose truth is known, without tables, as of a date, and to the byte."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.config import Config, FeatureSpec
from icpfit.customers import Study, study_customers
from icpfit.customers.fit import EARLIER, fit_of
from icpfit.models.evidence import weigh_evidence
from icpfit.models.results import OutcomeResult
from icpfit.moments import parse_moment
from icpfit.simulate import simulate_company
from icpfit.sources.contract import TABLES
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.warehouse import Warehouse
from icpfit.training_set import build_training_set

FEATURES: list[dict[str, Any]] = [
    {"name": "employees", "table": "accounts", "aggregate": "value", "column": "employee_count", "history": True},
    {"name": "warehouse", "table": "technologies", "aggregate": "present", "kind": "flag", "where": "category = 'data_warehouse'"},
    {"name": "competitor", "table": "technologies", "aggregate": "present", "kind": "flag", "where": "category = 'competitor'"},
    {"name": "api_2d", "table": "events", "aggregate": "count", "after": "trial_started", "window_days": 2, "where": "event = 'api_call'"},
    {"name": "users_30d", "table": "events", "aggregate": "distinct", "column": "user_id", "window_days": 30},
    {"name": "industry", "table": "accounts", "aggregate": "value", "column": "industry", "kind": "category"},
    {"name": "postings_90d", "table": "signals", "aggregate": "count", "window_days": 90, "where": "signal = 'job_posting'"},
]
ENDS = {"deals": "closed_at", "subscriptions": "ended_at", "technologies": "last_seen_at", "customer_health": "first_value_at"}
NEEDED = ("accounts", "deals")
LATEST = parse_moment("2026-01-01")


def config() -> Config:
    features = [{"label": f["name"].capitalize(), "layer": "behavioral", **f} for f in FEATURES]
    return Config.model_validate({"source": {"kind": "folder", "path": "."}, "features": features})


def study(warehouse: Warehouse, as_of: int = LATEST) -> Study:
    """Without models, so that nothing but this package is asked."""
    asked = config()
    specs = tuple(s for s in asked.features if warehouse.has(s.table) and (s.column or "account_id") in warehouse.columns[s.table])
    asked = asked.model_copy(update={"features": specs})
    outcomes: tuple[Any, ...] = ("win", "retention") if warehouse.has("subscriptions") else ("win",)
    training = {o: build_training_set(warehouse, asked, o, as_of) for o in outcomes}
    empty = {o: OutcomeResult(o, "too little data", "", weigh_evidence(0, 0), (), (), {}, 0.5, 0.0, 1.0) for o in outcomes}
    found = study_customers(warehouse, asked, training, empty, as_of)
    json.dumps(found.report, allow_nan=False)
    return found


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return simulate_company(accounts=500, seed=5).tables


@pytest.fixture(scope="module")
def plain(tables: dict[str, pd.DataFrame]) -> Study:
    return study(warehouse_from_frames(tables))


def test_the_future_does_not_count(tables: dict[str, pd.DataFrame]) -> None:
    date = "2025-03-01"
    cutoff, cut = pd.Timestamp(date), {}
    for name, table in tables.items():
        kept = table if TABLES[name].time is None else table[~(table[TABLES[name].time] >= cutoff)].reset_index(drop=True)
        if name in ENDS:
            over = kept[ENDS[name]] >= cutoff
            kept = kept.assign(**{ENDS[name]: kept[ENDS[name]].mask(over)})
            if name == "deals":
                kept["stage"] = kept["stage"].mask(over, "open")
                # what is written at the close is not written yet
                kept = kept.assign(**{c: kept[c].mask(over) for c in ("loss_reason", "competitor", "contract_months")})
        cut[name] = kept
    whole, before = (study(warehouse_from_frames(t), parse_moment(date)) for t in (tables, cut))
    assert whole.report["cohorts"]["placed"] > 30
    assert json.dumps(whole.report) == json.dumps(before.report)
    assert whole.lists == before.lists


def test_the_order_of_rows_changes_no_byte(tables: dict[str, pd.DataFrame], plain: Study) -> None:
    mixed = {n: t.sample(frac=1, random_state=3).reset_index(drop=True) for n, t in tables.items()}
    other = study(warehouse_from_frames(mixed))
    assert json.dumps(other.report) == json.dumps(plain.report)
    assert other.lists == plain.lists


def without(tables: dict[str, pd.DataFrame], *gone: str, **columns: list[str]) -> Warehouse:
    kept = {n: t.drop(columns=columns.get(n, [])) for n, t in tables.items() if n not in gone}
    return warehouse_from_frames(kept)


def test_a_company_without_subscriptions(tables: dict[str, pd.DataFrame]) -> None:
    report = study(without(tables, "subscriptions", "arr_changes", "customer_health")).report
    assert (report["customers"]["table"], report["customers"]["told"]) == (False, 0)
    assert report["profiles"]["value_is"] == "amount"
    assert report["profiles"]["deals"] > 100
    assert report["losses"]["lost"] > 100


def test_a_company_without_health_names_what_it_does_not_know(tables: dict[str, pd.DataFrame], plain: Study) -> None:
    report = study(without(tables, "customer_health")).report["cohorts"]
    assert report["unknown_measures"] == ["NPS", "CSAT", "Time to first value", "Escalations"]
    assert report["cohorts"]["best"]["customers"] > 0
    assert plain.report["cohorts"]["unknown_measures"] == []
    assert report["problem_because"]["gone"] == plain.report["cohorts"]["problem_because"]["gone"]


def test_a_company_without_loss_reasons(tables: dict[str, pd.DataFrame]) -> None:
    report = study(without(tables, deals=["loss_reason", "competitor"])).report
    assert report["losses"]["no_reason"] == report["losses"]["lost"] == report["losses"]["types"]["not known"]
    assert report["lookalike"]["answer"] == "cannot tell"


def test_a_company_that_lost_everything(tables: dict[str, pd.DataFrame]) -> None:
    deals = tables["deals"][tables["deals"]["stage"] == "lost"].reset_index(drop=True)
    found = study(warehouse_from_frames({**tables, "deals": deals}))
    assert found.report["customers"]["told"] == 0
    assert found.report["lifetime"]["words"] == "0 customers; 20 are needed"
    assert found.report["profiles"]["found"] is None


def test_five_customers(tables: dict[str, pd.DataFrame]) -> None:
    deals, subs = tables["deals"], tables["subscriptions"]
    won = deals[(deals["stage"] == "won") & (deals["deal_type"] == "new_logo") & deals["deal_id"].isin(subs["deal_id"])].head(5)
    few = pd.concat([won, deals[deals["stage"] == "lost"].head(20)], ignore_index=True)
    report = study(warehouse_from_frames({**tables, "deals": few})).report
    assert report["customers"]["told"] + sum(report["customers"]["left_out"].values()) == 5
    assert not report["lifetime"]["can_tell"]
    assert not report["expansion"]["can_tell"]
    assert report["profiles"]["words"].startswith("cannot tell")


def test_only_the_needed_tables(tables: dict[str, pd.DataFrame]) -> None:
    bare = {n: tables[n] for n in NEEDED}
    report = study(warehouse_from_frames({**bare, "accounts": bare["accounts"].drop(columns=["employee_count"])})).report
    assert report["losses"]["lost"] > 100


def test_every_customer_stands_in_the_list_once(plain: Study, tables: dict[str, pd.DataFrame]) -> None:
    lines = plain.lists["customers.csv"].splitlines()
    assert len(lines) - 1 == plain.report["customers"]["told"]
    won = tables["deals"][(tables["deals"]["stage"] == "won") & (tables["deals"]["deal_type"] == "new_logo")]
    assert plain.report["customers"]["told"] + sum(plain.report["customers"]["left_out"].values()) <= len(won)


def test_what_is_planted_tells_the_best_from_the_problem_customers() -> None:
    """Staying depends on size, the warehouse, early API use and active people; industry and job postings mean nothing of their own."""
    company = simulate_company(accounts=4_000, seed=9)
    report = study(warehouse_from_frames(company.tables)).report
    named = {d["feature"] for d in report["cohorts"]["best_from_problem"]["strongest"]}
    assert {"api_2d", "users_30d"} & named
    assert len(named & {"employees", "warehouse", "api_2d", "users_30d"}) >= 3
    assert not named & {"postings_90d"}
    assert report["lifetime"]["by_size"][0]["lifetime_months"][0] < report["lifetime"]["by_size"][1]["lifetime_months"][0], "churn doubles"
    assert report["profiles"]["found"] == 1, "nothing of the kind is planted"
    goes_with = report["expansion"]["goes_with"]
    assert goes_with["asked"] > 5
    # growing is drawn by lot among those who stay
    assert {d["feature"] for d in goes_with["strongest"]} <= {"employees", "warehouse", "api_2d", "users_30d", "competitor"}


def test_lost_deals_are_told_by_models_that_had_not_learned_from_them(small_company: Any) -> None:
    """Turn a deal's own label around, and its own fit stays as it was."""
    learned = small_company.learned
    fit = fit_of(learned.training, learned.results, 0.4, 7)
    assert fit is not None
    assert fit.joint
    assert fit.table["deal_id"].is_unique
    assert (fit.table["fit"] <= fit.table["p_win"]).all()
    assert (fit.table["fit"] < fit.line).mean() == pytest.approx(0.4, abs=0.01)
    told = fit.table[fit.table["model"] == EARLIER]
    assert len(told) > 50
    win = learned.training["win"]
    one = str(told["deal_id"].iloc[len(told) // 2])
    frame = win.frame.assign(label=np.where(win.frame["deal_id"] == one, 1 - win.frame["label"], win.frame["label"]).astype(np.int8))
    turned = fit_of({**learned.training, "win": replace(win, frame=frame)}, learned.results, 0.4, 7)
    assert turned is not None
    asked = np.array([one], dtype=object)
    assert turned.of(asked)[0] == fit.of(asked)[0]


def test_the_study_of_a_run_stands_in_its_metrics(small_company: Any) -> None:
    learned = small_company.learned
    report = learned.metrics["customers"]
    assert report["losses"]["without_fit"] < 0.2 * report["losses"]["lost"]
    assert report["lookalike"]["answer"] != "yes", "reasons are drawn by lot here: who is lost to a competitor looks like any other loss"
    rows = learned.lists["re-engage.csv"].splitlines()
    assert rows[0] == "deal_id,account_id,name,closed_at,loss_reason,p_win"
    assert len(rows) - 1 == report["losses"]["re_engage"]
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_a_spec_is_made_for_the_size_where_no_feature_reads_it(tables: dict[str, pd.DataFrame], plain: Study) -> None:
    asked = config()
    none = asked.model_copy(update={"features": tuple(s for s in asked.features if s.name != "employees")})
    warehouse = warehouse_from_frames(tables)
    training = {"win": build_training_set(warehouse, none, "win", LATEST)}
    empty = OutcomeResult("win", "too little data", "", weigh_evidence(0, 0), (), (), {}, 0.5, 0.0, 1.0)
    found = study_customers(warehouse, none, training, {"win": empty}, LATEST)
    assert found.report["lifetime"]["by_size"] == plain.report["lifetime"]["by_size"]
    assert all(isinstance(s, FeatureSpec) for s in none.features)
