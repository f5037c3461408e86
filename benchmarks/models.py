"""How good is the model, and against whom? One command makes the tables of docs/benchmarks-models.md.

    ICPFIT_REAL_DATA=… python benchmarks/models.py --workspace DIR [--sets olist …] [--contestants ours ebm …]
        [--rows 20000] [--accounts 6000] [--trials 24] [--peers PYTHON] [--write docs/benchmarks-models.md]

For each set: make the training set as icpfit does, keep off what it refuses as leaks, cut its folds, and write rows, folds
and labels down as plain files; let every contestant learn and answer on them, one after another, each peer in a process of its own
and in the environment of ``--peers`` (``benchmarks/model_peers.txt``); score all answers alike. Every answer is kept in the
workspace, and asked again only where what was asked has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from model_contestants.page import LABELS, document
from model_contestants.scores import scored
from model_contestants.sets import NAMES, Prepared, described, kept_figures, prepare, run_ours, truth

HERE = Path(__file__).parent
PEERS = [n for n in LABELS if n != "ours"]


def contest(prepared: Prepared, contestants: list[str], trials: int, python: str) -> dict[str, Any]:
    """Every contestant's figures on one set; ``failed`` in words where there are none."""
    about, folder = described(prepared), prepared.folder
    results: dict[str, Any] = {}
    known = truth(prepared)
    for name in ["ours", *(n for n in contestants if n != "ours")]:
        asked = {"key": about["key"], "trials": trials, "code": about["code"] if name == "ours" else code_of_peers()}
        place = folder / f"{name}.json"
        figures = kept_figures(place, asked)
        if figures is None:
            figures = run_ours(prepared) if name == "ours" else run_peer(name, folder, trials, results["ours"]["seconds"], python)
            if "failed" not in figures:
                place.write_text(json.dumps({**figures, "asked": asked}, indent=1))
        results[name] = {k: v for k, v in figures.items() if k != "asked"}
        if "failed" not in figures:
            answer = pd.read_parquet(folder / f"{name}.parquet")
            if not (answer["row"].to_numpy() == known["row"]).all():
                raise ValueError(f"{name} answered for other rows of {prepared.name}")
            parts = (known["label"], answer["probability"].to_numpy(), known["account"], known["stratum"])
            ours = None if name == "ours" else pd.read_parquet(folder / "ours.parquet")["probability"].to_numpy()
            results[name] |= scored(*parts, ours=ours)
        say(f"{prepared.name}: {name}: {_told(results[name])}")
    return {"about": about, "results": results}


def run_peer(name: str, folder: Path, trials: int, seconds: float, python: str) -> dict[str, Any]:
    """A peer in its own process: what it printed."""
    command = [python, "-m", "model_contestants.peers", name, str(folder), "--trials", str(trials), "--seconds", f"{seconds:.0f}"]
    environment = {**os.environ, "PYTHONPATH": str(HERE), "DO_NOT_TRACK": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        missing = "ModuleNotFoundError" in last or "PackageNotFoundError" in last
        return {"failed": "not installed (make bench-models installs it beside)" if missing else f"failed: {last}"}
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def code_of_peers() -> str:
    return hashlib.sha256((HERE / "model_contestants" / "peers.py").read_bytes()).hexdigest()[:16]


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _told(figures: dict[str, Any]) -> str:
    if "failed" in figures:
        return str(figures["failed"])
    more = f" ({figures['auc_more']:+.4f} ± {figures['auc_more_se']:.4f})" if "auc_more" in figures else ""
    return f"AUC {figures['auc']:.4f}{more}, log loss {figures['log_loss']:.4f}, {figures['seconds']:.0f} s"


def versions(sets: dict[str, Any]) -> str:
    told = {LABELS[n]: r["version"] for f in sets.values() for n, r in f["results"].items() if "version" in r}
    own = ", ".join(f"{n} {version(n)}" for n in ("icpfit", "lightgbm", "optuna"))
    return f"Python {platform.python_version()}, {own}" + "".join(f"; {label}: {v}" for label, v in told.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workspace", type=Path, required=True, help="where rows, folds and answers are kept")
    parser.add_argument("--sets", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--contestants", nargs="+", choices=list(LABELS), default=list(LABELS))
    parser.add_argument("--rows", type=int, default=20_000, help="at most so many rows of a set, the same for all")
    parser.add_argument("--accounts", type=int, default=6_000, help="of a simulated company")
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--peers", default=sys.executable, help="the Python that has what benchmarks/model_peers.txt names")
    parser.add_argument("--write", type=Path, help="the document to write; by default it is printed only")
    asked = parser.parse_args()
    data = os.environ.get("ICPFIT_REAL_DATA")
    sets = {}
    for name in asked.sets:
        say(f"{name}: making rows and folds")
        prepared = prepare(
            name, asked.workspace, Path(data) if data else None, rows=asked.rows, accounts=asked.accounts, trials=asked.trials
        )
        sets[name] = contest(prepared, asked.contestants, asked.trials, asked.peers)
    command = f"ICPFIT_REAL_DATA=… python benchmarks/models.py --rows {asked.rows} --accounts {asked.accounts} --trials {asked.trials}"
    text = document(sets, versions(sets), {"command": command, "trials": asked.trials})
    print(text)
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
