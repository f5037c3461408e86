"""``icpfit drift`` in MLflow: one run for one question, however often it is asked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from icpfit.errors import IcpfitError
from icpfit.registry.database import EXPERIMENT, open_mlflow
from icpfit.registry.drift_record import DriftRecord, drift_numbers
from icpfit.registry.runs import log_values, start_run
from icpfit.registry.workspace import Workspace

FINDINGS_FILE = "findings.json"
NOT_RECORDED = "this answer was not recorded in MLflow"


@dataclass(frozen=True, slots=True)
class DriftLogged:
    """``run_id`` is None where MLflow could not be written; ``words`` then say why, and are empty otherwise."""

    run_id: str | None
    words: str = ""


def log_drift(workspace: Workspace, record: DriftRecord) -> DriftLogged:
    """Leave the findings as a run of their own beside the retrains: tags, numbers and ``findings.json``.

    The same question with the same answer changes nothing. One whose answer has become another (other code), or whose
    run was cut off, takes the old run's place. A workspace that cannot be written, is in use or has a damaged database
    is no error: who asked has the answer all the same.
    """
    for place in (workspace.mlruns, workspace.database):
        if place.exists() and not os.access(place, os.W_OK):  # MLflow would tell it in many lines
            return DriftLogged(None, f"{NOT_RECORDED}: {place} cannot be written to")
    try:
        with workspace.locked("drift"), open_mlflow(workspace) as client:
            return DriftLogged(_log(client, workspace, record))
    except (IcpfitError, OSError) as error:
        why = error.message if isinstance(error, IcpfitError) else str(error)
        return DriftLogged(None, f"{NOT_RECORDED}: {why}")


def _log(client: Any, workspace: Workspace, record: DriftRecord) -> str:
    tags = record.tags()
    for run in _earlier(client, record.key):
        if run.info.status == "FINISHED" and run.data.tags.get("answer") == tags["answer"]:
            return str(run.info.run_id)
        client.delete_run(run.info.run_id)
    run_id = start_run(client, workspace, record.name, tags)
    log_values(client, run_id, {"champion": record.champion, "as_of": record.as_of}, drift_numbers(record.findings))
    client.log_text(run_id, record.text, FINDINGS_FILE)
    client.set_terminated(run_id, "FINISHED")
    return run_id


def _earlier(client: Any, key: str) -> list[Any]:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    return [] if experiment is None else list(client.search_runs([experiment.experiment_id], f"tags.drift_key = '{key}'"))
