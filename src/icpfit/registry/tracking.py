"""MLflow: the record of every retrain, and the registered model for those who serve from it.

MLflow follows the files: models/champion.json and models/challenger.json say what is in force, the
aliases are made to agree. Everything stays in the workspace; nothing phones home.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import icpfit
from icpfit.manifest import json_text
from icpfit.registry.database import open_mlflow
from icpfit.registry.record import RetrainRecord, Step
from icpfit.registry.runs import as_key, log_values, start_run
from icpfit.registry.signoff import decided
from icpfit.registry.store import (
    LastRetrain,
    check_bundle,
    load_bundle,
    read_challenger,
    read_champion,
    write_challenger,
    write_gates,
    write_last_retrain,
)
from icpfit.registry.workspace import Workspace
from icpfit.versioning import library_versions

MODEL = "icp"


def log_retrain(workspace: Workspace, record: RetrainRecord) -> str:
    """Log one retrain as a run with its children; register its version and name it the challenger. Returns the run's id.

    The bundle must be written already (``write_bundle``). A version that is registered is not registered
    again; one that is in force or was rejected does not become the challenger again.

    Raises:
        BundleError: the bundle is not there, its hashes do not hold.
        BusyError: another command is at work in this workspace.
    """
    with workspace.locked("retrain"):
        if record.registered:
            check_bundle(workspace, record.version)
        with open_mlflow(workspace) as client:
            run_id = _log_run(client, workspace, record)
            if record.registered and record.decision is not None:
                if _registered(client, record.version) is None:
                    _register(client, workspace, record.version, run_id)
                write_gates(workspace, record.version, record.gates, record.decision)
                if decided(workspace, record.version) is None:
                    write_challenger(workspace, record.version)
                _mend(client, workspace)
            write_last_retrain(workspace, LastRetrain(record.version, str(record.metrics.get("verdict")), record.registered))
            client.set_terminated(run_id, "FINISHED")
            return run_id


def mend_aliases(workspace: Workspace) -> tuple[str, ...]:
    """Make MLflow's aliases agree with the files; says what differed. A version that MLflow lost is registered again.

    Call it under the lock. Without a database there is nothing to mend.
    """
    if not workspace.database.exists():
        return ()
    with open_mlflow(workspace) as client:
        return _mend(client, workspace)


def _mend(client: Any, workspace: Workspace) -> tuple[str, ...]:
    champion = read_champion(workspace)
    wanted = {"champion": champion.version if champion is not None else None, "challenger": read_challenger(workspace)}
    models = client.search_registered_models(f"name = '{MODEL}'")
    aliases = {alias: str(number) for alias, number in models[0].aliases.items()} if models else {}
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
        run_id = start_run(client, workspace, f"register {version}", {"version": version})
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
    if not client.search_registered_models(f"name = '{MODEL}'"):
        client.create_registered_model(MODEL)
    tags = {"version": version, "evidence": bundle.evidence_level, "company": bundle.company}
    made = client.create_model_version(MODEL, info.model_uri, run_id=run_id, tags=tags, model_id=info.model_id)
    return str(made.version)


def _signature(bundle: Any) -> Any:
    """Text and double only: MLflow knows no categories. Every column may be missing."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    inputs: list[Any] = [ColSpec("string" if s.kind == "category" else "double", s.name, required=False) for s in bundle.specs]
    numbers: list[Any] = [ColSpec("double", name) for name in ("p_win", "p_retain", "p_icp")]
    return ModelSignature(Schema(inputs), Schema([*numbers, ColSpec("long", "points"), ColSpec("string", "tier")]))


def _log_run(client: Any, workspace: Workspace, record: RetrainRecord) -> str:
    run_id = start_run(client, workspace, f"retrain {record.version}", record.tags())
    log_values(client, run_id, record.params, record.numbers())
    _log_datasets(client, run_id, record)
    for step in record.steps():
        _log_step(client, workspace, run_id, step)
    client.log_text(run_id, json_text(record.metrics), "metrics.json")
    if record.gates:
        client.log_text(run_id, json_text([g.values() for g in record.gates]), "gates.json")
    if record.registered:
        client.log_artifacts(run_id, str(workspace.bundle_folder(record.version)), "bundle")
    if record.documents is not None:
        client.log_artifacts(run_id, str(record.documents), "documents")
    return run_id


def _log_step(client: Any, workspace: Workspace, parent: str, step: Step) -> None:
    run_id = start_run(client, workspace, step.name, {**step.tags, "mlflow.parentRunId": parent})
    log_values(client, run_id, step.params, step.metrics)
    for name, text in step.texts.items():
        client.log_text(run_id, text, name)
    client.set_terminated(run_id, "FINISHED")


def _log_datasets(client: Any, run_id: str, record: RetrainRecord) -> None:
    """Our own fingerprint of all rows: MLflow's digest reads the first 10,000 only."""
    from mlflow.entities import Dataset, DatasetInput

    inputs = []
    for name, (fingerprint, rows) in sorted(record.datasets.items()):
        profile = json_text({"fingerprint": fingerprint, "rows": rows})
        inputs.append(
            DatasetInput(Dataset(name, fingerprint[:36], "icpfit", json_text({"as_of": record.metrics.get("as_of")}), profile=profile))
        )
        client.set_tag(run_id, as_key(f"fingerprint.{name}"), fingerprint)
    if inputs:
        client.log_inputs(run_id, datasets=inputs)
