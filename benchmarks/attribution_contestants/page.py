"""The figures as a document: as they are, whoever wins."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from contestants.report import machine

LABELS = {
    "ours": "**icpfit**, all contributions",
    "ours_top": "**icpfit**, margin and five reasons",
    "contributions": "LightGBM `pred_contrib`",
    "contributions_top": "LightGBM `pred_contrib`, margin and five reasons of it",
    "predict": "LightGBM `predict`: the margin alone, no reasons",
    "shap": "`shap.TreeExplainer`",
    "woodelf": "woodelf-explainer",
    "fasttreeshap": "fasttreeshap v2",
}
NUMBERS_ONLY = ("woodelf", "fasttreeshap")
"""they refuse splits by categories"""
ENOUGH, EXACT = 80.0, 1e-9
Figures = dict[str, Any]
Results = dict[str, dict[str, Figures]]


def document(results: Results) -> str:
    """The whole of docs/benchmarks-attribution.md."""
    peers = {LABELS[k.split("/")[1]]: f["version"] for r in results.values() for k, f in r.items() if "version" in f and "our" not in k}
    lines = [
        "# Speed of attributions",
        "",
        "Made by `make bench-attribution` (`python benchmarks/attribution.py --write docs/benchmarks-attribution.md`);"
        " nothing here is written by hand.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}. {machine()}. Python {platform.python_version()}, icpfit {version('icpfit')},"
        f" numba {version('numba')}; {'; '.join(f'{k} {v}' for k, v in peers.items())}.",
        "",
        "60 attributes, half of them with gaps. *Mixed*: eight are texts, which LightGBM splits by sets. *Numbers*: the twin of the model",
        "for peers that refuse such splits. Everyone runs on one thread, in a process of its own, after a first small call that is",
        "not counted (compiling is below); round by round, the shortest time counts. *Off*: the largest absolute difference to",
        "`pred_contrib` over 300 rows, in log-odds. *Times*: as fast as `pred_contrib` on the same rows. Where the machine does other",
        "work meanwhile, rows a second swing by a factor of two and more, and ratios with them: run it on a quiet one.",
        "",
    ]
    for model, found in results.items():
        lines += [f"## {_said(model)}", ""]
        for kind in ("mixed", "numbers"):
            lines += _table(kind, found)
    lines += [
        "## Before the first row",
        "",
        "| model | tables made | their size | first call, nothing compiled | first call, compiled before |",
    ]
    lines += ["|---|---|---|---|---|"]
    for model, found in results.items():
        ours = found.get("mixed/ours", {})
        if "tables" in ours:
            times = f"{ours['tables']:.2f} s | {ours['megabytes']:,.0f} MB | {ours['cold']:.1f} s | {ours['first']:.2f} s"
            lines.append(f"| {_said(model)} | {times} |")
    lines += ["", "A call of so few rows that NumPy has done them before numba is there does not wait for it; the bits are the same.", ""]
    return "\n".join([*lines, *_verdict(results)])


def _said(model: str) -> str:
    return "300 trees of depth 1" if model == "depth 1" else "{} trees of {} leaves".format(*model.split("x"))


def _table(kind: str, found: dict[str, Figures]) -> list[str]:
    lines = [f"| {kind} | rows a second | times | off | rows |", "|---|---|---|---|---|"]
    slow = _speed(found.get(f"{kind}/contributions"))
    for name, label in LABELS.items():
        figures = found.get(f"{kind}/{name}")
        if figures is None:
            continue
        speed = _speed(figures)
        if speed is None:
            lines.append(f"| {label} | {figures['failed']} | | | |")
            continue
        off = "reference" if name == "contributions" else f"{figures['off']:.1e}" if "off" in figures else ""
        lines.append(f"| {label} | {speed:,.0f} | {f'{speed / slow:,.1f}' if slow else ''} | {off} | {figures['rows']:,} |")
    return [*lines, ""]


def _speed(figures: Figures | None) -> float | None:
    return None if figures is None or "failed" in figures else figures["rows"] / figures["seconds"]


def _verdict(results: Results) -> list[str]:
    lines = ["## What was aimed for", "", "| aimed for | is | |", "|---|---|---|"]
    for model, found in results.items():
        for kind in ("mixed", "numbers"):
            ours, slow = _speed(found.get(f"{kind}/ours")), _speed(found.get(f"{kind}/contributions"))
            if ours is None or slow is None:
                continue
            if model == "300x31":
                times = ours / slow
                words = f"{_said(model)}, {kind}: at least {ENOUGH:g} times `pred_contrib`"
                lines.append(f"| {words} | {times:,.0f} | {_yes(times >= ENOUGH)} |")
            off = found[f"{kind}/ours"]["off"]
            lines.append(f"| {_said(model)}, {kind}: at most 1e-9 off | {off:.1e} | {_yes(off <= EXACT)} |")
            speeds = {LABELS[n]: _speed(found.get(f"{kind}/{n}")) for n in ("shap", *NUMBERS_ONLY)}
            ahead = [label for label, speed in speeds.items() if speed is not None and speed > ours]
            lines.append(f"| {_said(model)}, {kind}: faster than every peer | {', '.join(ahead) or 'it is'} | {_yes(not ahead)} |")
    wrong = [
        f"{_said(model)}, {key.split('/')[0]}: {LABELS[key.split('/')[1]]} is off by {f['off']:.2g} log-odds"
        for model, found in results.items()
        for key, f in found.items()
        if f.get("off", 0) > 1e-6
    ]
    return [*lines, "", "## Who was not exact", "", *(f"* {w}." for w in wrong or ["nobody"]), ""]


def _yes(enough: bool) -> str:
    return "yes" if enough else "**no**"
