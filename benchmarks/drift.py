"""Which alarm can be trusted? One command makes the tables of docs/benchmarks-drift.md.

    ICPFIT_REAL_DATA=… python benchmarks/drift.py --workspace DIR [--contestants ours ks_bh …] [--repetitions 200] [--seconds 600]
        [--evidently PYTHON] [--nannyml PYTHON] [--write docs/benchmarks-drift.md]

Every contestant is asked whether 25 mixed features moved: where nothing did (false alarms) and where one thing did (power, and whether the
alarm names it), at several numbers of rows, and on calls of a bank along time. All are asked about the same rows. evidently
and nannyml answer from environments of their own (``benchmarks/drift_peers_*.txt``). Every answer is a line in the workspace and is asked
again only where its code has changed, so that a run that was cut off goes on. ``--repetitions 0`` writes the page of what is there.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

from drift_contestants.answer import Cell, answer, told
from drift_contestants.contestants import CONTESTANTS
from drift_contestants.page import LABELS, Results, document
from drift_contestants.worlds import BANK, BANK_BLOCK, BANK_REFERENCE, SCENARIOS, SIZES, bank_blocks

HERE = Path(__file__).parent
OWN = HERE.parent / "src" / "icpfit" / "drift"
FEWER = {"raw": 0.25, "psi": 0.25, "evidently": 0.1, "nannyml": 0.25}
"""share of the repetitions for the slow ones, and for those that are not compared with power"""
LARGE = 0.1
"""share of the repetitions at 100,000 rows"""


def cells(name: str, repetitions: int, bank: bool) -> dict[Cell, int]:
    """Repetitions of every cell; the later blocks of the bank are what they are."""
    most = FEWER.get(name, 1.0) * repetitions
    out = {(s, *sizes): max(int(most * (LARGE if max(sizes) > 1_000 else 1)), 2) for sizes in SIZES for s in SCENARIOS}
    if bank:
        blocks = {s: int(most) if s.endswith("shuffled") else bank_blocks() for s in BANK}
        out |= {(s, BANK_REFERENCE, BANK_BLOCK): n for s, n in blocks.items()}
    return out


def key_of(name: str) -> str:
    """Of the code that an answer comes from."""
    files = [HERE / "drift_contestants" / f for f in ("worlds.py", "correlations.py" if name == "correlations" else "contestants.py")]
    if name == "ours":
        files += made_of(OWN / "compare.py")
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:12]


def made_of(module: Path) -> list[Path]:
    """A module of icpfit.drift and those beside it that it imports, directly or not."""
    found, waiting = set[Path](), [module]
    while waiting:
        if (file := waiting.pop()) not in found:
            found.add(file)
            waiting += [
                file.with_name(f"{name}.py") for name in re.findall(r"from icpfit\.drift\.(\w+) import", file.read_text(encoding="utf-8"))
            ]
    return sorted(found)


def ask(name: str, workspace: Path, wanted: dict[Cell, int], seconds: float, python: str | None) -> str:
    """Have a contestant answer; why it could not, in words."""
    file = workspace / f"{name}.jsonl"
    if python is None:
        answer(name, file, key_of(name), seconds, wanted)
        return ""
    asked = [":".join(map(str, (*cell, n))) for cell, n in wanted.items()]
    command = [python, "-m", "drift_contestants.answer", name, str(file), key_of(name), str(seconds), *asked]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(HERE), "DO_NOT_TRACK": "1"}, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return ""
    last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
    return "not installed (make bench-drift installs it beside)" if "ModuleNotFoundError" in last else f"failed: {last}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workspace", type=Path, required=True, help="where the answers are kept")
    parser.add_argument("--contestants", nargs="+", choices=list(CONTESTANTS), default=list(CONTESTANTS))
    parser.add_argument("--repetitions", type=int, default=200, help="of every cell; some contestants and 100,000 rows have fewer")
    parser.add_argument("--seconds", type=float, default=3_600, help="that one contestant has; the next run goes on")
    parser.add_argument("--evidently", default=sys.executable, help="the Python that has what benchmarks/drift_peers_evidently.txt names")
    parser.add_argument("--nannyml", default=sys.executable, help="the Python that has what benchmarks/drift_peers_nannyml.txt names")
    parser.add_argument("--write", type=Path, help="the document to write; by default it is printed only")
    asked = parser.parse_args()
    asked.workspace.mkdir(parents=True, exist_ok=True)
    bank = "ICPFIT_REAL_DATA" in os.environ
    results: Results = {}
    failed = {}
    for name in asked.contestants:
        if asked.repetitions:
            python = {"evidently": asked.evidently, "nannyml": asked.nannyml}.get(name)
            words = ask(name, asked.workspace, cells(name, asked.repetitions, bank), asked.seconds, python)
            if words:
                failed[name] = words
                print(f"{LABELS[name]}: {words}", file=sys.stderr, flush=True)
    for name in CONTESTANTS:
        results[name] = told(asked.workspace / f"{name}.jsonl", key_of(name))
    text = document(results, failed, f"Python {platform.python_version()}")
    print(text)
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
