"""The trade's findings and triggers on companies' own data: tables, databases' files and dated flat files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

from icpfit.cycle.asked import Asked
from icpfit.cycle.opened import open_config
from icpfit.cycle.trade import WEIGHTS, trade_findings
from icpfit.cycle.triggers import trigger_findings
from icpfit.cycle.watch import watch
from icpfit.errors import ConfigError
from icpfit.moments import parse_moment
from icpfit.registry import Workspace
from icpfit.simulate import simulate_company, write_company

THEN, NOW = "2025-01-01", "2025-10-01"
ACCOUNTS = 2_000
UNASKED = ("contacts", "interactions", "interviews", "signals", "deal_stages", "technologies")
"""tables that no question here looks at"""


@pytest.fixture(scope="module")
def company():
    whole = simulate_company(accounts=ACCOUNTS, seed=4)
    events = whole.tables["events"]
    return replace(whole, tables={**whole.tables, "events": events[events["event"] == "pricing_page_view"]})


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch):
    monkeypatch.setattr("icpfit.drift.reshuffle.FEWEST_DRAWS", 199)


@pytest.fixture
def asked(company, make_bundle, tmp_path):
    """``asked(change, drift, now)``: the company's tables after ``change``, seen by a champion of the beginning of 2025."""

    def of(change=lambda _: None, drift=None, now=NOW, without=(), **bundle):
        tables = {name: t.copy() for name, t in company.tables.items() if name not in (*without, *UNASKED)}
        change(tables)
        write_company(replace(company, tables={**company.tables, **tables}), tmp_path / "data")
        for name in (*without, *UNASKED):
            next((tmp_path / "data").glob(f"{name}.*")).unlink()
        body = {"company": "Acme", "source": {"kind": "folder", "path": "data"}, "features": [], "drift": drift or {}}
        (tmp_path / "acme.yaml").write_text(yaml.safe_dump(body))
        return Asked(open_config(tmp_path / "acme.yaml"), make_bundle(day=THEN, **bundle), parse_moment(now))

    return of


def of_region(tables, region):
    accounts = tables["accounts"]
    return set(accounts.loc[accounts["region"] == region, "account_id"])


def emea_leaves(tables):
    """Customers of EMEA leave within half a year from 2025 on."""
    subs, cut = tables["subscriptions"], pd.Timestamp(THEN)
    mine = subs["account_id"].isin(of_region(tables, "EMEA")) & (subs["started_at"] < NOW)
    rng = np.random.default_rng(1)
    goes = np.maximum(subs["started_at"], cut) + pd.to_timedelta(rng.integers(5, 200, len(subs)), unit="D")
    ends = subs["ended_at"].isna() | (subs["ended_at"] > goes)
    subs.loc[mine & ends, "ended_at"] = goes[mine & ends]


def test_the_usual_company_moves_up_market_and_the_bands_are_named(asked):
    """The simulated company's last year is drawn from larger accounts."""
    found = trade_findings(asked(), alpha=0.05, seed=7)
    told = next(f for f in found if f.code == "TRADE-UPMARKET" and f.subject == "Employees")
    assert told.alarm
    assert "come from larger accounts than before, moving up-market; accounts of" in told.words
    assert "employees:" in told.words
    assert told.power > 0
    assert told.rows
    codes = {f.code for f in found}
    assert {"TRADE-MIX", "TRADE-NEW-SEGMENT", "TRADE-WINRATE-SEGMENT", "TRADE-CYCLE", "TRADE-CHURN"} <= codes


def test_a_region_whose_customers_leave_is_named_and_a_retrain_is_proposed(asked):
    one = asked(emea_leaves)
    found = trade_findings(one, alpha=0.01, seed=7)
    clusters = [f for f in found if f.code == "TRADE-CHURN" and f.alarm and f.subject == "Région"]
    assert len(clusters) == 1
    assert "EMEA: more customers leave than before, unlike elsewhere; EMEA:" in clusters[0].words
    triggers = trigger_findings(one, found, alpha=0.01)
    assert "TRIGGER-CHURN-CLUSTER" in {f.code for f in triggers}
    assert not any(f.alarm for f in triggers)
    quiet = asked(emea_leaves, {"churn_cluster": False})
    assert "TRIGGER-CHURN-CLUSTER" not in {f.code for f in trigger_findings(quiet, found, alpha=0.01)}


