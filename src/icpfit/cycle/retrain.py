"""A quarterly retrain: both models, the card, the gates; the challenger stands ready for leadership."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from icpfit.bundle import Bundle
from icpfit.config import Outcome
from icpfit.customers import Study, study_customers
from icpfit.cycle.bundling import expected_arr_of, make_bundle
from icpfit.cycle.cards import draw_cards, line_cards
from icpfit.cycle.challenge import gate_evidence
from icpfit.cycle.criteria import criteria_report, read_past
from icpfit.cycle.opened import Opened
from icpfit.cycle.paper import write_documents
from icpfit.cycle.report import card_report, combined_report, example_report, findings_report, outcome_report, refusals_report, rows_report
from icpfit.cycle.segmenting import check_named_segments, segments_of
from icpfit.cycle.stopwatch import Stopwatch
from icpfit.cycle.unseen import unseen_by
from icpfit.cycle.watch import findings_since
from icpfit.gates import Decision, Gate, Past, decide, judge
from icpfit.models.fit import Lender
from icpfit.models.leak_gain import fit_without_leaks
from icpfit.models.results import OutcomeResult
from icpfit.models.trials import TrialLog
from icpfit.registry import RetrainRecord, TrialFiles, Workspace, load_bundle, log_retrain, write_bundle
from icpfit.scorecard.assemble import card_of
from icpfit.scorecard.card import CardKind, Scorecard
from icpfit.scorecard.disqualify import check_disqualifiers, unmet_words
from icpfit.segments import in_brief, table_csv
from icpfit.training_set import TrainingSet
from icpfit.versioning import code_version, make_version

Progress = Callable[[str], None]

SEGMENTS_FILE = "segments.csv"


@dataclass(frozen=True)
class Learned:
    """What the data taught, before anything is written."""

    as_of: int
    version: str
    training: Mapping[Outcome, TrainingSet]
    results: Mapping[Outcome, OutcomeResult]
    cards: Mapping[CardKind, Scorecard]
    card: Scorecard | None
    metrics: Mapping[str, Any]
    bundle: Bundle | None
    """None unless there is a signal"""
    gates: tuple[Gate, ...] = ()
    decision: Decision | None = None
    """what the gates came to; None where nothing was judged"""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """by step; they stand in MLflow and in no document"""
    drift: tuple[Mapping[str, Any], ...] = ()
    """findings against the champion in force; none without one"""
    past: Past | None = None
    """past deals by the cards of their own time; None without a card"""
    lists: Mapping[str, str] = field(default_factory=dict)
    """CSV files of accounts to work from, by name, that go beside the documents"""


def learn(opened: Opened, as_of: int, progress: Progress = lambda _: None, log: TrialLog | None = None) -> Learned:
    """Train, backtest and distil; a pure function of the opened data, the configuration and the moment.

    With a ``log`` of trials that an earlier run of the same was cut off in, it goes on behind them, to the same end.
    """
    config, clock = opened.config, Stopwatch()
    check_named_segments(config, opened.specs)
    check_disqualifiers(config.scorecard.disqualifiers, opened.specs)
    training: dict[Outcome, TrainingSet] = {}
    results: dict[Outcome, OutcomeResult] = {}
    reports: dict[str, Any] = {}
    refused: list[dict[str, str]] = []
    suspects: list[dict[str, str]] = []
    lender: Lender | None = None
    for outcome in opened.outcomes:
        progress(f"{outcome}: building the training set, {_when(opened, as_of)}")
        data = opened.training_set(outcome, as_of)
        clock.lap(f"{outcome} training set")
        leaks, result = fit_without_leaks(data, config.training, progress, log, lender)
        clock.lap(f"{outcome} model")
        training[outcome], results[outcome] = data, result
        if outcome == "win" and result.model is not None:
            lender = Lender(data, frozenset(r.attribute for r in leaks.refused))
        reports[outcome] = outcome_report(data, result)
        refused += refusals_report(leaks.refused, data)
        suspects += refusals_report(leaks.suspects, data)
        progress(f"{outcome}: {result.words}")
    progress("making the scorecard")
    drawn, seed = draw_cards(opened, training, results, as_of), config.training.seed
    cards = {kind: card_of(one, seed=seed) for kind, one in drawn.items()}
    card = cards.get("icp") or cards.get("win") or cards.get("retention")
    clock.lap("scorecard")
    progress("looking at customers and losses")
    study = _customers(opened, training, results, card, as_of)
    clock.lap("customers and losses")
    progress("comparing segments")
    segments = segments_of(opened, training, results, as_of)
    clock.lap("segments")
    lines = line_cards(opened, training, results, next(iter(drawn.values()), None), segments, as_of, progress)
    clock.lap("cards of single lines")
    read = None
    if card is not None:
        progress("reading past deals by the cards of their own time")
        read = read_past(training, results, card.kind, config, study.customers if study is not None else None)
        clock.lap("criteria and past")
    first = results[opened.outcomes[0]]
    expected = expected_arr_of(opened, training, as_of) if first.model is not None and card is not None else None
    version = make_version(as_of, opened.fingerprint, config.fingerprint(), code_version(), config.training.seed)
    metrics: dict[str, Any] = {
        "company": config.company,
        "currency": config.currency,
        "as_of": opened.day(as_of),
        "version": version,
        "timing": next(iter(training.values())).timing,
        **combined_report(reports),
        "refused": refused,
        "suspects": suspects,
        "win": reports.get("win"),
        "retention": reports.get("retention"),
        "scorecard": card_report(card),
        "lines": {"trait": lines.trait, "values": list(lines.report)} if lines.report else None,
        "by_hand": example_report(card, next(iter(training.values()))),
        "customers": study.report if study is not None else None,
        "criteria": criteria_report(card, training, results, study, read, config) if card is not None else None,
        "segments": in_brief(segments),
        "rows": rows_report(opened.counts),
        "findings": findings_report(opened.lasting_findings),
        "current_state": [*opened.current_state(), *(expected.current_state if expected else ())],
        "notes": list(
            dict.fromkeys(
                [
                    *opened.too_early(as_of),
                    *(n for t in training.values() for n in t.notes),
                    *unmet_words(config.scorecard.disqualifiers, list(training.values())),
                    *(expected.words if expected else ()),
                ]
            )
        ),
    }
    bundle = None
    if expected is not None and card is not None:
        unseen = unseen_by(training, results, read, card)
        bundle = make_bundle(opened, as_of, version, training, results, cards, card, lines.cards, expected, metrics, unseen)
    lists = {**(study.lists if study is not None else {}), **({SEGMENTS_FILE: told} if (told := table_csv(segments)) else {})}
    return Learned(
        as_of, version, training, results, cards, card, metrics, bundle, seconds=clock.laps, lists=lists, past=read.past if read else None
    )


def retrain(opened: Opened, workspace: Workspace, as_of: int, progress: Progress = lambda _: None) -> Learned:
    """Learn, judge the challenger against the champion, write the bundle and the documents, log all, register.

    Without signal nothing is registered: the run and its document are recorded all the same. Killed while it
    tunes, it goes on behind the last batch of trials when it is run again on the same data, configuration and code.

    Raises:
        BusyError: another command is at work in this workspace.
    """
    with workspace.locked("retrain"):
        clock, trials = Stopwatch(), TrialFiles(workspace, progress)
        learned = learn(opened, as_of, progress, trials)
        clock.skip()
        bundle, champion = learned.bundle, load_bundle(workspace, "champion", missing_ok=True)
        if champion is not None:
            progress("looking for drift since the champion")
            learned = replace(learned, drift=tuple(findings_since(opened, champion, as_of, learned.card)))
            clock.lap("drift")
        if bundle is not None:
            progress("judging the challenger")
            challenger, against = gate_evidence(opened, learned, champion)
            gates = judge(challenger, against, opened.config.gates, seed=opened.config.training.seed)
            learned = replace(learned, gates=gates, decision=decide(gates, opened.config.gates))
            write_bundle(workspace, bundle)
        documents = write_documents(opened, learned, workspace.path / "documents" / learned.version)
        clock.lap("gates, bundle and documents")
        progress("writing the record to MLflow")
        log_retrain(workspace, _record(opened, learned, documents, {**learned.seconds, **clock.laps}))
        trials.clear()
        clock.lap("MLflow")
    return replace(learned, seconds={**learned.seconds, **clock.laps})


def _record(opened: Opened, learned: Learned, documents: Path, seconds: Mapping[str, float]) -> RetrainRecord:
    """What MLflow is told of the run."""
    return RetrainRecord(
        version=learned.version,
        metrics=learned.metrics,
        registered=learned.bundle is not None,
        gates=learned.gates,
        decision=learned.decision,
        documents=documents,
        trials={o: r.trials for o, r in learned.results.items()},
        datasets={o: (t.fingerprint, len(t.frame)) for o, t in learned.training.items()},
        drift=learned.drift,
        params={"seed": opened.config.training.seed, "trials": opened.config.training.trials},
        seconds=seconds,
    )


def retrain_report(learned: Learned) -> dict[str, Any]:
    """The answer to ``icpfit retrain --json``."""
    return {
        **learned.metrics,
        "registered": learned.bundle is not None,
        "gates": [g.values() for g in learned.gates],
        "promotable": learned.decision.promotable if learned.decision is not None else None,
        "seconds": round(sum(learned.seconds.values()), 2),
        "seconds_by_step": {k: round(v, 2) for k, v in learned.seconds.items()},
    }


def _when(opened: Opened, as_of: int) -> str:
    day = opened.day(as_of)
    return f"as of {day}" if day is not None else "no dates"


def _customers(
    opened: Opened,
    training: Mapping[Outcome, TrainingSet],
    results: Mapping[Outcome, OutcomeResult],
    card: Scorecard | None,
    as_of: int,
) -> Study | None:
    """A flat file has no tables of customers, and one row says one outcome."""
    if opened.warehouse is None:
        return None
    config = opened.config
    last = config.scorecard.tiers[-1]
    if last.share is None and card is not None:
        tiers = (
            *config.scorecard.tiers[:-1],
            last.model_copy(update={"share": card.tiers[-1].rows / max(sum(t.rows for t in card.tiers), 1)}),
        )
        config = config.model_copy(update={"scorecard": config.scorecard.model_copy(update={"tiers": tiers})})
    return study_customers(opened.warehouse, config, training, results, as_of)
