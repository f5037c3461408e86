"""One contestant answers, repetition after repetition, into a file of a line each; what is there already is not asked again.

    python -m drift_contestants.answer NAME FILE KEY SECONDS CELL…     (CELL: scenario:reference:current:repetitions)

Nothing of icpfit is imported here, since the peers live in environments of their own.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from drift_contestants.contestants import ask, version_of
from drift_contestants.worlds import World, draw

Cell = tuple[str, int, int]


def told(file: Path, key: str) -> dict[Cell, dict[int, dict[str, Any]]]:
    """Answers by cell and repetition; those of other code are passed over, and so is a line that was cut off."""
    out: dict[Cell, dict[int, dict[str, Any]]] = defaultdict(dict)
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        try:
            one = json.loads(line)
        except json.JSONDecodeError:
            continue
        if one["key"] == key:
            out[one["scenario"], one["reference"], one["current"]][one["repetition"]] = one
    return out


def judged(world: World, alarms: list[tuple[str, frozenset[str]]]) -> dict[str, Any]:
    """``named``: an alarm names what moved: one of the features, its gaps, or the two of the correlation; of many, the whole will do."""
    named = any(
        (kind == world.kind and (names >= world.moved if kind == "correlation" else bool(names & world.moved)))
        or (kind == "whole" and len(world.moved) > 2)
        for kind, names in alarms
    )
    features = {n for kind, names in alarms if kind in ("feature", "missing") for n in names}
    return {
        "alarm": any(kind != "dataset" for kind, _ in alarms),
        "dataset": any(kind == "dataset" for kind, _ in alarms),
        "named": named,
        "wrong": len(features - world.moved),
        "features": len(features),
    }


def answer(name: str, file: Path, key: str, seconds: float, cells: dict[Cell, int]) -> None:
    """Ask until all repetitions are there, or the time is over; all cells get on alike, each as a share of what it is asked for."""
    known, until = told(file, key), time.perf_counter() + seconds
    asked = sorted(
        ((r + 1) / most, i, r, cell) for i, (cell, most) in enumerate(cells.items()) for r in range(most) if r not in known[cell]
    )
    with file.open("a", encoding="utf-8") as lines:
        for _, _, repetition, cell in asked:
            if time.perf_counter() > until:
                break
            scenario, n_reference, n_current = cell
            world = draw(*cell, repetition)
            began = time.perf_counter()
            alarms = ask(name, world.reference, world.current)
            line = {
                "key": key,
                "scenario": scenario,
                "reference": n_reference,
                "current": n_current,
                "repetition": repetition,
                **judged(world, alarms),
                "seconds": round(time.perf_counter() - began, 4),
                "rows": world.fingerprint if repetition < 3 else "",
                "version": version_of(name),
            }
            lines.write(json.dumps(line) + "\n")
            lines.flush()


def main() -> None:
    name, file, key, seconds, *cells = sys.argv[1:]
    wanted: dict[Cell, int] = {}
    for cell in cells:
        scenario, n_reference, n_current, most = cell.split(":")
        wanted[scenario, int(n_reference), int(n_current)] = int(most)
    answer(name, Path(file), key, float(seconds), wanted)


if __name__ == "__main__":
    main()