def test_a_use_case_that_is_new_among_the_wins_is_named(asked):
    def change(tables):
        deals = tables["deals"]
        newer = (deals["closed_at"] >= THEN) & (deals["stage"] == "won") & (deals["deal_type"] == "new_logo")
        deals.loc[newer & (np.arange(len(deals)) % 2 == 0), "use_case"] = "agents"

    told = [f for f in trade_findings(asked(change), alpha=0.05, seed=7) if f.code == "TRADE-NEW-SEGMENT"]
    assert [f.alarm for f in told] == [True]
    assert "Use case: agents: 0 wins of" in told[0].words


def test_wins_from_outside_the_profile_are_held_against_those_that_cards_of_their_own_time_saw(asked):
    past = {"wins": 200, "above": {"A": 0.5, "B": 0.9, "C": 1.0}}
    metrics = {"verdict": "signal", "company": "Acme", "criteria": {"retrospective": past}}
    found = trade_findings(asked(metrics=metrics), alpha=0.05, seed=7)
    told = next(f for f in found if f.code == "TRADE-OUTSIDE")
    assert (told.n_reference, "10% (" in told.words) == (200, True)
    assert told.alarm == (told.p_value <= 0.05 * WEIGHTS["outside"] and told.statistic >= 0.1)
    assert "TRADE-BEST" not in {f.code for f in found}


def test_what_the_tables_lack_is_said_once(asked):
    found = trade_findings(asked(without=("subscriptions", "arr_changes", "customer_health")), alpha=0.05, seed=7)
    lacking = [f for f in found if f.code == "TRADE-DATA"]
    assert len(lacking) == 1
    assert "how many customers leave, and when: there are no subscriptions" in lacking[0].words
    assert "TRADE-CHURN" not in {f.code for f in found}


def test_on_the_day_after_the_training_nothing_can_be_told_and_nothing_is_cried(asked):
    one = asked(now="2025-01-02")
    found = trade_findings(one, alpha=0.05, seed=7)
    assert not any(f.alarm for f in found)
    assert sum("cannot tell" in f.words for f in found) >= 4
    assert trigger_findings(one, found, alpha=0.05) == []


def test_lines_of_the_configuration_are_tests_and_days_are_facts(asked):
    drift = {
        "product_launches": [{"name": "Cloud", "date": "2025-03-01"}, {"name": "Later", "date": "2026-03-01"}],
        "win_rate_floor": 0.6,
        "churn_above": 0.01,
        "customers_reached": 200,
    }
    one = asked(drift=drift)
    found = {f.code: f for f in trigger_findings(one, [], alpha=0.02)}
    assert set(found) <= {"TRIGGER-LAUNCH", "TRIGGER-WINRATE", "TRIGGER-CHURN", "TRIGGER-CUSTOMERS"}
    assert (found["TRIGGER-LAUNCH"].subject, found["TRIGGER-LAUNCH"].alarm) == ("Cloud", False)
    assert found["TRIGGER-WINRATE"].alarm
    assert found["TRIGGER-WINRATE"].p_value <= 0.01
    assert found["TRIGGER-CHURN"].alarm
    assert all("icpfit retrain" in f.action for f in found.values())
    high = asked(drift={"win_rate_floor": 0.01, "churn_above": 0.9, "customers_reached": None})
    assert not any(f.alarm for f in trigger_findings(high, [], alpha=0.02))


