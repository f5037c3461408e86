"""What a retrain leaves in MLflow: plain values, put together before MLflow is opened."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from icpfit.gates import Decision, Gate
from icpfit.manifest import json_text, plain
from icpfit.models.results import Metrics, OutcomeResult, Verdict
from icpfit.scorecard.card import Scorecard
from icpfit.versioning import check_version


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
    """One retrain. ``verdict`` other than ``signal``: it is logged, and nothing is registered.

    ``datasets``: name to (fingerprint, rows). ``documents`` is a folder of files to keep with the run.
    ``seconds`` is how long it took: it stands here and in no other output.
    """

    version: str
    as_of: str
    company: str
    verdict: Verdict
    evidence: str
    datasets: Mapping[str, tuple[str, int]]
    params: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    gates: tuple[Gate, ...] = ()
    decision: Decision | None = None
    documents: Path | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        check_version(self.version)


def outcome_steps(result: OutcomeResult) -> tuple[Step, ...]:
    """The children of one outcome: the model itself, its trials in summary, its backtest."""
    name = result.outcome
    refused = [{"attribute": r.attribute, "code": r.code, "reason": r.reason} for r in result.refused]
    numbers = {"base_rate": result.base_rate, "evidence_wins": result.evidence.wins, "evidence_losses": result.evidence.losses}
    if result.signal is not None:
        numbers |= {"signal_auc": result.signal.auc, "signal_p_value": result.signal.p_value}
    tags = {"verdict": result.verdict, "evidence": result.evidence.level, "words": result.words}
    texts = {"refused.json": json_text(refused), "dropped.json": json_text(result.dropped)}
    steps = [Step(name, dict(result.model.parameters) if result.model is not None else {}, _finite(numbers), tags, texts)]
    if result.trials:
        steps.append(Step(f"{name} trials", {"trials": len(result.trials)}, {}, {}, {"trials.json": json_text(result.trials)}))
    if result.backtest is not None:
        test = result.backtest
        numbers = metric_values(test.metrics)
        for baseline, metrics in test.baselines.items():
            numbers |= metric_values(metrics, f"{baseline}.")
        quarters = {quarter: metric_values(metrics) for quarter, metrics in test.by_quarter.items()}
        tags = {"forward_in_time": str(test.forward).lower()}
        steps.append(Step(f"{name} backtest", {"folds": len(test.folds)}, numbers, tags, {"by_quarter.json": json_text(quarters)}))
    return tuple(steps)


def card_step(card: Scorecard) -> Step:
    """The child of the card: how well it speaks for the model."""
    params = {"kind": card.kind, "attributes": len(card.attributes), "tiers": {t.name: t.from_points for t in card.tiers}}
    return Step("card", params, _finite(plain(card.fidelity)), {}, {})


def metric_values(metrics: Metrics, prefix: str = "") -> dict[str, float]:
    """The numbers that can be told, by name."""
    return _finite({f"{prefix}{name}": value for name, value in plain(metrics).items()})


def gate_metrics(gates: tuple[Gate, ...]) -> dict[str, float]:
    """``gate.no_worse.difference`` and the like, and ``gate.<name>.passed`` as 1 or 0 where it can be told."""
    out: dict[str, float] = {}
    for gate in gates:
        if gate.passed is not None:
            out[f"gate.{gate.gate}.passed"] = float(gate.passed)
        out |= _finite({f"gate.{gate.gate}.{name}": value for name, value in gate.numbers.items()})
    return out


def _finite(values: Mapping[str, Any]) -> dict[str, float]:
    return {k: float(v) for k, v in values.items() if isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v)}
