"""One outcome, from training set to verdict: folds, recipe, backtest, signal, model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from icpfit.config import TrainingSettings
from icpfit.models.backtest import run_backtest
from icpfit.models.booster import Attributes
from icpfit.models.borrowed import NOTHING, Borrowed, Lending, lend, with_borrowed
from icpfit.models.calibrate import fit_calibration
from icpfit.models.evidence import NOUN, OTHER, shrunken_rate, too_little, weigh_evidence
from icpfit.models.folds import FoldPlan, plan_folds, sample_accounts
from icpfit.models.local_weights import gates_of
from icpfit.models.looks import look_for_signal
from icpfit.models.matrix import Matrix, build_matrix, matrix_like
from icpfit.models.recipe_model import as_model, learn
from icpfit.models.results import ALPHA, Backtest, FittedModel, OutcomeResult, Refusal, SignalTest
from icpfit.models.selection import judge_merit
from icpfit.models.trials import TrialLog
from icpfit.models.tuning import Tuned, tune
from icpfit.plural import counted
from icpfit.training_set import TrainingSet

THREADS = 2
NOUNS = {"win": "deals", "retention": "customers"}


def fit_outcome(
    training: TrainingSet,
    settings: TrainingSettings,
    *,
    refused: tuple[Refusal, ...] = (),
    suspects: tuple[Refusal, ...] = (),
    progress: Callable[[str], None] | None = None,
    threads: int = THREADS,
    log: TrialLog | None = None,
    lender: Lender | None = None,
) -> OutcomeResult:
    """All there is to say of one outcome.

    Refused attributes are not looked at; suspects are used and passed on. The result is the same to the
    byte for the same training set (in any order of rows), settings and seed, with any number of threads,
    unless ``settings.minutes`` ends tuning early; and the same when it was cut off and a ``log`` kept its trials.
    """
    say = progress or (lambda _: None)
    wins = int(training.label.sum())
    evidence = weigh_evidence(wins, len(training.label) - wins)
    rate, low, high = shrunken_rate(wins, len(training.label))
    empty = OutcomeResult(
        outcome=training.outcome,
        verdict="too little data",
        words="",
        evidence=evidence,
        refused=refused,
        suspects=suspects,
        dropped={},
        base_rate=rate,
        base_rate_low=low,
        base_rate_high=high,
    )
    if (short := too_little(training.outcome, evidence, settings.min_train_rows)) is not None:
        return replace(empty, words=short)
    matrix, dropped = build_matrix(training, frozenset(r.attribute for r in refused))
    empty = replace(empty, dropped=dropped)
    if not matrix.names:
        return replace(empty, words="no attribute is left to learn from: all are refused, empty or the same in every row")
    plan = plan_folds(matrix, settings)
    if plan is None:
        return replace(empty, words="the two outcomes are too unevenly spread to train and test on different accounts")
    lending = _lending(matrix, plan, lender, settings, threads)
    tuned = _tune(matrix, plan, settings, lending, threads, say, log)
    folds = ("later period", "later periods") if plan.forward else ("group of accounts", "groups of accounts")
    say(f"{training.outcome}: testing on {counted(len(plan.backtest), *folds)}")
    backtest = run_backtest(matrix, plan, training.outcome, tuned, settings, lending, threads)
    signal = look_for_signal(matrix, plan, backtest, tuned, settings, threads, lent=lending.now is not None)
    tested = replace(empty, backtest=backtest, signal=signal, trials=tuned.trials, tuning=tuned.tuning)
    if not signal.p_value <= ALPHA:
        return replace(tested, verdict="no signal", words=_words(training, plan, tuned, signal, found=False))
    say(f"{training.outcome}: the final model")
    model, merit_dropped = _final(matrix, backtest, tuned, training, settings, lending.now)
    return replace(
        tested,
        verdict="signal",
        words=_words(training, plan, tuned, signal, found=True),
        model=model,
        dropped={**dropped, **merit_dropped},
    )


@dataclass(frozen=True)
class Lender:
    """Another outcome that this one may begin with: its training set, and what was refused there."""

    training: TrainingSet
    refused: frozenset[str]


def _lending(matrix: Matrix, plan: FoldPlan, lender: Lender | None, settings: TrainingSettings, threads: int) -> Lending:
    """Only forward in time: there, what was known of the other outcome when a fold began is known too."""
    if lender is None or not plan.forward or matrix.timing != "dated" or lender.training.timing != "dated":
        return NOTHING
    other = matrix_like(matrix, lender.training, lender.refused)
    return lend(matrix, other, plan.backtest, seed=settings.seed, max_rows=settings.max_rows_tuning, threads=threads)


def _tune(
    matrix: Matrix,
    plan: FoldPlan,
    settings: TrainingSettings,
    lending: Lending,
    threads: int,
    say: Callable[[str], None],
    log: TrialLog | None,
) -> Tuned:
    kept = sample_accounts(matrix, settings.max_rows_tuning, settings.seed)
    folds = plan.tuning if kept.all() else tuple(f.within(kept) for f in plan.tuning)
    return tune(
        matrix,
        folds,
        rows=int(np.median([len(f.train) for f in plan.backtest])),
        trials=settings.trials,
        minutes=settings.minutes,
        seed=settings.seed,
        threads=threads,
        max_rows=settings.max_rows_tuning,
        lending=lending,
        progress=say,
        log=log,
    )


def _final(
    matrix: Matrix, backtest: Backtest, tuned: Tuned, training: TrainingSet, settings: TrainingSettings, borrowed: Borrowed | None
) -> tuple[FittedModel, dict[str, str]]:
    """The recipe on all labelled rows, its margin calibrated by the backtest's out-of-fold margins."""
    rows = np.arange(len(matrix))
    merit = judge_merit(matrix, rows, matrix.y, seed=settings.seed, max_rows=settings.max_rows_tuning)
    columns = with_borrowed(merit.columns(tuned.recipe.attributes), borrowed)
    gates = gates_of(matrix, columns, settings.segments)
    learned = learn(matrix, rows, matrix.y, columns, tuned.recipe, gates=gates, borrowed=borrowed, seed=settings.seed)
    seen = backtest.predictions
    at = matrix.places(seen["row"].to_numpy())
    calibration = fit_calibration(
        seen["margin"].to_numpy(np.float64),
        seen["label"].to_numpy(np.float64),
        matrix.account[at],
        matrix.period[at],
        draws=settings.bootstrap,
        seed=settings.seed,
    )
    model = as_model(matrix, training.outcome, learned, columns, tuned.recipe, calibration, matrix.y, settings.seed)
    level: Attributes = tuned.recipe.attributes
    dropped: dict[str, str] = {}
    if level != "all":
        for c in range(len(matrix.names)):
            if c in merit.some and c not in columns:
                dropped[matrix.names[c]] = "tells little beyond chance once the other attributes are known"
            elif c not in columns:
                dropped[matrix.names[c]] = "tells no more than a shuffled copy of itself"
    return model, dropped