@pytest.fixture
def flat(tmp_path, make_bundle, company):
    """The company's new-logo deals as one dated file."""

    def of(*, closes=True, up=False, headers=None, segments=()):
        deals = company.tables["deals"]
        deals = deals[deals["deal_type"] == "new_logo"].merge(company.tables["accounts"], on="account_id")
        size = deals["employee_count"].to_numpy(copy=True)
        if up:
            size = np.where((deals["created_at"] >= THEN) & (np.arange(len(deals)) % 2 == 0), 700, size)
        table = pd.DataFrame(
            {
                "Deal": deals["deal_id"],
                "Account": deals["account_id"],
                "Result": deals["stage"],
                "Created": deals["created_at"].dt.strftime("%Y-%m-%d"),
                "Closed": deals["closed_at"].dt.strftime("%Y-%m-%d").fillna(""),
                "Employees": size,
                "Region": deals["region"],
                "Lead source": deals["source"],
            }
        )
        headers = headers or {}
        table.rename(columns=headers).to_csv(tmp_path / "deals.csv", index=False)
        columns = {
            "id": "Deal",
            "account_id": "Account",
            "result": "Result",
            "positive": ["won"],
            "negative": ["lost"],
            "created_at": "Created",
        }
        columns |= {"closed_at": "Closed"} if closes else {}
        layers = {"firmographic": ["Employees", "Region"], "behavioral": ["Lead source"]}
        layers = {layer: [headers.get(h, h) for h in names] for layer, names in layers.items()}
        source = {"kind": "flat", "path": "deals.csv", "columns": columns, "layers": layers}
        asked_for = {"training": {"segments": list(segments)}, "drift": {"win_rate_floor": 0.9}}
        (tmp_path / "flat.yaml").write_text(yaml.safe_dump({"company": "Acme", "source": source, **asked_for}))
        opened = open_config(tmp_path / "flat.yaml")
        names = {"mitarbeiter": "employees", "gebiet": "region"}  # what the model was made of
        specs = tuple(s.model_copy(update={"name": names.get(s.name, s.name)}) for s in opened.specs)
        return Asked(opened, make_bundle(day=THEN), parse_moment(NOW)), specs

    return of


@pytest.mark.parametrize("closes", [True, False])
def test_a_dated_flat_file_is_told_as_far_as_its_columns_go(flat, closes):
    asked, specs = flat(closes=closes, up=True)
    bundle = replace(asked.bundle, specs=(*specs, *(s for s in asked.bundle.specs if s.name == "views_30d")))
    found = trade_findings(replace(asked, bundle=bundle), alpha=0.01, seed=7)
    told = next(f for f in found if f.code == "TRADE-UPMARKET" and f.subject == "Employees")
    assert told.alarm
    assert "accounts of 501 to 1,000 employees" in told.words
    lacking = [f.words for f in found if f.code == "TRADE-DATA"]
    assert len(lacking) == 1
    assert "there are no subscriptions" in lacking[0]
    assert ("no close dates" in lacking[0]) is not closes
    assert ("TRADE-CYCLE" in {f.code for f in found}) is closes
    triggers = trigger_findings(replace(asked, bundle=bundle), found, alpha=0.05)
    assert [f.code for f in triggers if f.alarm] == ["TRIGGER-WINRATE"]


def test_columns_of_any_name_are_segments_where_they_are_named_and_else_it_is_said_what_is_not_asked(flat):
    german = {"Employees": "Mitarbeiter", "Region": "Gebiet", "Lead source": "Quelle"}

    def of(segments):
        asked, specs = flat(up=True, headers=german, segments=segments)
        kept = tuple(s for s in asked.bundle.specs if s.name == "views_30d")
        return trade_findings(replace(asked, bundle=replace(asked.bundle, specs=(*specs, *kept))), alpha=0.01, seed=7)

    (lacking,) = [f.words for f in of(()) if f.code == "TRADE-DATA"]
    for what in ("larger and smaller accounts", "who comes", "win rates by segment", "new among the wins"):
        assert what in lacking
    named = of(("employees", "region"))
    (moved,) = [f for f in named if f.code == "TRADE-MIX" and f.subject == "Mitarbeiter"]
    assert moved.alarm
    assert {"Gebiet", "Win rate by Gebiet", "new segments"} <= {f.subject for f in named}
    (lacking,) = [f.words for f in named if f.code == "TRADE-DATA"]
    assert "larger and smaller accounts" in lacking
    assert "who comes" not in lacking


def test_a_segment_that_is_misspelt_is_refused_before_anything_is_asked(flat, tmp_path):
    asked, _ = flat(segments=("regoin",))
    with pytest.raises(ConfigError, match=r"training\.segments names 'regoin'"):
        watch(asked.opened, Workspace(tmp_path), asked.as_of)
