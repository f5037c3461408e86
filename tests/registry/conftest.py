"""Workspaces with bundles in them; MLflow's database is migrated once and copied."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import icpfit
from icpfit.bundle import Bundle
from icpfit.config import GateSettings
from icpfit.gates import Gate, decide
from icpfit.registry import RetrainRecord, Workspace, write_bundle
from icpfit.registry.store import write_challenger, write_gates

DAYS = ("2026-01-01", "2026-04-01", "2026-07-01")


def gates_that(passed: bool, against: str | None = None) -> tuple[Gate, ...]:
    answer = "passed" if passed else "failed"
    return (
        Gate("signal", answer, passed, True, {"verdict": "signal"}, "AUC .8"),
        Gate("no_worse", "passed", True, True, {"against": against} if against else {}, "no worse"),
    )


@pytest.fixture
def clock() -> Callable[[], dt.datetime]:
    return lambda: dt.datetime(2026, 7, 2, 9, 30, tzinfo=dt.UTC)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    """An empty workspace in a folder with a space and an accent in its name."""
    return Workspace(tmp_path / "Our compañy")


@pytest.fixture
def put(workspace, make_bundle) -> Callable[..., Bundle]:
    """``put(day, passed=True)``: a version with its gates, named the challenger; files only."""

    def put(day: str = DAYS[0], passed: bool = True, **changes: object) -> Bundle:
        bundle = make_bundle(day, **changes)
        write_bundle(workspace, bundle)
        gates = gates_that(passed)
        write_gates(workspace, bundle.version, gates, decide(gates, GateSettings()))
        write_challenger(workspace, bundle.version)
        return bundle

    return put


@pytest.fixture(scope="session")
def migrated(tmp_path_factory, child_environment) -> Path:
    """MLflow's database as a first command makes it, in a process of its own."""
    folder = tmp_path_factory.mktemp("template")
    code = """if True:
        import sys
        from icpfit.registry.database import prepare
        from icpfit.registry.workspace import Workspace
        prepare(Workspace(sys.argv[1]))
    """
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, env=child_environment, timeout=300)
    return folder / "mlruns" / "mlflow.db"


@pytest.fixture
def tracked(workspace, migrated) -> Workspace:
    """A workspace whose MLflow database is there."""
    workspace.mlruns.mkdir(parents=True)
    shutil.copy(migrated, workspace.database)
    return workspace


@pytest.fixture
def retrained(tracked, make_bundle) -> Callable[..., RetrainRecord]:
    """``retrained(day, passed=True)``: the record of a retrain whose bundle is written."""

    def make(day: str = DAYS[0], passed: bool = True, registered: bool = True) -> RetrainRecord:
        bundle = make_bundle(day)
        gates = gates_that(passed) if registered else ()
        if registered:
            write_bundle(tracked, bundle)
        metrics = {
            "verdict": "signal" if registered else "no signal",
            "company": bundle.company,
            "as_of": day,
            "evidence": {"level": "established", "wins": 120, "losses": 300},
            "win": {"verdict": "signal", "auc": 0.8, "baselines": {"logistic": {"auc": 0.75}}, "parameters": {"num_leaves": 4}},
            "scorecard": {"kind": "icp", "spearman": 0.91},
        }
        return RetrainRecord(
            version=bundle.version,
            metrics=metrics,
            registered=registered,
            gates=gates,
            decision=decide(gates, GateSettings()) if registered else None,
            datasets={"win": ("f" * 64, 420)},
            seconds={"win model": 1.5},
        )

    return make


@pytest.fixture(scope="session")
def child_environment() -> dict[str, str]:
    """For a real process: the same package, nothing else changed."""
    return {**os.environ, "PYTHONPATH": str(Path(icpfit.__file__).parents[1])}


@pytest.fixture
def run_child(workspace, child_environment) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """``run_child(code, *arguments)``: start Python on ``code`` with the workspace as ``sys.argv[1]``."""

    def start(code: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, str(workspace.path), *arguments]
        pipe = subprocess.PIPE
        child = subprocess.Popen(command, env=child_environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        children.append(child)
        return child

    children: list[subprocess.Popen[str]] = []
    yield start
    for child in children:
        child.kill()
        child.communicate()
