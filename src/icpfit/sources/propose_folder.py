"""A configuration for a data folder: a feature for every column, technology, event and signal that is there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from icpfit.config import LAYERS, Disqualifier, FeatureSpec
from icpfit.sources.contract import TABLES
from icpfit.sources.names import TAKEN
from icpfit.sources.propose_activity import event_features, signal_features
from icpfit.sources.propose_features import Features, account_features, technology_features
from icpfit.sources.propose_tables import Tables
from icpfit.sources.yaml_text import block, one_line, scalar

MOST_FEATURES = 120
"""More makes a declaration that nobody reads, and a model that no few hundred deals can teach."""


def propose_folder(path: Path, shown_path: str, company: str) -> tuple[list[str], list[str]]:
    """Lines of YAML for a data folder or a DuckDB file, and the doubts. Only distinct names and counts are read.

    Raises:
        SourceError: the folder, the file or a table in it cannot be read as the contract asks.
    """
    kind = "folder" if path.is_dir() else "duckdb"
    tables = Tables.of_folder(path) if kind == "folder" else Tables.of_duckdb(path)
    taken = set(TAKEN)
    parts = [make(tables, taken) for make in (account_features, technology_features, event_features, signal_features)]
    chosen, dropped = _within(parts)
    doubts = [d for part in parts for d in part.doubts]
    named = {s.name for s in chosen}
    disqualifiers = [d for part in parts for d in part.disqualifiers if d.feature in named]
    absent = [t for t in ("technologies", "events", "signals", "subscriptions", "account_history") if not tables.has(t)]
    lines = [
        f"# Proposed from {one_line(path.name)}: {', '.join(t for t in TABLES if tables.has(t))}.",
        "# Every feature is read as of the moment of its deal or target; take out what you do not believe in.",
    ]
    if absent:
        lines.append(f"# Not there: {', '.join(absent)}.")
    if dropped:
        lines.append(
            f"# Left out to stay within {MOST_FEATURES} features: {one_line(', '.join(dropped[:20]))}{' …' if len(dropped) > 20 else ''}."
        )
    lines += [f"# unsure: {one_line(d)}" for d in doubts]
    lines += [f"company: {scalar(company)}", "source:", f"  kind: {kind}", f"  path: {scalar(shown_path)}"]
    lines += _disqualifier_lines(disqualifiers)
    lines.append("features:" + ("" if chosen else " []"))
    for layer in LAYERS:
        own = [s for s in chosen if s.layer == layer]
        if own:
            lines += ["", f"  # {layer}: {len(own)}"]
            for spec in own:
                lines += block(_declared(spec), "  ", "- ")
    return lines, doubts


def _within(parts: Sequence[Features]) -> tuple[list[FeatureSpec], list[str]]:
    """The most basic features of every part first; what does not fit is named."""
    ranked = sorted(((rank, i, j, spec) for i, part in enumerate(parts) for j, (rank, spec) in enumerate(part.specs)), key=lambda r: r[:3])
    kept = sorted(ranked[:MOST_FEATURES], key=lambda r: (r[1], r[2]))
    return [r[3] for r in kept], [r[3].name for r in ranked[MOST_FEATURES:]]


def _declared(spec: FeatureSpec) -> dict[str, object]:
    """What differs from the defaults, in the order in which people read it."""
    body = spec.model_dump(exclude_defaults=True)
    window = body.get("window_days")
    if isinstance(window, float) and window.is_integer():
        body["window_days"] = int(window)
    return body


def _disqualifier_lines(disqualifiers: Sequence[Disqualifier]) -> list[str]:
    if not disqualifiers:
        return []
    lines = ["scorecard:", "  disqualifiers:  # each forces tier D, whatever the points"]
    for d in disqualifiers:
        lines += block({"feature": d.feature, "at_least": int(d.at_least or 1), "reason": d.reason}, "    ", "- ")
    return lines
