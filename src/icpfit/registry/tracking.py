"""MLflow: the record of every retrain, and the registered model for those who serve from it.

MLflow follows the files: models/champion.json and models/challenger.json say what is in force, the
aliases are made to agree. Everything stays in the workspace; nothing phones home.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import re
import sqlite3
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import icpfit
from icpfit.errors import BundleError
from icpfit.manifest import json_text
from icpfit.registry.record import RetrainRecord, Step, gate_metrics
from icpfit.registry.signoff import decided
from icpfit.registry.store import check_bundle, load_bundle, read_challenger, read_champion, write_challenger, write_gates
from icpfit.registry.workspace import TEMPORARY, Workspace, make_folder
from icpfit.versioning import library_versions

EXPERIMENT = "icpfit"
MODEL = "icp"

_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


def log_retrain(workspace: Workspace, record: RetrainRecord) -> str:
    """Log one retrain as a run with its children; register its version and name it the challenger. Returns the run's id.

    The bundle must be written already (``write_bundle``). A version that is registered is not registered
    again; one that is in force or was rejected does not become the challenger again. Without a signal the
    run is all there is.

    Raises:
        BundleError: there is a signal and the bundle is not there, or its hashes do not hold.
        BusyError: another command is at work in this workspace.
    """
    with workspace.lock("retrain"):
        registers = record.verdict == "signal"
        if registers:
            check_bundle(workspace, record.version)
        with _client(workspace) as client:
            run_id = _log_run(client, workspace, record, registers)
            if registers:
                if _registered(client, record.version) is None:
                    _register(client, workspace, record.version, run_id)
                if record.gates and record.decision is not None:
                    champion = read_champion(workspace)
                    against = champion.version if champion is not None else None
                    write_gates(workspace, record.version, record.gates, record.decision, against)
                if decided(workspace, record.version) is None:
                    write_challenger(workspace, record.version)
                _mend(client, workspace)
            client.set_terminated(run_id, "FINISHED")
            return run_id


def mend_aliases(workspace: Workspace) -> tuple[str, ...]:
    """Make MLflow's aliases agree with the files; says what differed. A version that MLflow lost is registered again.

    Call it under the lock. Without a database there is nothing to mend.
    """
    if not workspace.database.exists():
        return ()
    with _client(workspace) as client:
        return _mend(client, workspace)


def _mend(client: Any, workspace: Workspace) -> tuple[str, ...]:
    champion = read_champion(workspace)
    wanted = {"champion": champion.version if champion is not None else None, "challenger": read_challenger(workspace)}
    models = client.search_registered_models(f"name = '{MODEL}'")
    aliases = dict(models[0].aliases) if models else {}
    said = []
    for alias, version in wanted.items():
        if version is None:
            if alias in aliases:
                client.delete_registered_model_alias(MODEL, alias)
                said.append(f"MLflow named a {alias} and there is none; the alias was taken away")
            continue
        known = _registered(client, version)
        if known is None:
            check_bundle(workspace, version, champion.manifest if champion is not None and alias == "champion" else None)
            known = _register(client, workspace, version, None)
            said.append(f"MLflow did not have {version}; it was registered again")
        if aliases.get(alias) != known:
            if alias in aliases:
                said.append(f"MLflow's alias {alias} stood on another version; it stands on {version} now")
            else:
                said.append(f"MLflow's alias {alias} was missing; it stands on {version} now")
            client.set_registered_model_alias(MODEL, alias, known)
    return tuple(said)


def _registered(client: Any, version: str) -> str | None:
    """MLflow's own number of a version (text, whatever store it comes from), the newest if there are several."""
    found = client.search_model_versions(f"name = '{MODEL}' and tags.version = '{version}'")
    return str(max(int(v.version) for v in found)) if found else None


