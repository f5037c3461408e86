"""How fast are attributions, how exact, and against whom? One command makes the tables of docs/benchmarks-attribution.md.

    python benchmarks/attribution.py [--models 300x31 …] [--contestants ours shap …] [--repeat 2]
        [--woodelf PYTHON] [--fasttreeshap PYTHON] [--write docs/benchmarks-attribution.md]

For each model: grow it on rows with texts and gaps, and a twin of it on numbers alone; let every contestant explain rows of it in a
process of its own, on one thread, one after another and round by round; the shortest time counts, and every answer is compared with
LightGBM's ``pred_contrib``. Peers live in environments of their own (``attribution_peers.txt``, ``attribution_peers_old.txt``).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from attribution_contestants.page import LABELS, NUMBERS_ONLY, document
from attribution_contestants.world import MODELS, make

HERE = Path(__file__).parent
ROWS = {"ours": 200_000, "ours_top": 200_000, "predict": 100_000, "woodelf": 20_000}
"""that a contestant explains; the slow ones fewer: as many as they do in seconds"""
SLOW = {"300x31": 1_000, "100x15": 5_000, "depth 1": 20_000}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
ASKED = {"mixed": [n for n in LABELS if n not in NUMBERS_ONLY], "numbers": ["ours", "contributions", *NUMBERS_ONLY]}
Figures = dict[str, Any]


def run(name: str, folder: Path, rows: int, python: str, cache: Path) -> Figures:
    """One contestant in its own process: what it printed, or ``failed`` in words."""
    command = [python, "-W", "ignore", "-m", "attribution_contestants.answer", name, str(folder), "--rows", str(rows)]
    paths = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": paths, "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        missing = "not installed (make bench-attribution installs it beside)"
        return {"failed": missing if "ModuleNotFoundError" in last else f"failed: {last}"}
    figures: Figures = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def measure(folder: Path, model: str, contestants: list[str], repeat: int, pythons: dict[str, str], cache: Path) -> dict[str, Figures]:
    """Every contestant of one model; ours and ``pred_contrib`` on the twin in numbers too."""
    say(f"{model}: growing the model and its twin")
    make(folder, model, max(ROWS.values()))
    found: dict[str, Figures] = {}
    for turn in range(repeat):
        for kind in ("mixed", "numbers"):
            for name in contestants:
                key = f"{kind}/{name}"
                if name not in ASKED[kind] or "failed" in found.get(key, {}):
                    continue
                figures = run(name, folder / kind, ROWS.get(name, SLOW[model]), pythons.get(name, sys.executable), cache)
                old = found.get(key)
                if old is None:
                    found[key] = {**figures, "cold": figures.get("first")}
                else:
                    shortest = {k: min(old[k], figures[k]) for k in ("seconds", "first", "tables") if k in old}
                    found[key] = {**old, **shortest}
                say(f"{model}, round {turn + 1} of {repeat}: {key}: {told(figures)}")
    for kind in ("mixed", "numbers"):
        truth = folder / kind / "contributions.npy"
        for name in contestants:
            answer = folder / kind / f"{name}.npy"
            if truth.exists() and answer.exists() and f"{kind}/{name}" in found:
                found[f"{kind}/{name}"]["off"] = float(np.abs(np.load(answer) - np.load(truth)).max())
    return found


def told(figures: Figures) -> str:
    return str(figures["failed"]) if "failed" in figures else f"{figures['rows'] / figures['seconds']:,.0f} rows a second"


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--contestants", nargs="+", choices=list(LABELS), default=list(LABELS))
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--woodelf", default=sys.executable, help="the Python that has what benchmarks/attribution_peers.txt names")
    parser.add_argument(
        "--fasttreeshap", default=sys.executable, help="the Python that has what benchmarks/attribution_peers_old.txt names"
    )
    parser.add_argument("--write", type=Path, help="the document to write; by default it is printed only")
    asked = parser.parse_args()
    pythons = {"woodelf": asked.woodelf, "fasttreeshap": asked.fasttreeshap}
    results = {}
    with tempfile.TemporaryDirectory(prefix="icpfit-bench-") as temporary:
        for number, model in enumerate(asked.models):
            place = Path(temporary)
            results[model] = measure(place / str(number), model, asked.contestants, asked.repeat, pythons, place / f"numba{number}")
    text = document(results)
    print(text)
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
