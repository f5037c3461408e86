"""What a challenger must show before leadership is asked. Pure functions: the same evidence, the same answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from icpfit.config import GateSettings
from icpfit.gates.gate import FEW, Gate, answered
from icpfit.gates.paired import auc_difference, calibration_slope
from icpfit.gates.past import Past, retrospective_recall, reverse_validation
from icpfit.gates.titles import title_of
from icpfit.plural import counted

if TYPE_CHECKING:  # its module imports the models' libraries, and signing off does not need them
    from icpfit.models.results import EvidenceLevel, Verdict

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decision:
    """``promotable``: leadership may be asked. ``reasons`` say why not; ``warnings`` what to look at all the same."""

    promotable: bool
    reasons: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Challenger:
    """What the challenger shows by itself.

    ``label``, ``probability`` and ``account`` are its backtest's predictions, all later than their
    models (win, or the only outcome). ``attributes`` are in a model or on a card; ``refused`` may not be;
    where there are two outcomes, both name it beside the attribute. ``past``: what cards made without them say of
    past deals.
    """

    verdict: Verdict
    evidence: EvidenceLevel
    wins: int
    label: Floats
    probability: Floats
    account: npt.NDArray[np.object_]
    card_spearman: float
    card_rows: int
    attributes: tuple[str, ...]
    refused: tuple[str, ...]
    past: Past = field(default_factory=Past)


@dataclass(frozen=True)
class Against:
    """The champion's frozen bundle against the challenger's recipe refitted at each fold's origin.

    One entry per deal created after the champion's as-of date whose label is known: ``label``,
    ``champion`` and ``challenger`` (probabilities), ``account``. ``tiers_then`` and ``tiers_now``: the
    tier of each known account by the champion's card and by the challenger's, as of the same moment.
    """

    version: str
    label: Floats
    champion: Floats
    challenger: Floats
    account: npt.NDArray[np.object_]
    tiers_then: tuple[str, ...] = ()
    tiers_now: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.label) == len(self.champion) == len(self.challenger) == len(self.account):
            raise ValueError("label, champion, challenger and account have one entry each per deal")
        if len(self.tiers_then) != len(self.tiers_now):
            raise ValueError("each account has a tier then and a tier now")


def judge(
    challenger: Challenger, champion: Against | None, settings: GateSettings, *, seed: int = 0, resamples: int = 1000
) -> tuple[Gate, ...]:
    """Every gate's answer, in a fixed order. ``champion`` is None when no version is in force yet.

    ``seed`` and ``resamples`` are those of the bootstraps, which draw whole accounts.
    """
    return (
        _evidence(challenger),
        _signal(challenger),
        _no_worse(champion, settings, seed, resamples),
        _calibration(challenger, settings),
        _card_fidelity(challenger, settings),
        _leakage_clean(challenger),
        _tier_stability(champion, settings),
        reverse_validation(challenger.past, settings),
        retrospective_recall(challenger.past, settings),
    )


def decide(gates: tuple[Gate, ...], settings: GateSettings) -> Decision:
    """Whether leadership may be asked: no binding gate failed, and none that cannot tell, if those must not pass."""
    reasons: list[str] = []
    warnings: list[str] = []
    for gate in gates:
        said = f"{title_of(gate.gate)}: {gate.words}"
        if gate.answer == "failed":
            (reasons if gate.binding else warnings).append(said)
        elif gate.answer == "cannot tell":
            (reasons if gate.binding and not settings.cannot_tell_passes else warnings).append(said)
    return Decision(not reasons, tuple(reasons), tuple(warnings))


def _evidence(c: Challenger) -> Gate:
    words = f"{c.evidence}, with {counted(c.wins, 'win')} to learn from"
    return answered("evidence", c.evidence != "patterns only", {"level": c.evidence, "wins": c.wins}, words)


def _signal(c: Challenger) -> Gate:
    words = f"the verdict of the test whether it could be luck: {c.verdict}"
    return answered("signal", c.verdict == "signal", {"verdict": c.verdict}, words)


def _no_worse(a: Against | None, settings: GateSettings, seed: int, resamples: int) -> Gate:
    name, margin = "no_worse", settings.non_inferiority_auc
    if a is None:
        return answered(name, "not applicable", {"margin": margin}, "no version is in force to compare with")
    rows, positives = len(a.label), int(np.sum(a.label == 1))
    numbers: dict[str, Any] = {"against": a.version, "rows": rows, "positives": positives, "margin": margin}
    if rows < settings.min_matured_rows or not 0 < positives < rows:
        needed = settings.min_matured_rows
        words = f"{counted(rows, 'deal')} closed since {a.version}, {positives:,} of them won; {needed} with both outcomes are needed"
        return answered(name, "cannot tell", numbers, words)
    d = auc_difference(a.label, a.champion, a.challenger, a.account, seed=seed, resamples=resamples)
    numbers |= {"auc_champion": d.first, "auc_challenger": d.second, "difference": d.difference, "low": d.low, "high": d.high}
    span = f"difference {d.difference:+.3f} [{d.low:+.3f}, {d.high:+.3f}]"
    said = f"AUC {d.second:.3f} against the champion's {d.first:.3f} on {rows:,} deals; {span}"
    if d.low >= -margin:
        return answered(name, True, numbers, f"{said}: no worse")
    if d.difference < -margin and d.high < 0:
        return answered(name, False, numbers, f"{said}: worse by more than noise")
    return answered(name, "cannot tell", numbers, f"{said}: the noise is too wide to rule out a loss of {margin:.3f}")


def _calibration(c: Challenger, settings: GateSettings) -> Gate:
    name, (low, high) = "calibration", settings.calibration_slope
    rows, positives = len(c.label), int(np.sum(c.label == 1))
    numbers: dict[str, Any] = {"rows": rows, "positives": positives, "from": low, "to": high}
    if rows < settings.min_matured_rows or not 0 < positives < rows:
        return answered(
            name,
            "cannot tell",
            numbers,
            f"{counted(rows, 'tested deal')}, {positives:,} of them won; {settings.min_matured_rows} are needed",
        )
    fit = calibration_slope(c.label, c.probability, c.account)
    if fit is None:
        return answered(
            name, "cannot tell", numbers, "the predicted chances are all alike, or part the outcomes wholly: nothing to compare them by"
        )
    slope, error = fit
    numbers |= {"slope": slope, "slope_low": slope - 1.645 * error, "slope_high": slope + 1.645 * error}
    span = f"{slope:.2f} ({numbers['slope_low']:.2f} to {numbers['slope_high']:.2f})"
    said = f"real chances rise with the predicted ones at a rate of {span}; 1 is right, {low:g} to {high:g} is allowed"
    if low <= slope <= high:
        return answered(name, True, numbers, said)
    if numbers["slope_high"] < low or numbers["slope_low"] > high:
        return answered(name, False, numbers, f"{said}: outside by more than noise")
    return answered(name, "cannot tell", numbers, f"{said}: outside, but not by more than noise")


def _card_fidelity(c: Challenger, settings: GateSettings) -> Gate:
    numbers = {"spearman": None if np.isnan(c.card_spearman) else c.card_spearman, "least": settings.min_card_spearman, "rows": c.card_rows}
    if np.isnan(c.card_spearman) or c.card_rows < settings.min_matured_rows:
        return answered("card_fidelity", "cannot tell", numbers, f"card and model were compared on {counted(c.card_rows, 'row')} only")
    words = (
        f"card and model agree in rank by {c.card_spearman:.2f} on {c.card_rows:,} rows; at least {settings.min_card_spearman:g} is asked"
    )
    return answered("card_fidelity", c.card_spearman >= settings.min_card_spearman, numbers, words)


def _leakage_clean(c: Challenger) -> Gate:
    inside = sorted(set(c.attributes) & set(c.refused))
    words = f"refused and yet in use: {', '.join(inside)}" if inside else f"no refused attribute is in use (refused: {len(set(c.refused))})"
    return answered("leakage_clean", not inside, {"refused": len(set(c.refused)), "in_use": inside}, words)


def _tier_stability(a: Against | None, settings: GateSettings) -> Gate:
    name, most = "tier_stability", settings.max_tier_moves
    if a is None:
        return answered(name, "not applicable", {"most": most}, "no version is in force to compare with")
    n = len(a.tiers_then)
    moved = sum(then != now for then, now in zip(a.tiers_then, a.tiers_now, strict=True))
    numbers = {"against": a.version, "accounts": n, "moved": moved, "share": moved / n if n else None, "most": most}
    if n < FEW:
        return answered(name, "cannot tell", numbers, f"accounts with both tiers: {n:,}; {FEW} are needed")
    return answered(
        name, moved / n <= most, numbers, f"{moved:,} of {n:,} accounts ({moved / n:.0%}) change tier; at most {most:.0%} allowed"
    )
