"""Runs one command again and again in a forked process that is killed, and looks at what is left each time.

    python killing.py TEMPLATE SCRATCH COMMAND VERSION [MOMENTS]

Without MOMENTS it is killed at its 1st, 2nd, 3rd ... step on the disk: any opening for writing, renaming,
making or removing of a file in the workspace, as Python's audit hooks report it. With MOMENTS it is killed
by a timer at so many moments spread over its run, wherever it is then, inside SQLite too. After each kill
it looks whether what is in force is whole, runs the command to its end, and prints one JSON object a line.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from icpfit.errors import IcpfitError
from icpfit.registry.ledger import read_ledger, verify_ledger
from icpfit.registry.signoff import approve, reject, rollback
from icpfit.registry.store import check_bundle, read_challenger, read_champion, versions, write_files
from icpfit.registry.workspace import TEMPORARY, Workspace

STEPS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def kill_at(step: int, root: str) -> None:
    seen = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if (event in STEPS or (event == "open" and arguments[2] & WRITING)) and (
            isinstance(arguments[0], int) or root in str(arguments[0])
        ):
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def look(workspace: Workspace) -> dict[str, Any]:
    champion = read_champion(workspace)
    if champion is not None:
        check_bundle(workspace, champion.version, champion.manifest)
    whole = [v for v in versions(workspace) if check_bundle(workspace, v)]
    return {"champion": champion.version if champion is not None else None, "versions": whole}


def main(template: str, scratch: str, command: str, version: str, moments: str = "0") -> None:
    commands: dict[str, Callable[[Workspace], object]] = {
        "approve": lambda w: approve(w, version, "Ada"),
        "reject": lambda w: reject(w, version, "Ada"),
        "rollback": lambda w: rollback(w, "Ada"),
        "write": lambda w: write_files(w, {p.name: p.read_text(encoding="utf-8") for p in (Path(template) / "new" / version).iterdir()}),
        "retrain": retrain,
    }
    run, step, killed, seconds = commands[command], 0, True, 0.0
    if command == "retrain":
        import mlflow.pyfunc  # noqa: F401  # once, before the forks
    while killed:
        step += 1
        root = Path(scratch) / f"step {step}"
        shutil.copytree(template, root)
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            if moments == "0":
                kill_at(step, str(root))
            elif 1 < step <= int(moments) + 1:
                signal.setitimer(signal.ITIMER_REAL, seconds * (step - 1) / (int(moments) + 1))
            try:
                run(Workspace(root))
            finally:
                os._exit(0)
        _, state = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(state)
        seconds = seconds or time.monotonic() - began
        workspace = Workspace(root)
        said: dict[str, Any] = {"step": step, "killed": killed, "after": look(workspace)}
        try:
            run(workspace)
        except IcpfitError as error:
            said["error"] = str(error)
        said["again"] = look(workspace)
        said["challenger"] = read_challenger(workspace)
        said["holds"] = verify_ledger(workspace).holds and not verify_ledger(workspace).torn
        said["actions"] = [e.action for e in read_ledger(workspace).entries]
        said["left"] = [p.name for p in workspace.path.rglob(f"{TEMPORARY}*")]
        if command == "retrain":
            said["mlflow"] = registered(workspace)
        print(json.dumps(said), flush=True)  # noqa: T201
        shutil.rmtree(root)
        killed = killed if moments == "0" else step <= int(moments)


def retrain(workspace: Workspace) -> None:
    from icpfit.gates import Decision, Gate
    from icpfit.registry.record import RetrainRecord
    from icpfit.registry.tracking import log_retrain

    version = sys.argv[4]
    gate = Gate("signal", "passed", True, True, {}, "")
    log_retrain(workspace, RetrainRecord(version, {"verdict": "signal"}, True, (gate,), Decision(True, ())))


def registered(workspace: Workspace) -> dict[str, Any]:
    from icpfit.registry.database import open_mlflow

    with open_mlflow(workspace) as client:
        found = client.search_model_versions("name = 'icp'")
        experiment = client.get_experiment_by_name("icpfit")
        runs = client.search_runs([experiment.experiment_id])
        aliases = {alias: str(number) for m in client.search_registered_models("name = 'icp'") for alias, number in m.aliases.items()}
        numbers = {v.tags["version"]: str(v.version) for v in found}
        return {"versions": numbers, "aliases": aliases, "running": sum(r.info.status == "RUNNING" for r in runs), "count": len(found)}


if __name__ == "__main__":
    main(*sys.argv[1:])