def _register(client: Any, workspace: Workspace, version: str, run_id: str | None) -> str:
    """Log the pyfunc over the bundle and register it; the version's tag is written in the same transaction."""
    import mlflow

    bundle = load_bundle(workspace, version)
    if run_id is None:
        run_id = _start(client, workspace, f"register {version}", {"version": version})
    libraries = [f"{name}=={number}" for name, number in {**library_versions(), "mlflow": mlflow.__version__}.items()]
    with mlflow.start_run(run_id=run_id):
        info = mlflow.pyfunc.log_model(
            name=MODEL,
            python_model=str(Path(icpfit.__file__).parent / "registry" / "pyfunc_model.py"),
            artifacts={"bundle": str(workspace.bundle_folder(version))},
            code_paths=[str(Path(icpfit.__file__).parent)],
            pip_requirements=[*libraries, "pydantic", "pyyaml"],
            signature=_signature(bundle),
        )
        made = mlflow.register_model(info.model_uri, MODEL, tags={"version": version, "evidence": bundle.evidence, "company": bundle.company})
    return str(made.version)


def _signature(bundle: Any) -> Any:
    """Text and double only: MLflow knows no categories. Every column may be missing."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    inputs = [ColSpec("string" if s.kind == "category" else "double", s.name, required=False) for s in bundle.specs]
    numbers = [ColSpec("double", name) for name in ("p_win", "p_retain", "p_icp")]
    return ModelSignature(Schema(inputs), Schema([*numbers, ColSpec("long", "points"), ColSpec("string", "tier")]))


def _log_run(client: Any, workspace: Workspace, record: RetrainRecord, registers: bool) -> str:
    tags = {**record.tags, "version": record.version, "verdict": record.verdict, "evidence": record.evidence, "company": record.company}
    run_id = _start(client, workspace, f"retrain {record.version}", tags)
    metrics = {**record.metrics, **gate_metrics(record.gates)}
    if record.seconds is not None:
        metrics["seconds"] = record.seconds
    _log_values(client, run_id, {"as_of": record.as_of, **record.params}, metrics)
    _log_datasets(client, run_id, record)
    for step in record.steps:
        _log_step(client, workspace, run_id, step)
    if record.gates:
        client.log_text(run_id, json_text([g.values() for g in record.gates]), "gates.json")
    if registers:
        client.log_artifacts(run_id, str(workspace.bundle_folder(record.version)), "bundle")
    if record.documents is not None:
        client.log_artifacts(run_id, str(record.documents), "documents")
    if not registers:
        client.set_terminated(run_id, "FINISHED")
    return run_id


def _log_step(client: Any, workspace: Workspace, parent: str, step: Step) -> None:
    run_id = _start(client, workspace, step.name, {**step.tags, "mlflow.parentRunId": parent})
    _log_values(client, run_id, step.params, step.metrics)
    for name, text in step.texts.items():
        client.log_text(run_id, text, name)
    client.set_terminated(run_id, "FINISHED")


def _start(client: Any, workspace: Workspace, name: str, tags: Mapping[str, str]) -> str:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    number = experiment.experiment_id if experiment is not None else client.create_experiment(EXPERIMENT, workspace.artifacts.as_uri())
    told = {"mlflow.source.name": "icpfit", **{k: str(v)[:5000] for k, v in tags.items()}}
    return str(client.create_run(number, run_name=name, tags=told).info.run_id)


def _log_values(client: Any, run_id: str, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
    from mlflow.entities import Metric, Param

    told = {_key(k): str(v)[:6000] for k, v in params.items()}
    for start in range(0, len(told), 100):
        client.log_batch(run_id, params=[Param(k, v) for k, v in list(told.items())[start : start + 100]])
    counted = {_key(k): float(v) for k, v in metrics.items() if math.isfinite(v)}
    moment = client.get_run(run_id).info.start_time
    for start in range(0, len(counted), 500):
        client.log_batch(run_id, metrics=[Metric(k, v, moment, 0) for k, v in list(counted.items())[start : start + 500]])


def _key(name: str) -> str:
    """A name as MLflow takes it."""
    return re.sub(r"[^\w\-. /]", "_", name)[:250]


def _log_datasets(client: Any, run_id: str, record: RetrainRecord) -> None:
    """Our own fingerprint of all rows: MLflow's digest reads the first 10,000 only."""
    from mlflow.entities import Dataset, DatasetInput

    inputs = []
    for name, (fingerprint, rows) in sorted(record.datasets.items()):
        profile = json_text({"fingerprint": fingerprint, "rows": rows})
        inputs.append(DatasetInput(Dataset(name, fingerprint[:36], "icpfit", json_text({"as_of": record.as_of}), profile=profile)))
        client.set_tag(run_id, _key(f"fingerprint.{name}"), fingerprint)
    if inputs:
        client.log_inputs(run_id, datasets=inputs)


