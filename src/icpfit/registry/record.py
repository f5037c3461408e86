"""What a retrain leaves in MLflow: plain values, put together before MLflow is opened."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from icpfit.gates import Decision, Gate
from icpfit.manifest import json_text, plain
from icpfit.registry.drift_record import drift_numbers
from icpfit.versioning import check_version

OUTCOMES = ("win", "retention")


@dataclass(frozen=True)
class Step:
    """A child run: its parameters, numbers and texts (file name to content)."""

    name: str
    params: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RetrainRecord:
    """One retrain. Not ``registered``: the run is logged, and nothing else happens.

    ``metrics`` is the run's report in plain values: ``as_of, company, verdict, evidence, win, retention,
    scorecard, …``. ``decision`` is what the gates came to. ``documents`` is a folder of files to keep
    with the run, ``trials`` the tuning of each outcome, ``datasets`` name to (fingerprint, rows), ``drift``
    the findings. ``seconds`` by part stand here and in no other output.
    """

    version: str
    metrics: Mapping[str, Any]
    registered: bool
    gates: tuple[Gate, ...] = ()
    decision: Decision | None = None
    documents: Path | None = None
    trials: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    datasets: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    params: Mapping[str, object] = field(default_factory=dict)
    drift: Sequence[Mapping[str, Any]] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_version(self.version)
        if self.registered and (not self.gates or self.decision is None):
            raise ValueError("a version is registered with its gates and what they came to")

    def tags(self) -> dict[str, str]:
        """What one looks for in MLflow's list of runs."""
        evidence = self.metrics.get("evidence")
        level = evidence.get("level") if isinstance(evidence, Mapping) else evidence
        told = {name: self.metrics.get(name) for name in ("verdict", "company", "as_of", "timing", "words")}
        promotable = None if self.decision is None else str(self.decision.promotable).lower()
        return {
            k: str(v) for k, v in {"version": self.version, "evidence": level, "promotable": promotable, **told}.items() if v is not None
        }

    def numbers(self) -> dict[str, float]:
        """The parent run's metrics: each outcome's own, the card's, the gates', and the seconds."""
        out: dict[str, float] = {}
        for name in (*OUTCOMES, "scorecard"):
            out |= flat_numbers(_own_figures(self.metrics.get(name)), f"{name}.")
        out |= gate_numbers(self.gates)
        out |= flat_numbers(self.seconds, "seconds.")
        return out

    def steps(self) -> tuple[Step, ...]:
        """The child runs: models, trials, backtests, card, drift, document."""
        found: list[Step] = []
        for outcome in OUTCOMES:
            report = self.metrics.get(outcome)
            if isinstance(report, Mapping):
                found += _outcome_steps(outcome, report, self.trials.get(outcome, ()))
        card = self.metrics.get("scorecard")
        if isinstance(card, Mapping):
            found.append(Step("card", {"kind": card.get("kind")}, flat_numbers(card), texts={"scorecard.json": json_text(card)}))
        found.append(Step("drift", {}, drift_numbers(self.drift), texts={"findings.json": json_text([dict(f) for f in self.drift])}))
        names = sorted(p.name for p in self.documents.iterdir()) if self.documents is not None else []
        found.append(Step("document", {"files": ", ".join(names)}, {"files": len(names)}))
        return tuple(found)


def _outcome_steps(outcome: str, report: Mapping[str, Any], trials: Sequence[Mapping[str, Any]]) -> list[Step]:
    tags = {name: str(report[name]) for name in ("verdict", "words") if name in report}
    steps = [Step(outcome, report.get("parameters") or {}, flat_numbers(_own_figures(report)), tags, {"report.json": json_text(report)})]
    steps.append(Step(f"{outcome} trials", {"trials": len(trials)}, texts={"trials.json": json_text(list(trials))}))
    if "baselines" in report:
        numbers = flat_numbers({name: report[name] for name in ("baselines", "by_quarter", "without_layer") if name in report})
        steps.append(Step(f"{outcome} backtest", {"forward": report.get("forward")}, {**flat_numbers(_own_figures(report)), **numbers}))
    return steps


def _own_figures(report: object) -> dict[str, Any]:
    """The report's figures at its own level: not its tables and not its words."""
    return {k: v for k, v in report.items() if not isinstance(v, (Mapping, list, tuple, str))} if isinstance(report, Mapping) else {}


def gate_numbers(gates: tuple[Gate, ...]) -> dict[str, float]:
    """``gate.no_worse.difference`` and the like, and ``gate.<name>.passed`` as 1 or 0 where it can be told."""
    out: dict[str, float] = {}
    for gate in gates:
        if gate.passed is not None:
            out[f"gate.{gate.gate}.passed"] = float(gate.passed)
        out |= flat_numbers(gate.numbers, f"gate.{gate.gate}.")
    return out


def flat_numbers(values: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """The numbers in a nested report by dotted name; what cannot be told, words and lists are left out.

    >>> flat_numbers({"auc": 0.8, "lift": float("nan"), "base": {"auc": 0.5}, "words": "good"})
    {'auc': 0.8, 'base.auc': 0.5}
    """
    out: dict[str, float] = {}
    for name, value in plain(values).items():
        if isinstance(value, dict):
            out |= flat_numbers(value, f"{prefix}{name}.")
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            out[f"{prefix}{name}"] = float(value)
    return out
