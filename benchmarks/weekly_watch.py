"""How often does the weekly watch cry wolf in a year, and how soon does it find what has changed?

    python benchmarks/weekly_watch.py --repetitions 200 [--only loses] [--then 3000] [--rates 1 5 40]

Each watch is a company of twelve signals that has had no change, or one from the first new deal on, or from the middle of the year
on, and 52 weeks of new deals. What is printed is a table in Markdown: the share of watches in which the change was found within
the year, in which week and after how many deals since the change it was first seen (median), and in which anything else was said.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys

import numpy as np

from icpfit.drift.answered import Answered
from icpfit.drift.weekly import weekly_findings
from icpfit.moments import DAY

WEEKS = 52
MAXIMA = np.array([20, 15, 12, 10, 9, 8, 7, 6, 5, 4, 2, 2])
"""Points that each attribute can give: of the strongest, deals with many are won 20 points of win rate more often."""
PER_POINT = 0.06
"""log-odds"""
CHANGES = {
    "none": (None, 0.0),
    "the strongest signal loses its effect": (0.0, 0.0),
    "the strongest signal turns round": (-1.0, 0.0),
    "a third fewer wins": (1.0, -0.5),
}


def company(
    n: int,
    rng: np.random.Generator,
    *,
    start: int = 0,
    base: float = -1.4,
    changed_from: int | None = None,
    tells: float = 1.0,
    fall: float = 0.0,
    slope: float = 1.0,
    deals_each: int = 1,
    name: str = "d",
) -> Answered:
    """Deals of a company, one a day from the day ``start`` on. ``base``: log-odds of an average deal; ``tells``: what is left of the
    first signal's effect from the row ``changed_from`` on; ``slope`` below 1: the profile is too sure of itself; ``deals_each``: deals
    of one account, which share their signals and half of their luck."""
    accounts = -(-n // deals_each)
    levels = np.array([np.searchsorted([0.7] if j % 3 == 0 else [0.5, 0.8], rng.random(accounts)) for j in range(len(MAXIMA))]).T
    steps = np.where(np.arange(len(MAXIMA)) % 3 == 0, 1, 2)
    account = np.repeat(np.arange(accounts), deals_each)[rng.permutation(accounts * deals_each)[:n]] if deals_each > 1 else np.arange(n)
    points = np.round(MAXIMA * levels / steps).astype(np.int64)[account]
    away = points - MAXIMA * np.where(steps == 1, 0.3, 0.35)
    effect = np.ones((n, len(MAXIMA)))
    later = np.arange(n) >= (n if changed_from is None else changed_from)
    effect[later, 0] = tells
    luck = rng.normal(size=accounts)[account] if deals_each > 1 else 0.0
    truth = base + slope * PER_POINT * (effect * away).sum(axis=1) + fall * later + luck
    said = base + PER_POINT * away.sum(axis=1)
    return Answered(
        deal_id=np.array([f"{name}{i}" for i in range(n)], dtype=object),
        account=np.array([f"{name} account {i}" for i in account], dtype=object),
        created=(start + np.arange(n, dtype=np.int64)) * DAY,
        good=rng.random(n) < 1 / (1 + np.exp(-truth)),
        probability=1 / (1 + np.exp(-said)),
        points=points.sum(axis=1),
        tier=np.full(n, "A", dtype=object),
        parts={f"signal {j + 1}": points[:, j] for j in range(len(MAXIMA))},
    )


def measure(change: str, then: int, rate: int, repetitions: int, *, late: bool) -> list[tuple[int | None, bool]]:
    """Of each watch: after how many new deals the change was first seen, and whether anything else was said."""
    tells, fall = CHANGES[change]
    subject = {"none": None, "a third fewer wins": "Wins"}.get(change, "signal 1")
    start = rate * WEEKS // 2 if late else 0
    seen: list[tuple[int | None, bool]] = []
    for repetition in range(repetitions):
        rng = np.random.default_rng([repetition, then, rate])
        before = company(then, rng)
        now = company(
            rate * WEEKS,
            rng,
            start=then,
            changed_from=None if tells is None else start,
            tells=tells if tells is not None else 1.0,
            fall=fall,
        )
        findings = weekly_findings(before, now, seed=repetition)
        found = [re.search(r"First seen with ([\d,]+) deals", f.words) for f in findings if f.alarm and f.subject == subject]
        seen.append(
            (int(found[0][1].replace(",", "")) if found and found[0] else None, any(f.alarm and f.subject != subject for f in findings))
        )
    return seen


def line(change: str, then: int, rate: int, seen: list[tuple[int | None, bool]], *, late: bool) -> str:
    start = rate * WEEKS // 2 if late else 0
    found = [n - start for n, _ in seen if n is not None]
    share, other = len(found) / len(seen), sum(o for _, o in seen) / len(seen)
    when = f"week {statistics.median(found) / rate:.0f} ({statistics.median(found):.0f} deals)" if found else ""
    shown = "" if change == "none" else f"{share:.0%}"
    return f"| {change}{', from mid-year' if late else ''} | {then:,} | {rate} | {shown} | {when} | {other:.1%} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--only", default="")
    parser.add_argument("--then", type=int, nargs="+", default=[300, 3_000])
    parser.add_argument("--rates", type=int, nargs="+", default=[1, 5, 40])
    parser.add_argument("--late", action="store_true")
    asked = parser.parse_args()
    print("| change | deals before | new deals a week | found within the year | first seen, median | anything else said |")
    print("|---|---|---|---|---|---|")
    for change in (c for c in CHANGES if asked.only in c):
        for then in asked.then:
            for rate in asked.rates:
                seen = measure(change, then, rate, asked.repetitions, late=asked.late)
                print(line(change, then, rate, seen, late=asked.late), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
