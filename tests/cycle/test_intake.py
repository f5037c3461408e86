"""What a new export has changed or lost is told as what it is, before anything is judged: whole commands on a flat file."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result

from icpfit.bundle import Bundle, from_files, to_files
from icpfit.cli import main
from icpfit.cycle.asked import Asked
from icpfit.cycle.intake import facts_of
from icpfit.cycle.opened import Opened, open_config
from icpfit.cycle.retrain import learn
from icpfit.cycle.watch import report_of
from icpfit.cycle.weekly import findings_of_the_week
from icpfit.registry import Workspace, approve, write_bundle
from icpfit.sources.rows import DataFinding

OLD, NEW = 600, 150
COLUMNS = {
    "id": "deal",
    "result": "result",
    "positive": ["Won"],
    "negative": ["Lost"],
    "created_at": "created on",
    "closed_at": "closed",
    "account_id": "account",
}
BODY: dict[str, Any] = {
    "company": "Acme",
    "source": {
        "kind": "flat",
        "path": "deals.csv",
        "columns": COLUMNS,
        "layers": {"firmographic": ["employees", "region"], "technographic": ["warehouse"], "behavioral": ["views", "trial"]},
    },
    "training": {"trials": 1, "permutations": 199, "bootstrap": 50},
}
Place = Callable[..., Path]


def deals(n: int, seed: int, first_day: str, days: int, prefix: str = "D") -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    warehouse, trial, views = rng.random(n) < 0.4, rng.random(n) < 0.5, rng.poisson(2, n)
    z = -2.2 + 1.8 * warehouse + 0.3 * views + 1.4 * trial
    created = pd.Timestamp(first_day) + pd.to_timedelta(np.sort(rng.random(n)) * days, unit="D")
    return pd.DataFrame(
        {
            "deal": [f"{prefix}{seed}-{i}" for i in range(n)],
            "account": [f"A{prefix}{seed}-{i}" for i in range(n)],
            "created on": created.strftime("%Y-%m-%d"),
            "closed": (created + pd.to_timedelta(np.minimum(rng.gamma(3, 8, n), 40), unit="D")).strftime("%Y-%m-%d"),
            "result": np.where(rng.random(n) < 1 / (1 + np.exp(-z)), "Won", "Lost"),
            "employees": np.round(np.exp(rng.normal(4.3, 1.2, n))).astype(np.int64),
            "region": rng.choice(["North", "South", "East"], n),
            "warehouse": np.where(warehouse, "yes", "no"),
            "views": views,
            "trial": np.where(trial, "yes", "no"),
        }
    )


def placed(folder: Path, rows: pd.DataFrame, **source: Any) -> Path:
    folder.mkdir(exist_ok=True)
    body = copy.deepcopy(BODY)
    body["source"].update(source)
    rows.to_csv(folder / "deals.csv", index=False)
    (folder / "acme.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
    return folder / "acme.yaml"


@pytest.fixture(scope="module")
def then(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Bundle]:
    """(workspace with a champion in force, the champion)"""
    folder = tmp_path_factory.mktemp("then")
    opened = open_config(placed(folder, deals(OLD, 1, "2024-01-01", 365)))
    bundle = learn(opened, opened.moment(None)).bundle
    assert bundle is not None
    write_bundle(Workspace(folder), bundle)
    approve(Workspace(folder), bundle.version, "Ann", override="a champion to be asked")
    return folder, bundle


@pytest.fixture(scope="module")
def export() -> pd.DataFrame:
    """The new export: the deals that the champion knew, and those of the next quarter, of the same law."""
    return pd.concat([deals(OLD, 1, "2024-01-01", 365), deals(NEW, 2, "2025-02-15", 85)], ignore_index=True)


def drift(workspace: Path, config: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["drift", "--config", str(config), "--workspace", str(workspace), *options])


def told(workspace: Path, config: Path, *options: str) -> tuple[int, list[dict[str, Any]]]:
    ran = drift(workspace, config, "--json", *options)
    return ran.exit_code, json.loads(ran.stdout)["findings"]


def asked(config: Path, bundle: Bundle) -> Asked:
    opened = open_config(config)
    return Asked(opened, bundle, opened.moment(None))


def facts(config: Path, bundle: Bundle) -> list[Any]:
    return list(facts_of(asked(config, bundle), "win", {s.name: s.label for s in bundle.specs}).found)


def test_an_export_of_the_same_kind_has_nothing_to_look_at(then, export, tmp_path) -> None:
    assert facts(placed(tmp_path, export), then[1]) == []


def renamed(export: pd.DataFrame) -> pd.DataFrame:
    """From the next quarter on the CRM writes wins in another way."""
    new = (export.index >= OLD) & (export["result"] == "Won")
    return export.assign(result=export["result"].mask(new, "Gewonnen!"))


def test_wins_under_a_new_word_are_told_before_the_alarm_that_they_raise(then, export, tmp_path) -> None:
    config, rows = placed(tmp_path, renamed(export)), int((renamed(export)["result"] == "Gewonnen!").sum())
    ran = drift(then[0], config)
    first, todo, second = ran.stdout.splitlines()[1:4]
    assert first.startswith(f"LOOK AT: {rows} rows have a close date and the result “Gewonnen!”, which source.columns.positive")
    assert first.endswith("(DRIFT-RESULTS)")
    assert "name it, if it is an end" in todo
    assert second.startswith("ALARM: win rate")
    assert ran.exit_code == 1
    _, findings = told(then[0], config)
    (found,) = (f for f in findings if f["code"] == "DRIFT-RESULTS")
    assert findings[0] == found
    assert (found["p_value"], found["alarm"], found["n_current"]) == (None, False, rows)


def test_once_the_word_is_named_the_answers_are_those_of_the_file_as_it_was(then, export, tmp_path) -> None:
    named = placed(tmp_path / "named", renamed(export), columns={**COLUMNS, "positive": ["Won", "Gewonnen!"]})
    assert told(then[0], named) == told(then[0], placed(tmp_path / "plain", export))


def test_a_word_that_the_training_met_already_is_told_once_it_spreads(then, export, tmp_path) -> None:
    """Somebody leaves it out on purpose."""
    old = deals(OLD, 1, "2024-01-01", 365)
    left_out = old.assign(result=old["result"].mask(old.index < 30, "Spam"))
    opened = open_config(placed(tmp_path / "old", left_out))
    bundle = learn(opened, opened.moment(None)).bundle
    assert bundle is not None
    assert bundle.learned["results"] == {"spam": 30}
    few = export.assign(result=export["result"].mask((export.index < 30) | (export.index >= OLD + NEW - 10), "Spam"))
    many = export.assign(result=export["result"].mask((export.index < 30) | (export.index >= OLD + NEW - 40), "Spam"))
    assert facts(placed(tmp_path / "few", few), bundle) == []
    assert [f.code for f in facts(placed(tmp_path / "many", many), bundle)] == ["DRIFT-RESULTS"]


def test_without_closes_a_word_that_the_champion_never_met_is_told_and_a_stage_of_then_is_not(then, export, tmp_path) -> None:
    """Also where the bundle kept no words: then by the deals of its time."""
    columns = {k: v for k, v in COLUMNS.items() if k != "closed_at"}
    staged = renamed(export).assign(result=lambda d: d["result"].mask(d.index % 20 == 0, "Negotiation"))
    config = placed(tmp_path, staged, columns=columns)
    kept = {**then[1].learned, "results": {"negotiation": 40}}
    for learned in (kept, {k: v for k, v in then[1].learned.items() if k != "results"}):
        (found,) = facts(config, replace(then[1], learned=learned))
        assert found.code == "DRIFT-RESULTS"
        assert "Gewonnen!" in found.words
        assert "Negotiation" not in found.words
        assert "close date" not in found.words


def test_a_field_that_is_emptied_for_all_years_is_lost(then, export, tmp_path) -> None:
    half = export["region"].mask(export.index % 2 == 0, "")
    config = placed(tmp_path, export.assign(views="", region=half))
    code, findings = told(then[0], config)
    assert [f["code"] for f in findings[:3]] == ["DRIFT-LOST", "DRIFT-LOST", findings[2]["code"]]
    assert findings[2]["code"] != "DRIFT-LOST"
    views, region = (f["words"] for f in findings[:2])
    n = findings[0]["n_reference"]
    assert views == f"views: was known of {n} of the {n} deals that the champion learned from, and is known of none of them today"
    assert region.startswith("region: was known of")
    assert code == (1 if any(f["alarm"] for f in findings) else 0)
    lines = drift(then[0], config).stdout.splitlines()
    assert lines[1] == f"LOOK AT: {views} (DRIFT-LOST)"
    assert sum("what to do: look at the export" in line for line in lines) == 1


def test_a_field_that_only_the_new_deals_lack_is_no_lost_one(then, export, tmp_path) -> None:
    assert facts(placed(tmp_path, export.assign(views=export["views"].astype(object).mask(export.index >= OLD, ""))), then[1]) == []


def test_a_bundle_that_kept_nothing_is_asked_without(then, export, tmp_path) -> None:
    files = to_files(replace(then[1], learned={}))
    assert "learned.json" not in files
    old = from_files(files)
    assert old.learned == {}
    assert facts(placed(tmp_path, export.assign(views="")), old) == []
    assert facts(placed(tmp_path, deals(OLD, 7, "2024-01-01", 365, "X")), old) == []
    assert from_files(to_files(then[1])).learned == then[1].learned


FEWER = {"layers": {"firmographic": ["region"]}}


def test_columns_that_are_gone_are_named_with_what_to_do_and_the_command_leaves_with_2(then, export, tmp_path) -> None:
    config = placed(tmp_path, export.drop(columns=["views", "warehouse"]), **FEWER)
    for options in ((), ("--weekly",)):
        code, findings = told(then[0], config, *options)
        assert code == 2
        (found,) = findings
        assert found["code"] == "DRIFT-SOURCE"
        assert "warehouse and views" in found["words"]
        assert "headers" in found["action"]
        assert "retrain" in found["action"]
    assert "nothing else is asked before this is mended" in drift(then[0], config).stdout


def test_a_column_whose_header_is_written_otherwise_is_there(then, export, tmp_path) -> None:
    """As it is read: without regard to case."""
    assert facts(placed(tmp_path, export.rename(columns={"views": "Views"}), **FEWER), then[1]) == []


def test_where_none_of_the_columns_is_there_it_is_said_so(then, export, tmp_path) -> None:
    rows = export[["deal", "result", "created on", "closed", "account"]].assign(colour=export.index % 3)
    code, (found,) = told(then[0], placed(tmp_path, rows, layers={"firmographic": ["colour"]}))
    assert code == 2
    assert found["words"].startswith("none of the ")
    assert "is in deals.csv: it lacks " in found["words"]


def test_another_companys_deals_are_not_judged_and_leave_no_record(then, tmp_path) -> None:
    config, before = placed(tmp_path, deals(OLD + NEW, 7, "2024-01-01", 450, "X")), sorted(then[0].rglob("*"))
    for options in ((), ("--weekly",)):
        code, (found,) = told(then[0], config, *options)
        assert code == 2
        assert "not one of 200 of the" in found["words"]
        assert "workspace" in found["action"]
    assert sorted(then[0].rglob("*")) == before


def test_an_export_that_holds_some_of_the_old_deals_is_judged(then, export, tmp_path) -> None:
    assert facts(placed(tmp_path, export[export.index % 3 == 0]), then[1]) == []


def test_a_day_before_the_champions_own_is_refused(then, export, tmp_path) -> None:
    config = placed(tmp_path, export)
    day = then[1].metrics["as_of"]
    for options in ((), ("--weekly",)):
        ran = drift(then[0], config, "--as-of", "2024-06-01", *options)
        assert ran.exit_code == 2
        assert "2024-06-01" in ran.stderr
        assert f"trained as of {day}" in ran.stderr
        assert "leave out --as-of" in ran.stderr
    assert drift(then[0], config, "--as-of", day).exit_code == 0


def test_a_file_without_dates_is_told_what_to_name(then, export, tmp_path) -> None:
    columns = {k: v for k, v in COLUMNS.items() if k not in ("created_at", "closed_at")}
    code, findings = told(then[0], placed(tmp_path, export, columns=columns))
    assert code == 2
    (found,) = findings
    assert found["code"] == "DRIFT-DATES"
    assert "source.columns.created_at (“created on”, say)" in found["action"]
    assert "source.columns.closed_at (“closed”, say)" in found["action"]


def test_a_champion_that_knew_no_dates_cannot_tell_what_is_new(then, export, tmp_path) -> None:
    undated = replace(then[1], as_of=0, metrics={**then[1].metrics, "timing": "none"})
    (found,) = facts(placed(tmp_path, export), undated)
    assert found.code == "DRIFT-DATES"
    assert "retrain" in found.action


def test_a_source_of_another_outcome_is_said(then, export, tmp_path) -> None:
    code, (found,) = told(then[0], placed(tmp_path, export, outcome="retention"))
    assert code == 2
    assert found["words"] == "the data says who stays, and the champion knows who is won"


def test_of_tables_what_is_gone_is_named_by_table_and_column(small_company) -> None:
    opened, bundle = small_company.opened, small_company.bundle
    ours = next(s for s in bundle.specs if s.table == "accounts" and s.column)
    specs = tuple(
        s.model_copy(update={"column": "shoe_size"}) if s is ours else s.model_copy(update={"table": "faxes"}) if s.table == "events" else s
        for s in bundle.specs
    )
    moment = opened.moment(None)
    found = facts_of(Asked(opened, replace(bundle, specs=specs), moment), "win", {})
    assert not found.askable
    words = found.found[0].words
    assert "accounts.shoe_size" in words
    assert "the table faxes" in words
    report = report_of(opened, bundle, moment, [asdict(f) for f in found.found])
    assert report.refused
    assert findings_of_the_week(Asked(opened, replace(bundle, specs=specs), moment)) == list(found.found)


def test_of_tables_strangers_are_strangers_too(small_company) -> None:
    opened, bundle = small_company.opened, small_company.bundle
    assert facts_of(Asked(opened, bundle, opened.moment(None)), "win", {}).found == ()
    others = {**bundle.learned, "win": {**bundle.learned["win"], "ids": ["0" * 8]}}
    found = facts_of(Asked(opened, replace(bundle, learned=others, company="Globex"), opened.moment(None)), "win", {})
    assert not found.askable
    assert "the champion is of Globex" in found.found[0].words


def test_stages_of_tables_that_are_no_words_of_the_contract_are_told_when_they_spread(small_company) -> None:
    """Such deals are left out, and so missing among the ends."""
    words = "deals.csv: 40 of 900 rows have a stage that is not won, lost or open, e.g. row 3. They were left out."
    bad = DataFinding("ROWS-BAD-STAGE", "warning", "deals", words, 40)
    opened, bundle = small_company.opened, small_company.bundle
    warehouse = replace(opened.warehouse, findings=(*opened.warehouse.findings, bad))
    asks = Asked(Opened(opened.config, warehouse), bundle, opened.moment(None))
    (found,) = facts_of(asks, "win", {}).found
    assert (found.code, found.n_current) == ("DRIFT-RESULTS", 40)
    assert words.rstrip(".") in found.words
    knew = replace(bundle, metrics={**bundle.metrics, "findings": [asdict(replace(bad, rows=30))]})
    assert facts_of(replace(asks, bundle=knew), "win", {}).found == ()
