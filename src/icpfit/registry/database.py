"""MLflow's database in the workspace: made whole, at home after a move, and opened without touching what the process had set."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator
from typing import Any

from icpfit.errors import BundleError
from icpfit.registry.workspace import TEMPORARY, Workspace, make_folder

EXPERIMENT = "icpfit"

_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}

_IN_THE_WAY = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME")
"""What a person may have set for other work; here the workspace alone decides."""


@contextlib.contextmanager
def open_mlflow(workspace: Workspace) -> Iterator[Any]:
    """MLflow over this workspace alone; what the process had set before is put back."""
    before = {name: os.environ.get(name) for name in (*_ENVIRONMENT, *_IN_THE_WAY)}
    for name in before:
        os.environ.pop(name, None)
    os.environ.update(_ENVIRONMENT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MLflow's and SQLAlchemy's own; they mean nothing to who trains a model
            import mlflow
            from sqlalchemy.exc import SQLAlchemyError

            logger = logging.getLogger("mlflow")
            untyped: Any = mlflow
            level, tracking = logger.level, mlflow.get_tracking_uri() if untyped.is_tracking_uri_set() else None
            logger.setLevel(logging.WARNING)
            try:
                uri = prepare(workspace)
                mlflow.set_tracking_uri(uri)
                client = mlflow.MlflowClient(uri, uri)
                _close_abandoned(client)
                yield client
            except (mlflow.MlflowException, SQLAlchemyError) as error:
                words = str(error).splitlines()[0]
                raise BundleError(
                    f"{workspace.database}: MLflow could not follow ({words})",
                    hint="models/ is whole; see that the disk has room, and run the command again",
                ) from error
            finally:
                untyped.set_tracking_uri(tracking)  # None: nothing was set
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
        make_store: Any = SqlAlchemyStore  # it has no types
        store = make_store(f"sqlite:///{aside}", workspace.artifacts.as_uri())
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
            f"{workspace.database}: cannot be read ({error})",
            hint="move it away: icpfit works from models/, and MLflow starts a new record",
        ) from error


def _close_abandoned(client: Any) -> None:
    """A run that still says "running" belongs to a command that was killed: whoever holds the lock is the only one at work."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return
    for run in client.search_runs([experiment.experiment_id], "attributes.status = 'RUNNING'"):
        client.set_terminated(run.info.run_id, "KILLED")
