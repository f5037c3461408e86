"""What a training run says of itself, as plain JSON values: the bundle's metrics and the answer to ``--json``."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from icpfit.documents.words import LEFT_OUT
from icpfit.models.calibration import Shape
from icpfit.models.evidence import shrunken_rate
from icpfit.models.results import Metrics, OutcomeResult, Refusal, Tuning
from icpfit.moments import day_text
from icpfit.outcomes.sensitivity import AtMaturity
from icpfit.scorecard.card import Scorecard
from icpfit.scorecard.drafted import newest_rows
from icpfit.scoring.by_hand import by_hand, typical
from icpfit.sources.merges import Merge
from icpfit.sources.rows import DataFinding, RowCount
from icpfit.training_set import TrainingSet


def rows_report(counts: tuple[RowCount, ...]) -> dict[str, Any]:
    """Every table's rows; where several files make a table, those of each file too."""

    def rows(count: RowCount) -> dict[str, Any]:
        return {"in": count.rows_in, "used": count.used, "left_out": dict(sorted(count.left_out.items()))}

    return {c.table: rows(c) | ({"files": [{"file": p.place, **rows(p)} for p in c.parts]} if c.parts else {}) for c in counts}


def left_out_lines(left_out: Mapping[str, int]) -> list[str]:
    """How many rows were left out, and why, in the words of the documents.

    >>> left_out_lines({"still open": 3, "lost": 1})
    ['  1 lost, so never a customer', '  3 still open']
    """
    return [f"  {n:,} {LEFT_OUT.get(reason, reason)}" for reason, n in sorted(left_out.items())]


def findings_report(findings: tuple[DataFinding, ...]) -> list[dict[str, Any]]:
    return [asdict(f) for f in findings]


MERGE_REASONS = {"domain": "same domain", "crm": "merged in the CRM", "parent": "its parent or a sister"}


def merges_report(merges: tuple[Merge, ...]) -> list[dict[str, Any]]:
    """Every account that is another one, with the account that is kept and the reason."""
    return [
        {
            "code": "IDENTITY-MERGED",
            "account_id": m.account_id,
            "merged_into": m.merged_into,
            "reason": MERGE_REASONS[m.reason],
            "domain": m.domain,
        }
        for m in merges
    ]


def merges_csv(merges: tuple[Merge, ...]) -> str:
    """The same as a CSV file."""
    columns = ("account_id", "merged_into", "reason", "domain")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row[c] for c in columns] for row in merges_report(merges))
    return text.getvalue()


def refusals_report(refusals: tuple[Refusal, ...], training: TrainingSet) -> list[dict[str, str]]:
    """``attribute`` is the name that the company knows: the column in its own file where there is one."""
    labels = {s.name: s for s in training.specs}
    return [
        {
            "attribute": labels[r.attribute].column or r.attribute,
            "feature": r.attribute,
            "label": labels[r.attribute].label,
            "reason": r.reason,
            "code": r.code,
            "outcome": training.outcome,
        }
        for r in refusals
    ]


CALIBRATION: dict[Shape, str] = {
    "sigmoid": "a sigmoid; no other shape was shown to be better on later rows",
    "beta": "a beta map, whose two ends bend apart; on later rows it was better than a sigmoid",
    "isotonic": "steps that rise with the score; on later rows they were better than a sigmoid",
}
"""How scores become probabilities."""


