"""Attributes that know the outcome: refused by name, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score

from icpfit.config import FeatureSpec, LeakageAllowance
from icpfit.errors import ConfigError
from icpfit.features.account_query import field_of
from icpfit.features.checks import ACCOUNT_FIELDS
from icpfit.features.combine import made_of
from icpfit.models.results import Refusal
from icpfit.sources.leak_names import refused_by_meaning
from icpfit.training_set import TrainingSet
from icpfit.training_set.rewritten import Around

AS_IT_STANDS = ("value", "column")
"""Aggregates whose value is taken as the source holds it today. All others are computed as of a moment."""

TOO_GOOD_AUC = 0.90
SUSPECT_AUC = 0.80
FILL_GAP = 0.50
SUSPECT_FILL_GAP = 0.25
MIN_ROWS = 60
LATE_TIMES = 3
LATE_SHARE = 0.1
LATE_SIGMAS = 4
"""Of changes bunched after a close: how many times as often as before it, after what share of the deals, and how far beyond
chance, by which a change falls on either side alike."""


@dataclass(frozen=True, slots=True)
class Leaks:
    """``refused`` are not used; ``suspects`` are used, and named."""

    refused: tuple[Refusal, ...]
    suspects: tuple[Refusal, ...]


def find_leaks(training: TrainingSet, allow: tuple[LeakageAllowance, ...] = ()) -> Leaks:
    """Look at every attribute's name, its gaps, and its strength alone on later rows.

    Raises:
        ConfigError: an allowance names a feature that is not there.
    """
    allowed = {a.feature: a.why for a in allow}
    names = {s.name for s in training.specs}
    for feature in allowed:
        if feature not in names:
            raise ConfigError(
                f"training.allow names the feature {feature!r}, which is not declared", hint=f"the features are: {', '.join(sorted(names))}"
            )
    refused: list[Refusal] = []
    suspects: list[Refusal] = []
    for spec in training.specs:
        refusal, suspect = _judge(spec, training)
        if refusal is not None and spec.name in allowed:
            suspects.append(Refusal(spec.name, f"{refusal.reason}; allowed, since {allowed[spec.name]}", refusal.code))
        elif refusal is not None:
            refused.append(refusal)
        elif suspect is not None:
            suspects.append(suspect)
    return Leaks(tuple(refused), tuple(suspects))


def standing_parts(spec: FeatureSpec, training: TrainingSet) -> tuple[FeatureSpec, ...]:
    """Of what a feature is made of (itself alone, as a rule), that which is read as it stands today.

    A field that the configuration asks for as its history had it stands as it is where the company has no history of it.
    """
    parts = made_of(spec, (*training.specs, *training.helpers))
    return tuple(s for s in parts if s.aggregate in AS_IT_STANDS and not (s.history and field_of(s) in training.histories))


def _judge(spec: FeatureSpec, training: TrainingSet) -> tuple[Refusal | None, Refusal | None]:
    standing = standing_parts(spec, training)
    for part in standing:
        reason = refused_by_meaning((part.column or part.name, part.name), training.outcome)
        if reason is not None:
            return Refusal(spec.name, reason if part == spec else f"made of {part.name}: {reason}", "MEANING"), None
    refusal, suspect = _rewritten(spec, standing, training)
    if refusal is not None:
        return refusal, None
    refusal, stronger = _by_values(spec, bool(standing), training)
    return refusal, suspect or stronger


def _rewritten(spec: FeatureSpec, standing: tuple[FeatureSpec, ...], training: TrainingSet) -> tuple[Refusal | None, Refusal | None]:
    """What the history shows: a field that is rewritten once the deal is decided says how it was decided."""
    for part in made_of(spec, (*training.specs, *training.helpers)):
        history = training.histories.get(field_of(part) or "") if part.table == "accounts" else None
        if history is None or part.aggregate not in ACCOUNT_FIELDS:
            continue
        for which, around in (("won", history.won), ("lost", history.lost)):
            if not bunched(around):
                continue
            own = "" if part == spec else f"made of {part.name}: "
            words = (
                f"{own}its history shows it rewritten after {around.after:,} of {around.deals:,} {which} deals were closed, "
                f"and in as many weeks before the close of {around.before:,}"
            )
            if part in standing:
                return Refusal(spec.name, f"{words}; it is read as it stands today", "AFTER-OUTCOME"), None
            return None, Refusal(spec.name, f"{words}; it is read as it was before", "AFTER-OUTCOME")
    return None, None


def bunched(around: Around) -> bool:
    """Whether changes follow a close far more often than they go before one, beyond what chance does.

    >>> bunched(Around(deals=100, before=5, after=60)), bunched(Around(deals=100, before=30, after=60))
    (True, False)
    >>> bunched(Around(deals=8, before=0, after=8))  # eight changes may be a whim
    False
    """
    before, after = around.before, around.after
    often = after >= LATE_SHARE * around.deals and after >= LATE_TIMES * before
    return often and after - before >= LATE_SIGMAS * float(np.sqrt(after + before))


def _by_values(spec: FeatureSpec, stands: bool, training: TrainingSet) -> tuple[Refusal | None, Refusal | None]:
    label = training.label
    positives, negatives = int(label.sum()), int(len(label) - label.sum())
    if positives < 10 or negatives < 10 or len(label) < MIN_ROWS:
        return None, None
    values = training.frame[spec.name]
    known = values.notna().to_numpy()
    won, lost = float(known[label == 1].mean()), float(known[label == 0].mean())
    good, bad = ("won", "lost") if training.outcome == "win" else ("kept", "churned")
    gaps = f"known for {won:.0%} of {good} and {lost:.0%} of {bad}"
    if stands:
        if lost < 0.01 and won >= 0.10:
            return Refusal(spec.name, f"filled only when {good}: {gaps}", "WINNERS-ONLY"), None
        if won < 0.01 and lost >= 0.10:
            return Refusal(spec.name, f"filled only when {bad}: {gaps}", "AFTER-OUTCOME"), None
        if abs(won - lost) > FILL_GAP:
            return Refusal(spec.name, f"whether it is filled tells the outcome: {gaps}", "FILL-RATE"), None
    strength = single_attribute_auc(values, label, training.position)
    if strength > TOO_GOOD_AUC and stands:
        return Refusal(spec.name, f"too good to be true: alone it ranks later rows with AUC {strength:.2f}", "TOO-GOOD"), None
    if strength > SUSPECT_AUC:
        return None, Refusal(spec.name, f"unusually strong: alone it ranks later rows with AUC {strength:.2f}", "TOO-GOOD")
    if stands and abs(won - lost) > SUSPECT_FILL_GAP:
        return None, Refusal(spec.name, f"whether it is filled differs with the outcome: {gaps}", "FILL-RATE")
    return None, None


def single_attribute_auc(values: pd.Series, label: npt.NDArray[np.int8], position: npt.NDArray[np.int64]) -> float:
    """AUC on the later half of the rows, of rates learned per tenth or per text on the earlier half.

    Without times the halves are the even and the odd rows. A gap is a value of its own.
    """
    n = len(label)
    if position.min() == position.max():
        early = np.arange(n) % 2 == 0
    else:
        early = np.zeros(n, dtype=bool)
        early[np.argsort(position, kind="stable")[: n // 2]] = True
    if len(np.unique(label[early])) < 2 or len(np.unique(label[~early])) < 2:
        return 0.5
    cells = _cells(values, early)
    rates: Mapping[int, float]
    sums = pd.DataFrame({"cell": cells[early], "y": label[early]}).groupby("cell")["y"].agg(["sum", "count"])
    base = float(label[early].mean())
    smooth = (sums["sum"] + 5 * base) / (sums["count"] + 5)
    rates = {int(c): float(v) for c, v in smooth.items()}  # type: ignore[call-overload]
    score = np.array([rates.get(int(c), base) for c in cells[~early]])
    return float(roc_auc_score(label[~early], score))


def _cells(values: pd.Series, early: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Tenths of a number (cut on the early rows) or one cell per text; gaps are -1."""
    if values.dtype == object:
        codes, _ = pd.factorize(values)
        return np.asarray(codes, dtype=np.int64)
    numbers = values.to_numpy(np.float64)
    known = numbers[early & ~np.isnan(numbers)]
    if len(known) == 0:
        return np.full(len(numbers), -1)
    edges = np.unique(np.quantile(known, np.linspace(0.05, 0.95, 19)))
    cells = np.searchsorted(edges, numbers, side="right")
    return np.where(np.isnan(numbers), -1, cells)
