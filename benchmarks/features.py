"""How fast are features, and against whom? One command makes the table of docs/benchmarks.md.

    python benchmarks/features.py [--events 2000000 20000000 100000000] [--contestants ours by_user polars …]
        [--repeat 3] [--peers PYTHON] [--folder PLACE] [--write docs/benchmarks.md]

For each size: make up a company, let icpfit read and check it (``whole``), then let every contestant answer the same
question of the same clean rows, each in a process of its own, one after another and round by round; the shortest time
of the rounds counts, and the most memory. All answers must be equal to the last bit. See ``contestants/task.py``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
from contestants import data, report
from contestants.task import COLUMNS, DAY

HERE = Path(__file__).parent
MODULES = {
    "ours": ("contestants.ours", "again"),
    "by_user": ("contestants.handwritten", "by_user"),
    "by_window": ("contestants.handwritten", "by_window"),
    "one_join": ("contestants.handwritten", "one_join"),
    "polars": ("contestants.polars_streaming",),
    "pandas": ("contestants.pandas_merge",),
}
CONTESTANTS = (*MODULES, "featuretools")
PEERS = ("polars", "featuretools")
"""Those that icpfit does not depend on: they live in an environment of their own (``benchmarks/peers.txt``)."""
MOST = {"one_join": 20_000_000, "pandas": 20_000_000, "featuretools": 2_000_000}
"""The largest size that a contestant is asked for; beyond it, why not."""
BEYOND = {
    "one_join": "not run: never the best of the three",
    "pandas": "out of reach: its merged pairs would take some 25 GB",
    "featuretools": "out of reach",
}
PART_DAYS = (2, 4)
"""featuretools works day by day: it is timed on the moments of so many days, and their difference is what a day costs."""


class AbsentError(Exception):
    """A contestant that is not installed, or did not come to its end; in words."""


def run(folder: Path, *command: str, python: str = sys.executable) -> report.Figures:
    """One contestant in its own process: what it printed."""
    paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [python, "-m", *command, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        raise AbsentError("not installed (make bench-features installs it beside)" if "ModuleNotFoundError" in last else f"failed: {last}")
    figures: report.Figures = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def same(folder: Path, name: str, reference: str) -> None:
    """Raises ValueError with the first column that differs."""
    expected, found = np.load(folder / f"{reference}.npy"), np.load(folder / f"{name}.npy")
    for j, column in enumerate(COLUMNS):
        if not np.array_equal(expected[:, j], found[:, j], equal_nan=True):
            wrong = int((~((expected[:, j] == found[:, j]) | (np.isnan(expected[:, j]) & np.isnan(found[:, j])))).sum())
            raise ValueError(f"{name} differs from {reference} in {column}, in {wrong:,} of {len(expected):,} rows")


def measure(folder: Path, events: int, contestants: list[str], repeat: int, peers: str) -> report.Size:
    """Every contestant at one size."""
    say(f"{events:,} events: making them up")
    data.make(folder, events)
    say(f"{events:,} events: icpfit reads and checks them, and builds the features")
    size = report.Size(events, run(folder, "contestants.ours", "whole"))
    size.moments = len(np.load(folder / "whole.npy"))
    for turn in range(repeat):
        for name in contestants:
            if name == "featuretools" or name in size.absent:
                continue
            if events > MOST.get(name, events):
                size.absent[name] = BEYOND[name]
                continue
            try:
                figures = run(folder, *MODULES[name], python=peers if name in PEERS else sys.executable)
            except AbsentError as why:
                size.absent[name] = str(why)
                continue
            same(folder, name, "whole")
            size.add(name, figures)
            say(f"{events:,} events, round {turn + 1} of {repeat}: {name} {figures['seconds']:.2f} s, {figures['cpu']:.2f} s of all cores")
    if "featuretools" in contestants:
        measure_featuretools(folder, size, peers)
    return size


def measure_featuretools(folder: Path, size: report.Size, python: str) -> None:
    """Its cost for all days, from two small numbers of days; equal to the best SQL on those."""
    if size.events > MOST["featuretools"]:
        size.absent["featuretools"] = BEYOND["featuretools"]
        return
    seconds = []
    try:
        for days in PART_DAYS:
            part = folder / f"part{days}"
            all_days, rows = make_part(folder, part, days)
            figures = run(part, "contestants.featuretools_part", python=python)
            run(part, "contestants.handwritten", "by_user")
            same(part, "featuretools", "by_user")
            seconds.append(float(figures["seconds"]))
            say(f"{size.events:,} events: featuretools {figures['seconds']:.1f} s for {rows:,} moments of {days} days of {all_days}")
    except AbsentError as why:
        size.absent["featuretools"] = str(why)
        return
    a_day = (seconds[1] - seconds[0]) / (PART_DAYS[1] - PART_DAYS[0])
    size.add("featuretools", {**figures, "seconds": seconds[0] + a_day * (all_days - PART_DAYS[0])})
    size.notes.append(
        f"featuretools {figures['version']}: {seconds[0]:.1f} s for {PART_DAYS[0]} days of moments, {seconds[1]:.1f} s for {PART_DAYS[1]},"
        f" scaled to all {all_days} days; it knows one time of a row, so its part holds no row that was recorded on a later day"
    )


def make_part(folder: Path, part: Path, days: int) -> tuple[int, int]:
    """The rows recorded on the day they happened, and the moments of a few days; how many days there are, and moments in the part."""
    part.mkdir()
    shutil.copytree(folder / "company", part / "company", ignore=shutil.ignore_patterns("events.parquet"))
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{folder / 'warehouse.db'}' AS kept (READ_ONLY)")
        connection.execute(f"ATTACH '{part / 'warehouse.db'}' AS part")
        connection.execute("CREATE TABLE part.accounts AS SELECT * FROM kept.accounts")
        on_time = f"visible_at // {DAY} = occurred_at // {DAY}"
        connection.execute(f"CREATE TABLE part.events AS SELECT * FROM kept.events WHERE {on_time}")
        connection.execute(f"COPY part.events TO '{part / 'clean.parquet'}'")
        moments = f"read_parquet('{folder / 'moments.parquet'}')"
        (all_days,) = connection.execute(f"SELECT count(DISTINCT as_of) FROM {moments}").fetchall()[0]
        chosen = f"SELECT DISTINCT as_of FROM {moments} ORDER BY hash(as_of) LIMIT {days}"
        connection.execute(f"COPY (SELECT * FROM {moments} WHERE as_of IN ({chosen})) TO '{part / 'moments.parquet'}'")
        (rows,) = connection.execute(f"SELECT count(*) FROM read_parquet('{part / 'moments.parquet'}')").fetchall()[0]
    return int(all_days), int(rows)


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, nargs="+", default=[2_000_000, 20_000_000, 100_000_000])
    parser.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument("--repeat", type=int, default=3, help="rounds; one less from 20 million on, one alone from 100 million on")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has what benchmarks/peers.txt names")
    parser.add_argument("--folder", type=Path, help="where the data is made and left; by default a temporary folder")
    parser.add_argument("--write", type=Path, help="the document to write; by default the table is printed only")
    asked = parser.parse_args()
    sizes = []
    for events in sorted(asked.events):
        rounds = max(1, asked.repeat - (events >= 20_000_000) - (events >= 100_000_000))
        with tempfile.TemporaryDirectory(prefix="icpfit-bench-") as temporary:
            folder = (asked.folder or Path(temporary)) / str(events)
            sizes.append(measure(folder, events, asked.contestants, rounds, asked.peers))
            if asked.folder is None:
                shutil.rmtree(folder)
    text = report.document(sizes)
    print(text)
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