def _words(training: TrainingSet, plan: FoldPlan, tuned: Tuned, signal: SignalTest, *, found: bool) -> str:
    noun, other = NOUN[training.outcome], OTHER[training.outcome]
    fixed = not tuned.trials or len(signal.quarters) > len(plan.final)
    where = ("all tested periods" if fixed else "the newest periods") if plan.forward else "groups of accounts"
    where += ", with settings fixed beforehand" if fixed else " that had no part in choosing its settings"
    if signal.associated:
        first = _words_of_few(NOUNS[training.outcome], signal, found=found)
    elif found:
        first = (
            f"On {where}, the model tells {noun} from {other} better than chance "
            f"(AUC {signal.auc:.3f}, p = {signal.p_value:.3g}, {signal.rows:,} rows)."
        )
    else:
        first = (
            f"On {where}, the model does not tell {noun} from {other} better than chance would "
            f"(AUC {signal.auc:.3f}, p = {signal.p_value:.3g}, {signal.rows:,} rows), so no profile is offered."
        )
    notes = [n[0].upper() + n[1:] + "." for n in plan.notes]
    if not tuned.tuning.complete:
        notes.append(f"Tuning did {tuned.tuning.words}; on another machine, or another day, it may do more or fewer and differ.")
    return " ".join([first, *notes])


def _words_of_few(nouns: str, signal: SignalTest, *, found: bool) -> str:
    asked = f"Too few {nouns} could be held back to tell anything by them, so all {signal.associated:,} were asked together: "
    if not found:
        return (
            f"{asked}it could not be shown that the outcome is tied to what is known of them, since outcomes dealt by lot seem "
            f"as closely tied with probability {signal.p_value:.3g} (at most {ALPHA:g} is asked), so no profile is offered."
        )
    return (
        f"{asked}the outcome is tied to what is known of them more closely than luck would have it (p = {signal.p_value:.3g}). "
        f"How well the model ranks {nouns} that it had not seen is known roughly: AUC {signal.auc:.3f} on {signal.rows:,}."
    )
