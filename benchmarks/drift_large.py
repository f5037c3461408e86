"""A million rows asked whether they moved: seconds and memory, beside plain tests of the same columns in the same run.

    python benchmarks/drift_large.py [--rows 1000000] [--reference 1000 1000000]

25 mixed features (``drift_contestants.worlds``), nothing moved. ``compare`` answers features, gaps, correlations and the whole, at one
error rate; beside it Kolmogorov-Smirnov and chi-squared of each column alone, from SciPy. Every answer comes from a process of its own,
so that the memory at its peak is its own; what the tables themselves take is said beside. What is printed is a table in Markdown.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np
from drift_contestants.contestants import ask
from drift_contestants.worlds import rows

NAMES = {"ours": "icpfit `compare`", "ks_bh": "KS and chi-squared, each column alone"}


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def once(name: str, reference: int, current: int) -> dict[str, float]:
    rng = np.random.default_rng([reference, current])
    then, now = rows(reference, rng), rows(current, rng)
    ask(name, then.head(100), now.head(100))  # what is loaded at the first call counts for neither
    before, start = peak_mb(), time.perf_counter()
    ask(name, then, now)
    return {"seconds": time.perf_counter() - start, "tables": before, "peak": peak_mb()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="current rows")
    parser.add_argument("--reference", type=int, nargs="+", default=[1_000, 1_000_000])
    parser.add_argument("--once", choices=list(NAMES), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.once:
        print(json.dumps(once(asked.once, asked.reference[0], asked.rows)))
        return
    print("| asked | reference rows | current rows | seconds | MB at the peak | of these there before it was asked |")
    print("|---|---|---|---|---|---|")
    for reference in asked.reference:
        for name, words in NAMES.items():
            command = [sys.executable, __file__, "--once", name, "--rows", str(asked.rows), "--reference", str(reference)]
            got = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            print(
                f"| {words} | {reference:,} | {asked.rows:,} | {got['seconds']:.1f} | {got['peak']:,.0f} | {got['tables']:,.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