def outcome_report(training: TrainingSet, result: OutcomeResult) -> dict[str, Any]:
    """One outcome, with every figure a document or a dashboard shows."""
    report: dict[str, Any] = {
        "verdict": result.verdict,
        "words": result.words,
        "evidence": asdict(result.evidence),
        "base_rate": [result.base_rate, result.base_rate_low, result.base_rate_high],
        "training": {
            "considered": training.considered,
            "used": len(training.frame),
            "left_out": dict(sorted(training.left_out.items())),
            "timing": training.timing,
            **_span(training),
        },
        "dropped": dict(result.dropped),
        "trials": len(result.trials),
        "tuning": _tuning(result.tuning),
    }
    if result.backtest is not None:
        report |= _metrics(result.backtest.metrics)
        report["baselines"] = {name: _metrics(m) for name, m in result.backtest.baselines.items()}
        report["by_quarter"] = {name: _metrics(m) for name, m in result.backtest.by_quarter.items()}
        report["without_layer"] = dict(result.backtest.without_layer)
        report["forward"] = result.backtest.forward
        report["acceptance"] = None if result.backtest.acceptance is None else asdict(result.backtest.acceptance)
    if maturity := training.maturity():
        report["maturity"] = [_at_maturity(a) for a in maturity]
    if result.signal is not None:
        report["signal"] = asdict(result.signal)
    if result.model is not None:
        report["parameters"] = {k: v for k, v in result.model.parameters.items() if k not in ("local_weights", "borrowed")}
        report["layer_weights"] = list(result.model.parameters["local_weights"])
        report["borrowed"] = result.model.parameters["borrowed"]
        report["features"] = list(result.model.encoding.columns)
        report["calibration"] = {"shape": result.model.calibration.shape, "words": CALIBRATION[result.model.calibration.shape]}
    return report


def _span(training: TrainingSet) -> dict[str, str]:
    """The days of the oldest and of the newest row; none where there are no dates."""
    if training.timing != "dated" or not len(training.position):
        return {}
    return {"first": day_text(int(training.position.min())), "last": day_text(int(training.position.max()))}


def _at_maturity(found: AtMaturity) -> dict[str, Any]:
    """The rate as every rate of few rows is given; None where no deal would teach."""
    rate = shrunken_rate(found.wins, found.rows) if found.rows else (None, None, None)
    return {**asdict(found), **dict(zip(("rate", "low", "high"), rate, strict=True))}


def _tuning(tuning: Tuning | None) -> dict[str, Any] | None:
    """``reproducible``: the same data, configuration and seed give the same bytes, on any machine."""
    if tuning is None:
        return None
    return {
        "trials": tuning.done,
        "asked": tuning.asked,
        "complete": tuning.complete,
        "reproducible": tuning.complete,
        "words": tuning.words,
    }


def _metrics(metrics: Metrics) -> dict[str, Any]:
    body = asdict(metrics)
    body["reliability"] = [list(r) for r in metrics.reliability]
    body["intervals"] = {name: list(ends) for name, ends in metrics.intervals.items()}
    return body if metrics.intervals else {k: v for k, v in body.items() if k != "intervals"}


def card_report(card: Scorecard | None) -> dict[str, Any] | None:
    if card is None:
        return None
    return {"kind": card.kind, "auc": card.fidelity.auc_card, "attributes": len(card.attributes), **asdict(card.fidelity)}


def tested_words(one: Mapping[str, Any]) -> str:
    """How an outcome's figures were come by; they may not sound better than they are.

    >>> tested_words({"forward": False, "training": {"timing": "dated"}})
    'on accounts it had not seen (too little is known of older deals to test forward in time)'
    """
    if one["forward"]:
        return "forward in time"
    why = "no dates: not tested" if one["training"]["timing"] == "none" else "too little is known of older deals to test"
    return f"on accounts it had not seen ({why} forward in time)"


def combined_report(outcomes: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """``verdict``, ``words`` and ``evidence`` of the run: the win model's, or the only model's."""
    first = outcomes.get("win") or next(iter(outcomes.values()))
    return {"verdict": first["verdict"], "words": first["words"], "evidence": first["evidence"]}


def example_report(card: Scorecard | None, training: TrainingSet) -> dict[str, Any] | None:
    """A row of the newest year scored by hand; ``period`` is its quarter, None without dates."""
    if card is None:
        return None
    newest = newest_rows(training, np.arange(len(training.frame)))
    place = typical(card, training.features.iloc[newest])
    if place is None:
        return None
    row = newest[place]
    worked = by_hand(card, training.features.iloc[[row]], {s.name: s for s in training.specs})
    return {"period": str(training.frame["cohort"].iloc[row]) if training.timing == "dated" else None, **worked}
