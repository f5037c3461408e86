"""Proposals for data folders: every column, technology, event and signal that is there has its features, and they compute."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpfit.config import Config, FolderSource, load_config
from icpfit.errors import SourceError
from icpfit.features.build import build_features
from icpfit.moments import parse_moment
from icpfit.sources.folder import read_folder
from icpfit.sources.intake import Intake
from icpfit.sources.propose import Proposal, propose
from icpfit.sources.propose_folder import MOST_FEATURES


def company(
    folder: Path, *, events: list[str], signals: list[tuple[str, str]], technologies: list[tuple[str, str]], **further: list[object]
) -> Path:
    folder.mkdir(exist_ok=True)
    n = 12
    ids = [f"A{i}" for i in range(n)]
    accounts = {
        "account_id": ids,
        "domain": [f"a{i}.example" for i in range(n)],
        "industry": ["Retail", "Media"] * (n // 2),
        "employee_count": range(10, 10 + n),
        "founded_year": [2010] * n,
        **{k: (v * n)[:n] for k, v in further.items()},
    }
    day = "2025-06-01"
    tables: dict[str, dict[str, object]] = {
        "accounts": accounts,
        "account_history": {"account_id": ids, "field": "industry", "value": "Retail", "valid_from": "2020-01-01"},
        "deals": {
            "deal_id": [f"D{i}" for i in range(n)],
            "account_id": ids,
            "created_at": day,
            "closed_at": "2025-07-01",
            "stage": ["won", "lost"] * (n // 2),
        },
        "technologies": {
            "account_id": ids[0],
            "technology": [t for t, _ in technologies],
            "category": [c for _, c in technologies],
            "first_seen_at": "2020-01-01",
        },
        "events": {  # one old row, so that no window begins before the table does
            "account_id": ["A5", *[ids[1]] * len(events)],
            "occurred_at": ["2024-01-01", *["2025-05-20"] * len(events)],
            "event": [min(events), *events],
            "user_id": "u1",
        },
        "signals": {"account_id": ids[2], "occurred_at": "2025-05-01", "signal": [s for s, _ in signals], "topic": [t for _, t in signals]},
    }
    for name, columns in tables.items():
        pd.DataFrame(columns).to_csv(folder / f"{name}.csv", index=False)
    return folder


def use(tmp_path: Path, folder: Path) -> tuple[Proposal, Config, pd.DataFrame]:
    """Propose, write, load, read and compute, with nothing edited."""
    out = tmp_path / "own.yaml"
    proposal = propose(folder, out=out)
    out.write_text(proposal.yaml_text, encoding="utf-8")
    config = load_config(out)
    assert isinstance(config.source, FolderSource)
    warehouse = read_folder(config.source, Intake.of(config))
    rows = {"account_id": ["A0", "A1", "A2"], "as_of": np.full(3, parse_moment("2025-06-01"), dtype=np.int64)}
    return proposal, config, build_features(warehouse, config.features, pd.DataFrame(rows), None)


EVENTS = ["login", "pricing_page_view", "trial_started", "docs_view"]
SIGNALS = [("funding_round", ""), ("layoffs", ""), ("topic_surge", "data"), ("job_posting", "engineer")]
TECHNOLOGIES = [("Snowflake", "data_warehouse"), ("HubSpot", "crm"), ("Rivalgrid", "competitor")]


def test_everything_that_is_there_has_its_features(tmp_path: Path) -> None:
    proposal, config, _ = use(
        tmp_path, company(tmp_path / "data", events=EVENTS, signals=SIGNALS, technologies=TECHNOLOGIES, has_blog=["yes", "no"])
    )
    by_name = {f.name: f for f in config.features}
    for name in ("industry", "employee_count", "age_years", "free_email_domain", "has_blog", "has_data_warehouse", "technologies_seen"):
        assert name in by_name
    assert by_name["industry"].history
    assert not by_name["employee_count"].history
    for event in EVENTS:
        assert {f"{event}_{d}d" for d in (7, 30, 90)} | {f"{event}_days_ago"} <= set(by_name)
    for signal, _ in SIGNALS:
        assert {f"{signal}_90d", f"{signal}_180d", f"{signal}_days_ago"} <= set(by_name)
    assert (by_name["login_first_2d"].after, by_name["login_first_2d"].window_days) == ("trial_started", 2)
    assert by_name["topic_surge_data_90d"].where == "signal = 'topic_surge' AND topic = 'data'"
    assert (by_name["layoffs_180d"].monotone, by_name["pricing_page_view_30d"].monotone) == ("decreasing", "increasing")
    assert by_name["docs_view_30d"].monotone is None
    assert [d.feature for d in config.scorecard.disqualifiers] == ["free_email_domain", "has_competitor", "layoffs_180d"]
    assert any("accounts.has_blog" in d for d in proposal.doubts)
    assert all(f.label and f.why for f in config.features)


def test_the_features_have_the_values_that_the_tables_say(tmp_path: Path) -> None:
    _, _, values = use(tmp_path, company(tmp_path / "data", events=[*EVENTS, "login"], signals=SIGNALS, technologies=TECHNOLOGIES))
    assert values["has_data_warehouse"].tolist() == [1, 0, 0]
    assert values["login_30d"].tolist() == [0, 2, 0]
    assert values["users_30d"].tolist() == [0, 1, 0]
    assert values["login_days_ago"].tolist()[1] == 12
    assert values["age_years"].tolist() == [15, 15, 15]
    assert values["free_email_domain"].tolist() == [0, 0, 0]


def test_the_proposal_is_the_same_in_any_order_of_rows(tmp_path: Path) -> None:
    a = company(tmp_path / "data", events=EVENTS, signals=SIGNALS, technologies=TECHNOLOGIES)
    first = propose(a, out=tmp_path / "own.yaml")
    company(a, events=EVENTS[::-1], signals=SIGNALS[::-1], technologies=TECHNOLOGIES[::-1])
    assert propose(a, out=tmp_path / "own.yaml") == first


def test_too_many_names_are_capped_and_said(tmp_path: Path) -> None:
    many = [f"event {i}" for i in range(60)]
    folder = company(
        tmp_path / "data",
        events=many,
        signals=[(f"signal {i}", "") for i in range(40)],
        technologies=[(f"T{i}", f"kind {i}") for i in range(60)],
    )
    proposal, config, _ = use(tmp_path, folder)
    assert len(config.features) == MOST_FEATURES
    assert "# Left out to stay within 120 features" in proposal.yaml_text
    assert any(d.startswith("events: 48 rarer kinds") for d in proposal.doubts)
    assert {"industry", "employee_count", "free_email_domain"} <= {f.name for f in config.features}


def test_hundreds_of_technologies_leave_room_for_what_accounts_do(tmp_path: Path) -> None:
    many = [(f"T{i}", f"kind {i}") for i in range(300)]
    folder = company(tmp_path / "data", events=EVENTS, signals=SIGNALS, technologies=[*many, ("Rivalgrid", "zz competitor")])
    proposal, config, _ = use(tmp_path, folder)
    names = {f.name for f in config.features}
    assert {f"{event}_30d" for event in EVENTS} | {f"{signal}_180d" for signal, _ in SIGNALS} <= names
    assert "has_zz_competitor" in names
    assert any(d.startswith("technologies: 277 rarer categories have no feature, e.g. 'kind ") for d in proposal.doubts)


def test_own_columns_that_know_the_outcome_are_not_proposed_and_those_that_may_are_said(tmp_path: Path) -> None:
    own = {"csm": ["Ann", "Bob"], "churn_reason": ["price", ""], "deal_stage": ["a", "b"], "blank": [""], "plan": ["basic", "pro"]}
    own["tools"] = ["SAP;Jira", "SAP", "Jira"]
    folder = company(tmp_path / "data", events=EVENTS, signals=SIGNALS, technologies=TECHNOLOGIES, **own)
    proposal, config, _ = use(tmp_path, folder)
    assert {f.column for f in config.features if f.why == "a column of your own"} == {"csm", "deal_stage", "plan", "tools"}
    said = {d.split(" ")[0]: d for d in proposal.doubts if d.startswith("accounts.")}
    assert "By its name it says who on our side worked it, not what the company is like." in said["accounts.csm"]
    assert said["accounts.churn_reason"].endswith("is not proposed: training refuses it: a reason for the outcome is written after it")
    assert said["accounts.blank"].endswith("is not proposed: it is empty")
    assert said["accounts.tools"].endswith(
        "Its cells are lists, such as 'SAP;Jira', and each combination is read as one text, so that what a single item does is lost: "
        "make each of the 2 items a yes/no column of its own."
    )
    assert said["accounts.deal_stage"].endswith("For the outcome win training refuses it: the stage or status says how the deal ended.")


def test_two_tables_alone_are_enough(tmp_path: Path) -> None:
    folder = company(tmp_path / "data", events=EVENTS, signals=SIGNALS, technologies=TECHNOLOGIES)
    for table in ("events", "signals", "technologies", "account_history"):
        (folder / f"{table}.csv").unlink()
    proposal, config, _ = use(tmp_path, folder)
    assert [f.name for f in config.features] == ["industry", "employee_count", "age_years", "free_email_domain"]
    assert "# Not there: technologies, events, signals, subscriptions, account_history." in proposal.yaml_text


awkward = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(awkward.filter(lambda t: bool(t.strip())), min_size=3, max_size=5, unique_by=lambda t: t.strip()))
def test_any_names_load_and_compute(tmp_path: Path, names: list[str]) -> None:
    names = ['it\'s "quoted" -- drop table', "select", "naïve ユーザー", *names]
    folder = company(tmp_path / "data", events=names, signals=[(n, n) for n in names], technologies=[(n, n) for n in names])
    _, config, values = use(tmp_path, folder)
    assert list(values.columns) == [f.name for f in config.features]
    counted = [
        f.name for f in config.features if f.table == "events" and f.aggregate == "count" and f.window_days == 90 and f.after is None
    ]
    assert (values.loc[1, counted] >= 1).all()


@pytest.mark.parametrize("column", ["select", "Größe", "it's; --", "label", "日本"])
def test_an_own_column_may_be_called_anything(tmp_path: Path, column: str) -> None:
    folder = company(tmp_path / "data", events=EVENTS, signals=SIGNALS, technologies=TECHNOLOGIES, **{column: ["x", "y"]})
    _, config, values = use(tmp_path, folder)
    name = next(f.name for f in config.features if f.column == column)
    assert values[name].tolist() == ["x", "y", "x"]


def test_file_faults_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        propose(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"there is no accounts\.csv"):
        propose(tmp_path / "empty")
    folder = company(tmp_path / "data", events=EVENTS, signals=SIGNALS, technologies=TECHNOLOGIES)
    (folder / "events.csv").write_text("account_id,event\nA1,login\n")
    with pytest.raises(SourceError, match="occurred_at"):
        propose(folder)


def test_a_broken_line_does_not_stop_a_proposal(tmp_path: Path) -> None:
    folder = company(tmp_path / "data", events=EVENTS, signals=SIGNALS, technologies=TECHNOLOGIES)
    with (folder / "events.csv").open("a", encoding="utf-8") as file:
        file.write("A1,2025-05-20\n")
    assert "login_30d" in propose(folder).yaml_text
