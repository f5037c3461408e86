"""How good is the card, and against whom? One command makes the tables of docs/benchmarks-scorecard.md.

    ICPFIT_REAL_DATA=… python benchmarks/scorecard.py --workspace DIR [--sets telco …] [--contestants optbinning ebm …]
        [--rows 20000] [--accounts 6000] [--trials 12] [--peers PYTHON] [--write docs/benchmarks-scorecard.md]

For each set: make the training set as icpfit does, keep off what it refuses as leaks, cut its folds, and write rows and folds down as
plain files; fit icpfit's model of every fold and distill it into its card; let every peer learn and answer on the same folds, each in
a process of its own and in the environment of ``--peers`` (``benchmarks/scorecard_peers.txt``); score all answers alike. Every answer
is kept in the workspace, and asked again only where what was asked has changed.
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

import numpy as np
import pandas as pd
from model_contestants.scores import DRAWS, SEED, drawn_aucs
from model_contestants.sets import Prepared, described, kept_figures, truth
from scorecard_contestants.ours import answers
from scorecard_contestants.page import LABELS, OWN, document
from scorecard_contestants.sets import NAMES, TITLES, prepared

from icpfit.models.metrics import account_weights, stratified_auc

HERE = Path(__file__).parent
PATIENCE = 600
"""seconds that a peer has for a set"""
PEERS = [n for n in LABELS if n not in OWN]


def contest(made: Prepared, contestants: list[str], python: str) -> dict[str, Any]:
    """Every contestant's figures on one set; ``failed`` in words where there are none."""
    about = described(made) | {"title": TITLES[made.name]}
    known, folder = truth(made), made.folder
    results: dict[str, Any] = own_figures(made, about)
    for name in contestants:
        asked = {"key": about["key"], "code": code_of("scorecard_contestants/peers.py", "model_contestants/peers.py")}
        figures = kept_figures(folder / f"{name}.json", asked)
        if figures is None:
            figures = run_peer(name, folder, python)
            if "failed" not in figures:
                (folder / f"{name}.json").write_text(json.dumps({**figures, "asked": asked}, indent=1))
        results[name] = {k: v for k, v in figures.items() if k != "asked"}
    score_all(folder, known, results)
    for name, figures in results.items():
        say(f"{made.name}: {name}: {_told(figures)}")
    return {"about": about, "results": results}


def score_all(folder: Path, known: dict[str, np.ndarray], results: dict[str, Any]) -> None:
    """Add to the results the AUC within folds and its difference to that of icpfit's card, by the same draws of accounts for all."""
    label, stratum = known["label"], known["stratum"]
    weights = account_weights(known["account"], DRAWS, np.random.default_rng(SEED))
    ours = read_answer(folder, "ours", known["row"])
    auc, drawn = stratified_auc(label, ours, stratum), drawn_aucs(label, ours, stratum, weights)
    for name, figures in results.items():
        if "failed" in figures:
            continue
        score = read_answer(folder, name, known["row"])
        figures["auc"] = stratified_auc(label, score, stratum)
        figures["auc_more"] = figures["auc"] - auc
        figures["auc_more_se"] = float(np.nanstd(drawn_aucs(label, score, stratum, weights) - drawn, ddof=1))


def own_figures(made: Prepared, about: dict[str, Any]) -> dict[str, Any]:
    """icpfit's own, all of one fit: from the workspace, or made and kept there."""
    place = made.folder / "own.json"
    asked = {"key": about["key"], "code": about["code"] + code_of("scorecard_contestants/ours.py"), "trials": made.settings.trials}
    figures = kept_figures(place, asked)
    if figures is None:
        figures = {}
        for name, answer in answers(made).items():
            pd.DataFrame({"row": answer.row, "score": answer.score}).to_parquet(made.folder / f"{name}.parquet", index=False)
            figures[name] = answer.figures
        place.write_text(json.dumps({**figures, "asked": asked}, indent=1))
    return {name: dict(figures[name]) for name in OWN}


def read_answer(folder: Path, name: str, rows: np.ndarray) -> np.ndarray:
    answer = pd.read_parquet(folder / f"{name}.parquet")
    if not np.array_equal(answer["row"].to_numpy(), rows):
        raise ValueError(f"{name} answered for other rows than were tested in {folder}")
    return answer["score"].to_numpy(np.float64)


def run_peer(name: str, folder: Path, python: str) -> dict[str, Any]:
    """A peer in its own process: what it printed."""
    # On matrices of this size the threads of a BLAS wait for each other: one is three times as fast where other work goes on beside.
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment = {**os.environ, **one, "PYTHONPATH": str(HERE), "DO_NOT_TRACK": "1"}
    command = [python, "-m", "scorecard_contestants.peers", name, str(folder)]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return {"failed": f"took more than {PATIENCE / 60:g} minutes"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        missing = "ModuleNotFoundError" in last or "PackageNotFoundError" in last
        return {"failed": "not installed (make bench-scorecard installs it beside)" if missing else f"failed: {last}"}
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def code_of(*names: str) -> str:
    return hashlib.sha256(b"".join((HERE / n).read_bytes() for n in names)).hexdigest()[:16]


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _told(figures: dict[str, Any]) -> str:
    if "failed" in figures:
        return str(figures["failed"])
    return (
        f"AUC {figures['auc']:.4f} ({figures['auc_more']:+.4f} ± {figures['auc_more_se']:.4f}), {figures['cells']:.0f} cells, "
        f"{figures['seconds']:.0f} s"
    )


def versions(sets: dict[str, Any]) -> str:
    told = {LABELS[n]: r["version"] for f in sets.values() for n, r in f["results"].items() if "version" in r}
    own = ", ".join(f"{n} {version(n)}" for n in ("icpfit", "lightgbm", "optuna"))
    return f"Python {platform.python_version()}, {own}" + "".join(f"; {label}: {v}" for label, v in told.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workspace", type=Path, required=True, help="where rows, folds and answers are kept")
    parser.add_argument("--sets", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--contestants", nargs="*", choices=PEERS, default=PEERS, help="peers beside icpfit's own")
    parser.add_argument("--rows", type=int, default=20_000, help="at most so many rows of a set, the same for all")
    parser.add_argument("--accounts", type=int, default=6_000, help="of a simulated company")
    parser.add_argument("--trials", type=int, default=12, help="of the search for the model's settings")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has what benchmarks/scorecard_peers.txt names")
    parser.add_argument("--write", type=Path, help="the document to write; by default it is printed only")
    asked = parser.parse_args()
    data = os.environ.get("ICPFIT_REAL_DATA")
    sets = {}
    for name in asked.sets:
        say(f"{name}: making rows and folds")
        place = Path(data) if data else None
        made = prepared(name, asked.workspace, place, rows=asked.rows, accounts=asked.accounts, trials=asked.trials)
        sets[name] = contest(made, asked.contestants, asked.peers)
    command = f"ICPFIT_REAL_DATA=… python benchmarks/scorecard.py --rows {asked.rows} --accounts {asked.accounts} --trials {asked.trials}"
    text = document(sets, versions(sets), {"command": command, "trials": asked.trials})
    print(text)
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
