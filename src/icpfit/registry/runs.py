"""A run in MLflow, and what it takes as names and values."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from icpfit.registry.database import EXPERIMENT
from icpfit.registry.workspace import Workspace


def start_run(client: Any, workspace: Workspace, name: str, tags: Mapping[str, str]) -> str:
    """A run in icpfit's experiment, which is made if it is not there; its id."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    number = experiment.experiment_id if experiment is not None else client.create_experiment(EXPERIMENT, workspace.artifacts.as_uri())
    told = {"mlflow.source.name": "icpfit", **{k: str(v)[:5000] for k, v in tags.items()}}
    return str(client.create_run(number, run_name=name, tags=told).info.run_id)


def log_values(client: Any, run_id: str, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
    """Parameters, and the numbers that are finite, in parts that MLflow takes."""
    from mlflow.entities import Metric, Param

    told = {as_key(k): str(v)[:6000] for k, v in params.items()}
    for start in range(0, len(told), 100):
        client.log_batch(run_id, params=[Param(k, v) for k, v in list(told.items())[start : start + 100]])
    counted = {as_key(k): float(v) for k, v in metrics.items() if math.isfinite(v)}
    moment = client.get_run(run_id).info.start_time
    for start in range(0, len(counted), 500):
        client.log_batch(run_id, metrics=[Metric(k, v, moment, 0) for k, v in list(counted.items())[start : start + 500]])


def as_key(name: str) -> str:
    """A name as MLflow takes it."""
    return re.sub(r"[^\w\-. /]", "_", name)[:250]
