"""The figures as a document: as they are, whoever wins."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

Figures = dict[str, Any]

LABELS = {
    "ours": "**icpfit**, compiled from declarations",
    "by_user": "DuckDB by hand, one join, first by (moment, user)",
    "by_window": "DuckDB by hand, a join per window",
    "one_join": "DuckDB by hand, one join, all aggregates at once",
    "polars": "Polars, streaming, first by (moment, user)",
    "pandas": "pandas, merge and group (its reading not counted)",
    "featuretools": "featuretools (scaled from a part)",
}
BY_HAND = ("by_user", "by_window", "one_join")


@dataclass
class Size:
    """What one number of events gave. ``whole``: icpfit from the files to the features, in one process."""

    events: int
    whole: Figures
    moments: int = 0
    best: dict[str, Figures] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, figures: Figures) -> None:
        """One more round: the shortest time, the most memory."""
        known = self.best.get(name, figures)
        self.best[name] = {
            **figures,
            "seconds": min(known["seconds"], figures["seconds"]),
            "peak": max(known["peak"], figures["peak"]),
        }

    def seconds(self, *names: str) -> float | None:
        """The shortest of these contestants."""
        return min((self.best[n]["seconds"] for n in names if n in self.best), default=None)


def _millions(events: int) -> str:
    return f"{events / 1e6:g} M"


def _cell(size: Size, name: str) -> str:
    if name in size.best:
        return f"{size.best[name]['seconds']:,.2f} s, {size.best[name]['peak']:.2f} GB"
    return size.absent.get(name, "not asked")


def _whole(sizes: list[Size], figure: str, places: int, unit: str) -> str:
    return " | ".join(f"{s.whole[figure]:.{places}f} {unit}" for s in sizes)


def _ratio(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one / other


def machine() -> str:
    """The processor, its cores and the memory."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        model = next((line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")), model)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9 if hasattr(os, "sysconf") else float("nan")
    return f"{model}, {cores} cores, {memory:.0f} GB, {platform.system()}"


def _targets(sizes: list[Size]) -> list[tuple[str, str, bool]]:
    """What was aimed for, what it is, and whether that is enough."""
    found: list[tuple[str, str, bool]] = []

    def ratio(words: str, one: str, other: tuple[str, ...], enough: float, *, most: bool) -> None:
        for size in sizes:
            ours = size.seconds("ours")
            value = _ratio(ours, size.seconds(*other)) if most else _ratio(size.seconds(one), ours)
            if value is not None:
                found.append((f"{words}, {_millions(size.events)}", f"{value:,.2f}", value <= enough if most else value >= enough))

    ratio("icpfit against the best SQL by hand: at most 1.3 times", "", BY_HAND, 1.3, most=True)
    ratio("pandas against icpfit: at least 3 times", "pandas", (), 3, most=False)
    ratio("featuretools against icpfit: at least 100 times", "featuretools", (), 100, most=False)
    for small, large in pairwise(sizes):
        one, other = small.seconds("ours"), large.seconds("ours")
        if one is not None and other is not None:
            grown, more = other / one, large.events / small.events
            words = f"growth from {_millions(small.events)} to {_millions(large.events)}: at most {1.3 * more:g} times"
            found.append((words, f"{grown:.1f}", grown <= 1.3 * more))
    for size in sizes:
        if size.events >= 100_000_000:
            peak = max(size.whole["peak"], size.best.get("ours", size.whole)["peak"])
            found.append((f"most memory at {_millions(size.events)}, reading included: at most 1.5 GB", f"{peak:.2f} GB", peak <= 1.5))
    return found


def document(sizes: list[Size]) -> str:
    """The whole of docs/benchmarks.md."""
    names = [n for n in LABELS if any(n in s.best or n in s.absent for s in sizes)]
    head = " | ".join(_millions(s.events) for s in sizes)
    lines = [
        "# Speed of features",
        "",
        "Made by `make bench-features` (`python benchmarks/features.py --write docs/benchmarks.md`); nothing here is written by hand.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}. {machine()}. Python {platform.python_version()}, DuckDB {version('duckdb')},"
        f" pandas {version('pandas')},"
        f" icpfit {version('icpfit')}{_peers(sizes)}.",
        "",
        f"The task: of {max(s.moments for s in sizes):,} (account, moment) rows the events of four kinds in the last 7, 30 and 90 days,",
        "the different users, and days since the last event; an event counts where it happened and was recorded before the moment.",
        "Every contestant runs in a process of its own over the same clean rows, with equal answers to the last bit (checked).",
        "Each cell: the shortest time of the rounds, the most memory of the process.",
        "",
        f"| | {head} |",
        f"|---|{'---|' * len(sizes)}",
        *(f"| {LABELS[n]} | {' | '.join(_cell(s, n) for s in sizes)} |" for n in names),
        "",
        "icpfit from the files on, in one process: reading, checking every row, fingerprint, then the same features.",
        "",
        f"| | {head} |",
        f"|---|{'---|' * len(sizes)}",
        f"| reading and checking | {_whole(sizes, 'load', 1, 's')} |",
        f"| features | {_whole(sizes, 'seconds', 2, 's')} |",
        f"| most memory of the process | {_whole(sizes, 'peak', 2, 'GB')} |",
        "",
        "| aimed for | is | |",
        "|---|---|---|",
        *(f"| {words} | {value} | {'yes' if enough else '**no**'} |" for words, value, enough in _targets(sizes)),
        "",
    ]
    fell = [f"{words}: it is {value}" for words, value, enough in _targets(sizes) if not enough]
    faster = [
        f"{_millions(s.events)}: {LABELS[n]} is faster than icpfit ({s.best[n]['seconds']:.2f} s against {s.best['ours']['seconds']:.2f} s)"
        for s in sizes
        for n in names
        if n != "ours" and n in s.best and "ours" in s.best and s.best[n]["seconds"] < s.best["ours"]["seconds"]
    ]
    absent = [f"{_millions(s.events)}: {LABELS[n]}: {why}" for s in sizes for n, why in s.absent.items()]
    for title, body in (
        ("What fell short", fell or ["nothing of what was aimed for"]),
        ("Who was faster", faster or ["nobody"]),
        ("What was not measured, and how the rest was", [*absent, *(n for s in sizes for n in s.notes)] or ["everything was"]),
    ):
        lines += [f"## {title}", *(f"* {line}." for line in body), ""]
    return "\n".join(lines)


def _peers(sizes: list[Size]) -> str:
    found = {n: s.best[n]["version"] for s in sizes for n in ("polars", "featuretools") if "version" in s.best.get(n, {})}
    return "".join(f", {n} {v}" for n, v in found.items())
