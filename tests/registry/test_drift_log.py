"""A question about drift is one run in MLflow, with every number of every finding; a real database, real artifacts."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from icpfit.drift import Finding
from icpfit.registry import DriftRecord, Workspace, log_drift, log_retrain
from icpfit.registry.database import EXPERIMENT, open_mlflow
from icpfit.registry.drift_record import drift_numbers

FOUND = (
    asdict(Finding("MODEL-WINRATE", "wins", -3.2, 0.001, 0.001, 0.06, 900, 400, True, "fewer wins", power=0.6, needed=210)),
    asdict(Finding("DRIFT-FEATURE", "Employees (EU/US): §", 0.2, 0.3, 0.4, 0.2, 900, 400, False, "as before")),
    asdict(Finding("DRIFT-FEATURE", "Employees (EU/US)| §", 0.1, 0.5, 0.5, 0.1, 900, 400, False, "as before", rows=("D-1", "D-2"))),
    asdict(Finding("TRADE-CHURN", "../é", None, None, None, None, 900, 12, False, "cannot tell")),
)
RECORD = DriftRecord("2026-01-01-0a1b2c3d", "2026-07-01", "f" * 64, FOUND)


def runs(workspace: Workspace) -> list:
    with open_mlflow(workspace) as client:
        experiment = client.get_experiment_by_name(EXPERIMENT)
        return list(client.search_runs([experiment.experiment_id]))


def test_an_answer_is_a_run_with_tags_numbers_and_the_findings(tracked, tmp_path):
    logged = log_drift(tracked, RECORD)
    assert logged.words == ""
    with open_mlflow(tracked) as client:
        run = client.get_run(logged.run_id)
        kept = json.loads(Path(client.download_artifacts(logged.run_id, "findings.json", str(tmp_path))).read_text(encoding="utf-8"))
    assert (run.info.run_name, run.info.status) == ("drift 2026-07-01", "FINISHED")
    told = {name: run.data.tags[name] for name in ("champion", "as_of", "alarms", "alarmed")}
    assert told == {"champion": "2026-01-01-0a1b2c3d", "as_of": "2026-07-01", "alarms": "1", "alarmed": "MODEL-WINRATE"}
    assert run.data.metrics == drift_numbers(FOUND), "MLflow takes every name"
    assert run.data.metrics["MODEL-WINRATE.wins.effect"] == 0.06
    assert run.data.metrics["alarms"] == run.data.metrics["alarms.MODEL-WINRATE"] == 1
    assert run.data.metrics["cannot_tell"] == 1
    assert kept == json.loads(json.dumps(FOUND))


def test_the_same_question_twice_is_one_run_and_another_answer_takes_its_place(tracked):
    first = log_drift(tracked, RECORD).run_id
    assert log_drift(tracked, replace(RECORD, findings=list(reversed(list(reversed(FOUND)))))).run_id == first
    later = log_drift(tracked, replace(RECORD, findings=FOUND[1:]))
    assert later.run_id != first
    assert [r.info.run_id for r in runs(tracked)] == [later.run_id]
    for other in (replace(RECORD, as_of="2026-08-01"), replace(RECORD, data="e" * 64), replace(RECORD, looks="weekly drift")):
        log_drift(tracked, other)
    assert len(runs(tracked)) == 4


def test_a_run_that_was_cut_off_is_made_anew(tracked):
    first = log_drift(tracked, RECORD).run_id
    with open_mlflow(tracked) as client:
        client.update_run(first, status="RUNNING")
    again = log_drift(tracked, RECORD).run_id
    assert again != first
    assert [(r.info.run_id, r.info.status) for r in runs(tracked)] == [(again, "FINISHED")]


def test_where_mlflow_cannot_be_written_it_says_so_and_is_no_error(tmp_path, tracked):
    blocked = Workspace(tmp_path / "blocked")
    blocked.models.mkdir(parents=True)
    blocked.mlruns.write_text("a file where a folder should be", encoding="utf-8")
    logged = log_drift(blocked, RECORD)
    assert logged.run_id is None
    assert logged.words.startswith("this answer was not recorded in MLflow: ")
    assert str(blocked.mlruns) in logged.words
    tracked.database.write_bytes(b"not a database, " * 100)
    assert "mlflow.db" in log_drift(tracked, RECORD).words


def test_a_database_that_may_only_be_read_is_named(tracked, monkeypatch):
    monkeypatch.setattr(os, "access", lambda place, how: place != tracked.database)
    logged = log_drift(tracked, RECORD)
    assert logged.words == f"this answer was not recorded in MLflow: {tracked.database} cannot be written to"


def test_a_retrain_has_the_findings_in_a_run_below_its_own(tracked, retrained):
    record = replace(retrained(registered=False), drift=FOUND)
    run_id = log_retrain(tracked, record)
    (below,) = [r for r in runs(tracked) if r.info.run_name == "drift"]
    assert below.data.tags["mlflow.parentRunId"] == run_id
    assert below.data.metrics == drift_numbers(FOUND)


def test_no_two_figures_share_a_name():
    found = drift_numbers(FOUND)
    assert found["DRIFT-FEATURE.Employees _EU_US__ _.effect"] == 0.2
    assert found["DRIFT-FEATURE.Employees _EU_US__ _ 2.effect"] == 0.1
    assert found["findings"] == 4
    assert not [name for name, value in found.items() if "TRADE-CHURN" in name and name.endswith("p_value")]
    assert max(map(len, drift_numbers([{**FOUND[0], "subject": "x" * 900}]))) <= 250


@pytest.mark.parametrize("as_of", [None, "2026-07-01"])
def test_without_dates_the_name_says_so(as_of):
    assert replace(RECORD, as_of=as_of).name == f"drift {as_of or 'without dates'}"
