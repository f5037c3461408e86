"""docs/benchmarks-drift.md: every word of it is made from the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from contestants.report import machine
from drift_contestants.worlds import BANK, BANK_BLOCK, BANK_REFERENCE, JOINT, MARGINAL, SCENARIOS, SIZES, bank_rows, block_of
from scipy import stats

LABELS = {
    "ours": "**icpfit**",
    "ks_bh": "KS / chi² + Benjamini-Hochberg",
    "correlations": "correlation permutation, max-T",
    "raw": "KS / chi², each at 5 %",
    "psi": "PSI > 0.2, any",
    "evidently": "evidently, any column",
    "dataset": "evidently, its data set flag",
    "nannyml": "nannyml, any column",
}
ALPHA, REFUTED = 0.05, 0.01
BANK_SIZES = (BANK_REFERENCE, BANK_BLOCK)
Lines = list[dict[str, Any]]
Results = dict[str, Mapping[tuple[str, int, int], Mapping[int, dict[str, Any]]]]


def lines_of(results: Results, name: str, cell: tuple[str, int, int]) -> Lines:
    """A contestant's answers in one cell; evidently's second flag is another reading of the same ones."""
    lines = list(results.get("evidently" if name == "dataset" else name, {}).get(cell, {}).values())
    if name == "dataset":
        lines = [{**one, "alarm": one["dataset"], "named": False, "wrong": 0} for one in lines]
    return lines


def differing_rows(results: Results) -> list[str]:
    """Cells in which two contestants saw other rows; none, or the tables compare nothing."""
    seen: dict[tuple[Any, ...], set[str]] = {}
    for known in results.values():
        for cell, lines in known.items():
            for repetition, one in lines.items():
                if one["rows"]:
                    seen.setdefault((*cell, repetition), set()).add(one["rows"])
    return [str(where) for where, rows in seen.items() if len(rows) > 1]


def document(results: Results, failed: Mapping[str, str], python: str) -> str:
    if different := differing_rows(results):
        raise ValueError(f"contestants saw other rows, e.g. in {different[0]}")
    versions = {one["version"] for known in results.values() for lines in known.values() for one in lines.values()}
    out = [
        "# Drift alarms beside those of others",
        "",
        "Made by `make bench-drift` (`ICPFIT_REAL_DATA=… python benchmarks/drift.py --workspace DIR --write docs/benchmarks-drift.md`);",
        "nothing here is written by hand.",
        "",
        f"{machine()}. {python}, {', '.join(sorted(versions))}.",
        "",
        "25 mixed features: 10 numbers of which two pairs go together, 4 skewed counts, 4 categories of 8 levels, 4 flags, 3 skewed",
        "numbers with 30 % gaps. All are asked about the same rows, each as its makers would have it used: icpfit's `compare` at its",
        "alpha of 5 % for the call; KS for numbers and chi² on the contingency table for the rest, raw and with Benjamini-Hochberg, at",
        "5 %; the largest standardised change of a pairwise rank correlation against permuted membership at 5 %; PSI on ten bins of the",
        "reference; evidently's `DataDriftPreset` and nannyml's `UnivariateDriftCalculator` (chunks as large as the current table) with",
        "their defaults.",
        "",
        "Power is the share of calls that raise any alarm; in brackets the share in which an alarm **names what moved** (of a",
        'correlation: the pair). An alarm of a method that cries wolf is no power: where "at most 5 % false alarms" is refuted',
        "(one-sided binomial test at 1 %), its figures are marked †.",
        "",
        *[f"* {LABELS[n]}: {words}." for n, words in failed.items()],
        "## Nothing moved: share of calls with any alarm (5 % were asked for)",
        "",
        *_false_alarms(results),
    ]
    for n_reference, n_current in SIZES:
        out += [f"## Reference {n_reference:,}, current {n_current:,}", "", *_power(results, n_reference, n_current)]
    out += ["## In short", "", *_short(results), *_bank(results)]
    return "\n".join(out).rstrip("\n") + "\n"


def _false_alarms(results: Results) -> list[str]:
    out = ["| | " + " | ".join(f"{a:,} v {b:,}" for a, b in SIZES) + " |", "|---|" + "---|" * len(SIZES)]
    for name, label in LABELS.items():
        cells = []
        for sizes in SIZES:
            lines = lines_of(results, name, ("none", *sizes))
            cells.append(f"{_share(lines, 'alarm')} % of {len(lines)}{_cries(lines)}" if lines else "not asked")
        out.append(f"| {label} | " + " | ".join(cells) + " |")
    return [*out, ""]


def _cries(lines: Lines) -> str:
    """A mark where "at most 5 %" is refuted."""
    found = sum(one["alarm"] for one in lines)
    return " †" if lines and stats.binomtest(found, len(lines), ALPHA, alternative="greater").pvalue < REFUTED else ""


def _power(results: Results, n_reference: int, n_current: int) -> list[str]:
    moved = {**MARGINAL, **JOINT}
    names = [n for n in LABELS if any(lines_of(results, n, (s, n_reference, n_current)) for s in moved)]
    out = ["| | " + " | ".join(f"{LABELS[n]}{_cries(lines_of(results, n, ('none', n_reference, n_current)))}" for n in names) + " |"]
    out.append("|---|" + "---|" * len(names))
    for scenario, label in moved.items():
        cells = []
        for name in names:
            lines = lines_of(results, name, (scenario, n_reference, n_current))
            named = "" if name == "dataset" else f" ({_share(lines, 'named')})"
            cells.append(f"{_share(lines, 'alarm')}{named}" if lines else "not asked")
        out.append(f"| {label} | " + " | ".join(cells) + " |")
    few = ", ".join(f"{LABELS[n]} {_repetitions(results, n, (n_reference, n_current))}" for n in names)
    slow = ", ".join(f"{LABELS[n]} {_median(results, n, (n_reference, n_current)):.2g}" for n in names if n != "dataset")
    return [*out, "", f"Repetitions: {few}. Seconds a call (median, machine not kept free): {slow}.", ""]


def _repetitions(results: Results, name: str, sizes: tuple[int, int]) -> str:
    """Of the scenarios that were asked, from the fewest to the most."""
    counts = [len(lines) for s in SCENARIOS if (lines := lines_of(results, name, (s, *sizes)))]
    return f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"


def _median(results: Results, name: str, sizes: tuple[int, int]) -> float:
    return float(np.median([one["seconds"] for s in SCENARIOS for one in lines_of(results, name, (s, *sizes))]))


def _short(results: Results) -> list[str]:
    """icpfit against the best of the honest ones in each kind of cell, on the repetitions that both answered (paired, McNemar at 1 %)."""
    out = []
    for rival, scenarios in (("ks_bh", MARGINAL), ("correlations", JOINT)):
        better, worse, level = [], [], 0
        for sizes in SIZES:
            for scenario, label in scenarios.items():
                mine, theirs = (results.get(n, {}).get((scenario, *sizes), {}) for n in ("ours", rival))
                both = mine.keys() & theirs.keys()
                only = [sum(a[r]["alarm"] and not b[r]["alarm"] for r in both) for a, b in ((mine, theirs), (theirs, mine))]
                if not both:
                    continue
                where = f"{label} at {sizes[0]:,} v {sizes[1]:,} ({_rate(mine, both)} against {_rate(theirs, both)})"
                if sum(only) and stats.binomtest(only[0], sum(only)).pvalue < REFUTED:
                    (better if only[0] > only[1] else worse).append(where)
                else:
                    level += 1
        if better or worse or level:
            out.append(
                f"* icpfit against {LABELS[rival]}, on the same rows: better beyond the noise in {len(better)}, worse in {len(worse)}, "
                f"level in {level}."
            )
            out += [f"  * worse: {words}" for words in worse] + [f"  * better: {words}" for words in better]
    return [*out, ""]


def _rate(lines: Mapping[int, dict[str, Any]], which: set[int]) -> str:
    return f"{np.mean([lines[r]['alarm'] for r in which]):.0%}"


def _share(lines: Lines, field: str) -> str:
    return f"{100 * np.mean([bool(one[field]) for one in lines]):.0f}" if lines else ""


def _bank(results: Results) -> list[str]:
    cells = [(s, *BANK_SIZES) for s in BANK]
    names = [n for n in LABELS if any(lines_of(results, n, c) for c in cells)]
    if not names:
        return []
    out = [
        "## Calls of a bank along time",
        "",
        "`uci_bank_marketing`, in the order of time: the first 5,000 calls against each later 1,000; month, weekday and the length of",
        "the call are left out. Share of blocks with any alarm, and how many of the columns are named in the mean. Shuffled: the first",
        "5,000 and the next 1,000 rows of a random order, where an alarm is a false one.",
        "",
        "| | " + " | ".join(LABELS[n] for n in names) + " |",
        "|---|" + "---|" * len(names),
    ]
    years = bank_rows()["year"]
    for scenario, label in BANK.items():
        groups: dict[str, list[int] | None] = {label: None}
        if scenario.endswith("time"):
            first = {r: int(years.iloc[block_of(r)].iloc[0]) for n in names for r in results.get(n, {}).get((scenario, *BANK_SIZES), {})}
            groups |= {f"— blocks that begin in {y}": [r for r, of in first.items() if of == y] for y in sorted(set(first.values()))}
        for title, chosen in groups.items():
            told = []
            for name in names:
                lines = lines_of(results, name, (scenario, *BANK_SIZES))
                lines = [one for one in lines if chosen is None or one["repetition"] in chosen]
                mean = "" if name == "dataset" else f", {np.mean([one['features'] for one in lines]):.1f} columns" if lines else ""
                told.append(f"{_share(lines, 'alarm')} % of {len(lines)}{mean}" if lines else "not asked")
            out.append(f"| {title} | " + " | ".join(told) + " |")
    return [*out, ""]
