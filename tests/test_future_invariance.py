"""The promise: a training set as of a date is the same, byte for byte, after everything from that date on is deleted.

And that the promise is not empty: with any one time filter taken away, in the outcomes or in the SQL of
the features, it breaks.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import worlds

import icpfit.features.build
import icpfit.outcomes
import icpfit.sources.companies
import icpfit.sources.moved
import icpfit.training_set
from icpfit.config import OUTCOMES, Config, Outcome
from icpfit.features.compile import compile_features
from icpfit.features.schema import read_schema
from icpfit.moments import parse_moment
from icpfit.outcomes import known
from icpfit.simulate import simulate_company
from icpfit.sources.contract import TABLES
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.warehouse import Warehouse
from icpfit.training_set import TrainingSet, build_training_set, deal_facts, parquet_bytes

DATES = ("2023-10-01", "2024-08-15T13:30:00", "2025-07-01")
ENDS = {"deals": "closed_at", "subscriptions": "ended_at", "technologies": "last_seen_at", "customer_health": "first_value_at"}

FEATURES: list[dict[str, Any]] = [
    {"table": "accounts", "aggregate": "value", "column": "industry", "kind": "category"},
    {"table": "accounts", "aggregate": "value", "column": "employee_count", "history": True},
    {"table": "accounts", "aggregate": "free_email_domain", "kind": "flag"},
    {"table": "technologies", "aggregate": "present", "kind": "flag", "where": "category = 'data_warehouse'"},
    {"table": "technologies", "aggregate": "count"},
    {"table": "events", "aggregate": "count", "window_days": 90},
    {"table": "events", "aggregate": "distinct", "column": "user_id", "window_days": 30},
    {"table": "events", "aggregate": "recency_days", "where": "event = 'login'"},
    {"table": "events", "aggregate": "days_since_first"},
    {"table": "events", "aggregate": "count", "after": "trial_started", "window_days": 2, "where": "event = 'api_call'"},
    {"table": "events", "aggregate": "last", "column": "event", "kind": "category"},
    {"table": "events", "aggregate": "trend", "window_days": 30},
    {"table": "events", "aggregate": "work_hours_share", "window_days": 90},
    {"table": "events", "aggregate": "days_to_first", "after": "trial_started", "where": "event = 'report_created'"},
    {"table": "accounts", "aggregate": "change", "column": "employee_count", "window_days": 365},
    {"table": "signals", "aggregate": "rate", "window_days": 90, "where": "signal = 'job_posting'"},
    {"table": "signals", "aggregate": "min", "column": "strength"},
    {"aggregate": "all_of", "of": ["f3", "f15 > 0"], "kind": "flag"},
    {"aggregate": "ratio", "of": ["f5", "f6"]},
    {"table": "signals", "aggregate": "any", "kind": "flag", "window_days": 180, "where": "signal = 'funding_round'"},
    {"table": "signals", "aggregate": "mean", "column": "strength"},
    {"table": "signals", "aggregate": "distinct", "column": "topic"},
    {"table": "interactions", "aggregate": "count"},
    {"table": "accounts", "aggregate": "change", "column": "employee_count", "window_days": 365},
    {"table": "events", "aggregate": "rate", "window_days": 60},
    {"table": "events", "aggregate": "trend", "window_days": 30},
    {"table": "events", "aggregate": "work_hours_share", "utc_offset_hours": 1},
    {"table": "events", "aggregate": "days_to_first", "after": "trial_started", "where": "event = 'api_call'"},
    {"table": "signals", "aggregate": "last", "column": "topic", "kind": "category"},
    {"table": "signals", "aggregate": "min", "column": "strength", "window_days": 365},
    {"aggregate": "ratio", "of": ["f5", "f15"]},
]


def config(**outcomes: Any) -> Config:
    features = [{"name": f"f{i}", "label": f"Feature {i}", "layer": "behavioral", **f} for i, f in enumerate(FEATURES)]
    return Config.model_validate({"source": {"kind": "folder", "path": "."}, "features": features, "outcomes": outcomes})


CONFIGS = {
    "plain": config(deal_attributes=["source"]),
    "delayed": config(scoring_delay_days=7, stale_after_days=150, retention_rule="expanded_or_referred"),
}


def recorded_late(tables: Mapping[str, pd.DataFrame], seed: int) -> dict[str, pd.DataFrame]:
    """Every table with ``recorded_at``: a sixth of the rows (half of the few ARR changes) were learned of up to two years late.

    So that each filter has rows to decide on, some renewals are called new logos, and some customers have
    a second product, which they drop after 200 days.
    """
    rng = np.random.default_rng(seed)
    first = tables["subscriptions"]
    second = first[first["deal_id"].notna()].iloc[::2].copy()
    second["subscription_id"] += "-second"
    second["arr"] *= 0.5
    second["ended_at"] = second["started_at"] + pd.Timedelta(days=200)
    tables = {**tables, "subscriptions": pd.concat([first, second], ignore_index=True)}
    out = {}
    for name, table in tables.items():
        late = pd.to_timedelta(rng.integers(1, 730, len(table)), unit="D").to_numpy()
        own = table[TABLES[name].time] if TABLES[name].time else pd.Series(pd.Timestamp("2022-06-01"), index=table.index)
        recorded = pd.Series((own.to_numpy() + late).astype("datetime64[us]"), index=table.index)
        share = {"accounts": 0.08, "arr_changes": 0.5}.get(name, 1 / 6)
        out[name] = table.assign(recorded_at=recorded.where(rng.random(len(table)) < share))
    deals = out["deals"]
    # whether these are left out rests on what was known of the subscription
    again = (deals["deal_type"] != "new_logo") & (rng.random(len(deals)) < 0.5)
    deals["deal_type"] = deals["deal_type"].mask(again, "new_logo")
    return out


def without_future(tables: Mapping[str, pd.DataFrame], cutoff: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """Every row at or after the cutoff deleted, by its own time or by when it was recorded; every later end and close blanked."""
    out = {}
    for name, table in tables.items():
        times = [c for c in (TABLES[name].time, "recorded_at") if c in table.columns]
        kept = table[~np.logical_or.reduce([table[c] >= cutoff for c in times])].reset_index(drop=True)
        if name in ENDS:
            over = kept[ENDS[name]] >= cutoff
            kept[ENDS[name]] = kept[ENDS[name]].mask(over)
            if name == "deals":
                kept["stage"] = kept["stage"].mask(over, "open")
        out[name] = kept
    return out


Company = Callable[[str | None], Warehouse]


@pytest.fixture(scope="module")
def company() -> Company:
    """The demo company, small, as a warehouse: whole, or without what lies at or after a date."""
    tables = recorded_late(simulate_company(accounts=500, seed=11).tables, 11)
    made: dict[str | None, Warehouse] = {}

    def warehouse(date: str | None) -> Warehouse:
        if date not in made:
            made[date] = warehouse_from_frames(tables if date is None else without_future(tables, pd.Timestamp(date)))
        return made[date]

    return warehouse


def described(training: TrainingSet, cutoff: int) -> tuple[object, ...]:
    """Everything that a training set says."""
    labels = [training.labels_at(cutoff - back * 86_400_000_000).tobytes() for back in (0, 200, 500)]
    rows = training.left_out_rows.to_csv(index=False)
    same = (training.fingerprint, training.considered, dict(training.left_out), rows, training.amount.tobytes(), training.notes)
    same += (dict(training.histories), training.maturity())
    return (parquet_bytes(training.frame, training.specs), training.position.tobytes(), *same, *labels)


def both(company: Company, date: str, outcome: Outcome, settings: Config) -> tuple[TrainingSet, TrainingSet]:
    cutoff = parse_moment(date)
    return (build_training_set(company(None), settings, outcome, cutoff), build_training_set(company(date), settings, outcome, cutoff))


@pytest.mark.parametrize("settings", CONFIGS)
@pytest.mark.parametrize("outcome", ["win", "retention"])
@pytest.mark.parametrize("date", DATES)
def test_deleting_the_future_changes_no_byte(company: Company, date: str, outcome: Outcome, settings: str) -> None:
    whole, cut = both(company, date, outcome, CONFIGS[settings])
    assert len(whole.frame) > (100 if outcome == "win" else 5)
    assert described(whole, parse_moment(date)) == described(cut, parse_moment(date))


def test_the_bytes_are_the_same_whenever_they_are_made(company: Company) -> None:
    cutoff = parse_moment(DATES[1])
    once, twice = (build_training_set(company(None), CONFIGS["plain"], "win", cutoff) for _ in range(2))
    assert parquet_bytes(once.frame, once.specs) == parquet_bytes(twice.frame, twice.specs)
    later = build_training_set(company(None), CONFIGS["plain"], "win", cutoff + 1)
    assert once.fingerprint == twice.fingerprint
    assert (later.fingerprint == once.fingerprint) == later.frame.equals(once.frame)


def test_labels_at_the_cutoff_are_the_labels_and_later_ones_know_no_more(company: Company) -> None:
    cutoff = parse_moment(DATES[1])
    for outcome in OUTCOMES:
        training = build_training_set(company(None), CONFIGS["plain"], outcome, cutoff)
        np.testing.assert_array_equal(training.labels_at(cutoff), training.label)
        np.testing.assert_array_equal(training.labels_at(cutoff + 10**15), training.label)
        early = training.labels_at(parse_moment(DATES[0]))
        assert 0 < (~np.isnan(early)).sum() < len(early)
        assert np.isnan(early[training.position >= parse_moment(DATES[0])]).all()
        assert np.isnan(training.labels_at(0)).all()


# Mutations: take each filter away, and see the promise break.


def sites() -> list[str]:
    """Every call of ``known.before`` in the code of outcomes and training sets, as ``file:line:column``."""
    found = []
    for package in (icpfit.outcomes, icpfit.training_set):
        for path in sorted(Path(str(package.__file__)).parent.glob("*.py")):
            if path.name == "flat.py":
                continue  # has its own test
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "known.before":
                    found.append(f"{path.name}:{node.lineno}:{node.col_offset}")
    return found


def _caller() -> str:
    frame = sys._getframe(2)
    position = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    return f"{Path(frame.f_code.co_filename).name}:{position[0]}:{position[2]}"


def breaks(company: Company, outcomes: tuple[Outcome, ...] = ("retention", "win")) -> Iterator[bool]:
    """For each date, model and configuration: whether deleting the future changes something."""
    for date in reversed(DATES):
        for outcome in outcomes:
            for settings in CONFIGS.values():
                whole, cut = both(company, date, outcome, settings)
                yield described(whole, parse_moment(date)) != described(cut, parse_moment(date))
        told, told_then = facts(company, date)
        yield not told.equals(told_then)


def facts(company: Company, date: str) -> Iterator[pd.DataFrame]:
    """What else is known of the deals that were there before the date, with the future and without it."""
    deals = company(date).frame("deals")["deal_id"].to_numpy(object)
    for known_until in (None, date):
        yield deal_facts(company(known_until), CONFIGS["plain"], deals, parse_moment(date))


@pytest.mark.parametrize("date", DATES)
def test_deleting_the_future_changes_no_fact_of_a_deal(company: Company, date: str) -> None:
    whole, cut = facts(company, date)
    pd.testing.assert_frame_equal(whole, cut, check_exact=True)
    assert 0 < whole["cycle_days"].isna().sum() < len(whole), "some deals were open then"


def targets(company: Company, date: str) -> Iterator[pd.DataFrame]:
    """The features of every account as of the date, with the future and without it."""
    accounts = company(None).frame("accounts")["account_id"]
    moments = pd.DataFrame({"account_id": accounts, "as_of": parse_moment(date)})
    for known_until in (None, date):
        yield icpfit.features.build.build_features(company(known_until), CONFIGS["plain"].features, moments)


def target_breaks(company: Company) -> Iterator[bool]:
    for date in reversed(DATES):
        whole, cut = targets(company, date)
        yield not whole.equals(cut)


@pytest.mark.parametrize("date", DATES)
def test_deleting_the_future_changes_no_feature_of_a_target_list(company: Company, date: str) -> None:
    whole, cut = targets(company, date)
    pd.testing.assert_frame_equal(whole, cut, check_exact=True)
    assert whole.notna().any().all()


@pytest.mark.parametrize("site", sites())
def test_each_filter_of_the_outcomes_matters(company: Company, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    met = set()
    filtered = known.before

    def unfiltered(times: known.Int64s, moment: int) -> known.Bools:
        met.add(_caller())
        return times < known.NEVER if _caller() == site else filtered(times, moment)

    monkeypatch.setattr(known, "before", unfiltered)
    assert any(breaks(company)), f"without the filter at {site} the promise still holds: the test could not see it fail"
    assert site in met


@cache
def filters() -> list[tuple[str, str]]:
    """Query and filter for every query of the configuration, on a company so small that only its columns matter."""
    warehouse = warehouse_from_frames(recorded_late(simulate_company(accounts=50, seed=1).tables, 1))
    plan = compile_features(warehouse.connection, read_schema(warehouse), CONFIGS["plain"].features)
    return [(query.table, words) for query in plan.queries for words in worlds.mutants(query.sql)]


@pytest.mark.parametrize(("table", "words"), filters())
def test_each_filter_of_the_features_matters(company: Company, table: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(icpfit.features.build, "compile_features", worlds.plan_without(table, words))
    # an account that is recorded later has no deal in the training set, so a list of targets must show that filter
    broken = target_breaks(company) if words.startswith("c.visible_at") else breaks(company, ("win", "retention"))
    assert any(broken), f"{table}: without {words} the promise still holds: the test could not see it fail"


def test_the_filters_that_are_taken_away_are_all_there_are() -> None:
    """Each query has the account's visibility and the rows'; the ends of technologies; the start of trials."""
    by_table: dict[str, list[str]] = {}
    for table, words in filters():
        by_table.setdefault(table, []).append(words.split(" < ")[0])
    assert set(by_table) == {"account_history", "accounts", "events", "interactions", "signals", "technologies"}
    for table, found in by_table.items():
        assert "c.visible_at" in found, table
        assert table == "accounts" or {"h.visible_at", "r._seen"} & set(found), table
    assert "r._end" in by_table["technologies"]
    assert "e.visible_at" in by_table["events"]
    assert len(sites()) >= 8


# Duplicate accounts, some of them recorded late.


def doubled(tables: Mapping[str, pd.DataFrame], seed: int) -> dict[str, pd.DataFrame]:
    """A quarter of the accounts stand there twice, under a part of their domain, half of them recorded later; half of the rows are theirs.

    Of another part of the rows the account was merged in the CRM and is gone. An account that stands there twice lacks its
    industry now and then, which the other one has.
    """
    rng = np.random.default_rng(seed)
    out = dict(tables)
    accounts = out["accounts"].reset_index(drop=True)
    twice = rng.random(len(accounts)) < 0.25
    copies = accounts[twice].copy()
    copies["account_id"] += "-copy"
    copies["domain"] = "eu." + copies["domain"]
    late = pd.Timestamp("2022-06-01") + pd.to_timedelta(rng.integers(1, 1_000, len(copies)), unit="D")
    copies["recorded_at"] = pd.Series(late, index=copies.index).where(rng.random(len(copies)) < 0.5)
    accounts.loc[twice & (rng.random(len(accounts)) < 0.5), "industry"] = None
    out["accounts"] = pd.concat([accounts, copies], ignore_index=True)
    gone = set(accounts["account_id"][~twice & (rng.random(len(accounts)) < 0.1)])
    out["account_merges"] = pd.DataFrame({"account_id": [f"{one}-gone" for one in sorted(gone)], "merged_into": sorted(gone)})
    copied = set(accounts["account_id"][twice])
    for name, table in tables.items():
        if name != "accounts" and "account_id" in table.columns:
            own = table["account_id"]
            other = [f"{one}-copy" if one in copied else f"{one}-gone" if one in gone else one for one in own]
            out[name] = table.assign(account_id=own.where(rng.random(len(table)) < 0.5, pd.Series(other, index=table.index)))
    return out


def company_of(tables: Mapping[str, pd.DataFrame]) -> Company:
    """Who is who is no event: what the CRM merged is known whatever is deleted."""
    merges = {"account_merges": tables["account_merges"]}
    rest = {name: table for name, table in tables.items() if name not in merges}

    @cache
    def warehouse(date: str | None) -> Warehouse:
        return warehouse_from_frames({**(rest if date is None else without_future(rest, pd.Timestamp(date))), **merges})

    return warehouse


@pytest.fixture(scope="module")
def duplicate_tables() -> dict[str, pd.DataFrame]:
    return doubled(recorded_late(simulate_company(accounts=400, seed=12).tables, 12), 12)


@pytest.fixture(scope="module")
def duplicates(duplicate_tables: dict[str, pd.DataFrame]) -> Company:
    return company_of(duplicate_tables)


@pytest.mark.parametrize("outcome", ["win", "retention"])
@pytest.mark.parametrize("date", DATES)
def test_deleting_the_future_changes_no_byte_where_accounts_are_merged(duplicates: Company, date: str, outcome: Outcome) -> None:
    assert len(duplicates(None).merges) > 100
    assert {"industry", "employee_count"} <= set(duplicates(None).columns["accounts"])
    whole, cut = both(duplicates, date, outcome, CONFIGS["plain"])
    assert len(whole.frame) > (80 if outcome == "win" else 3)
    assert described(whole, parse_moment(date)) == described(cut, parse_moment(date))


@pytest.mark.parametrize("date", DATES)
def test_deleting_the_future_changes_no_feature_of_a_list_where_accounts_are_merged(duplicates: Company, date: str) -> None:
    whole, cut = targets(duplicates, date)
    pd.testing.assert_frame_equal(whole, cut, check_exact=True)


def test_when_a_merged_account_was_known_matters(duplicate_tables: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch) -> None:
    plain = icpfit.sources.moved.seen
    monkeypatch.setattr(icpfit.sources.moved, "seen", lambda table, names, row="s", member=None: plain(table, names, row))
    assert any(target_breaks(company_of(duplicate_tables))), "rows count before their account was known, and the test could not see it"


def test_that_fields_are_filled_only_from_what_was_known_as_early_matters(
    duplicate_tables: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icpfit.sources.companies, "AS_EARLY", "true")
    assert any(target_breaks(company_of(duplicate_tables))), "fields are filled from later accounts, and the test could not see it"
