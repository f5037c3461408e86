"""Where a company's features come from: its configuration, the files it names, and the built-in ones its tables allow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from icpfit.config import LAYERS, Config, FeatureSpec, parse_config
from icpfit.config_features import parse_features
from icpfit.errors import ConfigError, FeatureError
from icpfit.features.build import build_features
from icpfit.features.compile import compile_features
from icpfit.features.declared import built_in_features, check_features, declare
from icpfit.features.schema import read_schema
from icpfit.features.spelling import misspelt_values
from icpfit.simulate import simulate_company
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.warehouse import Warehouse

CONFIGS = Path(__file__).parents[2] / "configs"
HEAD = "source: {kind: folder, path: data}\n"
LOGINS = "{name: logins, label: Logins, layer: behavioral, table: events, aggregate: count, where: event = 'login'}"
USERS = "{name: users, label: Users, layer: behavioral, table: events, aggregate: distinct}"


@pytest.fixture(scope="module")
def demo() -> dict[str, pd.DataFrame]:
    return simulate_company(accounts=200, seed=3).tables


def configured(folder: Path, text: str, **files: str) -> Config:
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content)
    return parse_config(HEAD + text, folder / "acme.yml")


def bare(**more: Any) -> Config:
    return Config.model_validate({"source": {"kind": "folder", "path": "."}, **more})


# Files


def test_what_a_configuration_declares_goes_before_its_files_and_that_is_said(tmp_path: Path, company: Warehouse) -> None:
    own = LOGINS.replace("label: Logins", "label: Own")
    config = configured(tmp_path, f"features: [{own}]\nfeature_files: ['*.yaml']", more=f"features: [{LOGINS}, {USERS}]")
    assert [(s.name, s.label) for s in config.features] == [("logins", "Own"), ("users", "Users")]
    assert dict(config.feature_places) == {"users": str(tmp_path / "more.yaml")}
    (said,) = declare(config, company).findings
    assert said.severity == "note"
    assert said.words.endswith("more.yaml: logins")


def test_the_fingerprint_covers_what_the_files_say_and_not_where_they_lie(tmp_path: Path) -> None:
    one = configured(tmp_path, "feature_files: [a.yaml]", a=f"features: [{LOGINS}]")
    moved = configured(tmp_path, "feature_files: [b.yaml]", b=f"features: [{LOGINS}]")
    other = configured(tmp_path, "feature_files: [a.yaml]", a=f"features: [{LOGINS.replace('login', 'logon')}]")
    inline = configured(tmp_path, f"features: [{LOGINS}]")
    assert one.fingerprint() == moved.fingerprint() == inline.fingerprint() != other.fingerprint()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "there is no file *.yaml"),
        ({"a": "[]"}, "is a mapping, with the list 'features' in it"),
        ({"a": f"features: [{LOGINS}, {LOGINS}]"}, "features declared twice: logins"),
        ({"a": f"features: [{LOGINS}]", "b": f"features: [{LOGINS}]"}, "a.yaml too"),
        ({"a": f"features: [{LOGINS.replace('count', 'cuont')}]"}, "did you mean 'count'?"),
        ({"a": f"features: [{LOGINS}]\ncompany: Acme"}, "company: there is no such setting"),
    ],
)
def test_a_file_that_is_wrong_is_answered_with_its_name(tmp_path: Path, files: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError) as told:
        configured(tmp_path, "feature_files: ['*.yaml']", **files)
    assert words in str(told.value)
    assert not files or str(tmp_path / sorted(files)[-1]) in str(told.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml: no such file of features"):
        configured(tmp_path, "feature_files: [gone.yaml]")


def test_every_problem_of_a_file_is_said_under_its_feature() -> None:
    text = f"features: [{LOGINS.replace('behavioral', 'behaviour')}, {USERS.replace('users', 'U')}, 5, {{label: x}}]"
    with pytest.raises(ConfigError) as told:
        parse_features(text, Path("f.yaml"))
    assert "feature 'logins': layer: must be" in told.value.message
    assert "feature 'U': name: must be a small letter" in told.value.message
    assert "feature 3 of the list:" in told.value.message
    assert "feature 4 of the list: name: is needed and is not there" in told.value.message


def test_what_a_file_asks_that_the_tables_do_not_have_is_said_with_its_name(company: Warehouse) -> None:
    wrong = FeatureSpec(name="size", label="x", layer="firmographic", table="accounts", aggregate="value", column="employees")
    with pytest.raises(FeatureError, match=r"^growth\.yaml: feature 'size' reads accounts\.employees, which is not there"):
        check_features(company, (wrong,), {"size": "growth.yaml"})


def test_the_files_in_configs_compute_on_the_demo(demo: dict[str, pd.DataFrame]) -> None:
    house = warehouse_from_frames(demo)
    config = parse_config(HEAD + "feature_files: [features/*.yaml]", CONFIGS / "acme.yaml")
    assert len(config.features) >= 15
    check_features(house, config.features, config.feature_places)
    assert misspelt_values(house, config.features) == ()
    asked = pd.DataFrame({"account_id": demo["accounts"]["account_id"].astype(object), "as_of": house.newest - 10**13})
    built = build_features(house, config.features, asked)
    assert built.notna().mean().min() > 0.1
    assert (built.nunique() > 1).all()


# Built in


def test_the_built_in_features_are_many_and_each_has_its_reason() -> None:
    specs = built_in_features()
    assert len({s.name for s in specs}) == len(specs) >= 45
    assert {s.layer for s in specs} == set(LAYERS)
    assert all(s.why and s.label for s in specs if not s.hidden)


def test_a_configuration_without_features_has_the_built_in_ones(demo: dict[str, pd.DataFrame]) -> None:
    house = warehouse_from_frames(demo)
    declared = declare(bare(competitor_domains=["rival.com"]), house)
    assert len(declared.specs) == len(built_in_features())
    assert declared.findings == ()
    compile_features(house.connection, read_schema(house), declared.specs)
    assert {s.name: s.domains for s in declared.specs if s.domains} == {"competitor_domain": ("rival.com",)}


def test_what_is_not_available_is_said_with_the_reason(demo: dict[str, pd.DataFrame]) -> None:
    few = {t: f for t, f in demo.items() if t not in ("signals", "account_history")}
    house = warehouse_from_frames({**few, "events": few["events"].drop(columns="user_id")})
    declared = declare(bare(), house)
    words = " ".join(f.words for f in declared.findings)
    for reason in (
        "since there is no table signals: funding_round_180d,",
        "since job_postings_trend_90d is not available: hiring_up_while_funded",
        "since the table account_history tells nothing of employee_count: headcount_growth_365d",
        "since the configuration names no competitor_domains: competitor_domain",
        "since it reads events.user_id, which is not there: users_7d, users_30d, users_90d, users_first_7d",
        "since users_30d is not available: events_per_user_30d",
    ):
        assert reason in words
    told = sum(len(f.words.split(": ")[1].split(", ")) for f in declared.findings)
    assert told + len(declared.specs) == len(built_in_features())
    compile_features(house.connection, read_schema(house), declared.specs)


def test_a_field_without_a_history_is_read_as_it_stands(demo: dict[str, pd.DataFrame]) -> None:
    past = demo["account_history"]
    house = warehouse_from_frames({**demo, "account_history": past[past["field"] != "industry"]})
    history = {s.name: s.history for s in declare(bare(), house).specs}
    assert (history["industry"], history["country"]) == (False, True)


def test_declared_features_go_before_built_in_ones_and_are_alone_unless_both_are_asked_for(demo: dict[str, pd.DataFrame]) -> None:
    house = warehouse_from_frames(demo)
    own = {"name": "users_7d", "label": "Own", "layer": "behavioral", "table": "events", "aggregate": "count"}
    assert [s.name for s in declare(bare(features=[own]), house).specs] == ["users_7d"]
    declared = declare(bare(features=[own], built_in_features=True, competitor_domains=["a.io"]), house)
    assert declared.specs[0].label == "Own"
    assert len(declared.specs) == len(built_in_features())
    assert [f.words.rsplit(": ")[-1] for f in declared.findings] == ["users_7d"]


# Spelling


def asks(name: str, where: str | None, **more: Any) -> FeatureSpec:
    return FeatureSpec(name=name, label=name, layer="behavioral", aggregate="count", **{"table": "events", "where": where, **more})


def test_a_text_that_no_row_has_and_that_is_nearly_one_is_asked_about(company: Warehouse) -> None:
    specs = (
        asks("a", "event = 'trial_startd' OR event = 'login'"),
        asks("b", "event IN ('Login', 'purchase') AND NOT ('trial_startd' = event)"),
        asks("c", "event = 'login'", after="trial_start"),
        asks("d", "event <> 'logn' AND value > 1 AND event LIKE 'logn'"),
        asks("e", "event = "),
        asks("f", "technology = 'DBT'", table="technologies"),
    )
    found = misspelt_values(company, specs)
    assert [f.words for f in found] == [
        "features a, b: no row of events has event = 'trial_startd'; did you mean 'trial_started'?",
        "feature b: no row of events has event = 'Login'; did you mean 'login'?",
        "feature c: no row of events has event = 'trial_start'; did you mean 'trial_started'?",
        "feature f: no row of technologies has technology = 'DBT'; did you mean 'dbt'?",
    ]
    assert {f.severity for f in found} == {"warning"}