@contextlib.contextmanager
def _client(workspace: Workspace) -> Iterator[Any]:
    """MLflow over this workspace alone; what the process had set before is put back."""
    before = {name: os.environ.get(name) for name in (*_ENVIRONMENT, "MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID")}
    for name in before:
        os.environ.pop(name, None)
    os.environ.update(_ENVIRONMENT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MLflow's and SQLAlchemy's own; they mean nothing to who trains a model
            import mlflow
            from sqlalchemy.exc import SQLAlchemyError

            uri = prepare(workspace)
            logger = logging.getLogger("mlflow")
            level, tracking, registry = logger.level, mlflow.get_tracking_uri(), mlflow.get_registry_uri()
            logger.setLevel(logging.WARNING)
            mlflow.set_tracking_uri(uri)
            mlflow.set_registry_uri(uri)
            try:
                client = mlflow.MlflowClient(uri, uri)
                _close_abandoned(client)
                yield client
            except (mlflow.MlflowException, SQLAlchemyError) as error:
                words = str(error).splitlines()[0]
                raise BundleError(f"{workspace.database}: MLflow could not follow ({words})", hint="models/ is whole; icpfit status mends it") from error
            finally:
                mlflow.set_tracking_uri(tracking)
                mlflow.set_registry_uri(registry)
                logger.setLevel(level)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def prepare(workspace: Workspace) -> str:
    """The URI of the workspace's database, made if it is not there, and at home if the folder has moved.

    The first migration takes seconds and cannot be taken back half way, so it happens in a file aside
    that gets its name when it is whole.
    """
    make_folder(workspace.artifacts)
    if not workspace.database.exists():
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        aside = workspace.mlruns / f"{TEMPORARY}{os.getpid()}.db"
        for left in workspace.mlruns.glob(f"{TEMPORARY}*"):
            left.unlink()
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        store = SqlAlchemyStore(f"sqlite:///{aside}", workspace.artifacts.as_uri())
        store.engine.dispose()
        os.replace(aside, workspace.database)
    _follow_move(workspace)
    return f"sqlite:///{workspace.database}"


_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def _follow_move(workspace: Workspace) -> None:
    """MLflow keeps whole paths; when the workspace was moved or copied, they are made to point here again."""
    here = workspace.artifacts.as_uri()
    try:
        with contextlib.closing(sqlite3.connect(workspace.database)) as connection, connection:
            row = connection.execute("SELECT artifact_location FROM experiments WHERE name = ?", (EXPERIMENT,)).fetchone()
            if row is None or row[0] == here:
                return
            there = row[0]
            for table, column in _PLACES:
                connection.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                    (here, len(there) + 1, there, len(there) + 1, there + "/"),
                )
    except sqlite3.DatabaseError as error:
        raise BundleError(
            f"{workspace.database}: cannot be read ({error})", hint="move it away: icpfit works from models/, and MLflow starts a new record"
        ) from error


def _close_abandoned(client: Any) -> None:
    """A run that still says "running" belongs to a command that was killed: whoever holds the lock is the only one at work."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return
    for run in client.search_runs([experiment.experiment_id], "attributes.status = 'RUNNING'"):
        client.set_terminated(run.info.run_id, "KILLED")
