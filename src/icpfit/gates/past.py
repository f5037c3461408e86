"""The card beside its own past: do wins score high, and those who stayed above those who left?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from icpfit.config import GateSettings
from icpfit.gates.gate import FEW, Gate, answered
from icpfit.plural import counted

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

LINES = {"A": "A", "B": "A or B", "C": "A to C"}
"""the lines between tiers, by the lowest tier above each, and who stands above them"""


def _none() -> Floats:
    return np.zeros(0)


def _no_text() -> Texts:
    return np.zeros(0, dtype=object)


@dataclass(frozen=True)
class Past:
    """Past deals, each read by a card that was made without it.

    One entry per deal, oldest period first: the tested ``period`` (a quarter, or a group of accounts), ``points``,
    ``tier``, ``won`` (1 or 0) and ``stayed`` (1, 0, or NaN: no customer, or not known yet). ``wins`` and
    ``customers`` count all that the training data holds, read or not. ``earlier``: each card was made before the
    deals that it reads were created; else from other accounts alone. ``foresight``: its part on staying knew later
    customers all the same. ``overlap``: how the strongest customers stood beside those who left, in numbers of their own.
    """

    period: Texts = field(default_factory=_no_text)
    points: Floats = field(default_factory=_none)
    tier: Texts = field(default_factory=_no_text)
    won: Floats = field(default_factory=_none)
    stayed: Floats = field(default_factory=_none)
    wins: int = 0
    customers: int = 0
    earlier: bool = True
    foresight: bool = False
    overlap: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.period) == len(self.points) == len(self.tier) == len(self.won) == len(self.stayed):
            raise ValueError("each past deal has a period, points, a tier, and what became of it")

    @property
    def periods(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.period.tolist()))


def reverse_validation(past: Past, settings: GateSettings) -> Gate:
    """Mean points of customers who stayed and who left, compared within each period: cards of two periods count differently."""
    name, binding = "reverse_validation", settings.binding_warnings
    kept = _by_period(past, past.points, past.stayed == 1)
    churned = _by_period(past, past.points, past.stayed == 0)
    both = [p for p in past.periods if len(kept[p]) and len(churned[p])]
    n_kept, n_churned = sum(len(kept[p]) for p in both), sum(len(churned[p]) for p in both)
    unread = past.customers - n_kept - n_churned
    numbers: dict[str, Any] = {"kept": n_kept, "churned": n_churned, "not_judged": unread, "least": settings.min_reverse_gap}
    if past.overlap:
        numbers["overlap"] = dict(past.overlap)
    rest = _rest(unread, "customer", both, "compared")
    if min(n_kept, n_churned) < FEW:
        few = f"{counted(n_kept, 'customer')} who stayed and {n_churned:,} who left"
        words = f"{few} can be {_made(past, 'their deals')}; {FEW} of each are needed"
        return answered(name, "cannot tell", numbers, words + rest, binding)
    # A period weighs as much as the difference of its two means can be trusted.
    weight = np.array([1 / (1 / len(kept[p]) + 1 / len(churned[p])) for p in both])
    mean_kept, mean_churned = (float(np.average([side[p].mean() for p in both], weights=weight)) for side in (kept, churned))
    gap = mean_kept - mean_churned
    numbers |= {"mean_kept": mean_kept, "mean_churned": mean_churned, "gap": gap}
    words = (
        f"{n_kept:,} customers who stayed have {mean_kept:.1f} points, {n_churned:,} who left {mean_churned:.1f},"
        f" {_made(past, 'their deals')}"
    )
    return answered(name, gap >= settings.min_reverse_gap, numbers, words + rest, binding)


def retrospective_recall(past: Past, settings: GateSettings) -> Gate:
    """Share of past wins above each line between tiers, in all and by period."""
    name, most, binding = "retrospective_recall", settings.max_wins_below_line, settings.binding_warnings
    won = _by_period(past, past.tier, past.won == 1)
    tiers = np.concatenate([_no_text(), *won.values()])
    wins, below = len(tiers), int((tiers == "D").sum())
    unread = past.wins - wins
    numbers: dict[str, Any] = {"wins": wins, "below": below, "share": below / wins if wins else None, "not_judged": unread, "most": most}
    rest = _rest(unread, "win", [p for p in past.periods if len(won[p])], "tested")
    if wins < FEW:
        words = f"{counted(wins, 'past win')} can be {_made(past, 'them')}; {FEW} are needed"
        return answered(name, "cannot tell", numbers, words + rest, binding)
    above = _above(tiers)
    numbers |= {"above": above, "by_period": {p: {"wins": len(t), "above": _above(t)} for p, t in won.items() if len(t)}}
    numbers["scored"] = _made(past, "them")
    reach = ", ".join(f"{above[line]:.0%} {who}" for line, who in LINES.items())
    words = (
        f"{wins:,} past wins, {_made(past, 'them')}: {reach}; {below:,} ({below / wins:.0%}) fall into tier D,"
        f" and more than {most:.0%} would mean that the weights are off"
    )
    return answered(name, below / wins <= most, numbers, words + rest, binding)


def _by_period(past: Past, values: npt.NDArray[Any], inside: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[Any]]:
    return {p: values[inside & (past.period == p)] for p in past.periods}


def _above(tiers: Texts) -> dict[str, float]:
    """Share at or above A, B and C.

    >>> _above(np.array(["A", "B", "D", "D"], dtype=object))
    {'A': 0.25, 'B': 0.5, 'C': 0.5}
    """
    return {line: float((tiers <= line).mean()) for line in LINES}


def _made(past: Past, them: str) -> str:
    if past.earlier:
        said = f"scored by the card that was made before each of {them} was created"
    else:
        said = "scored by a card that was made from other accounts alone (none could be made and tested forward in time)"
    return said + (", but for its part on staying, which knew later customers" if past.foresight else "")


def _rest(n: int, what: str, periods: list[str], verb: str) -> str:
    """Those that are not judged are counted, and the periods of the others are named.

    >>> _rest(7, "win", ["2024Q4", "2025Q1"], "tested")
    '; 7 more wins are not judged: only those of 2024Q4 to 2025Q1 are tested'
    >>> _rest(1, "win", [], "tested")
    '; 1 more win is not judged: none is tested'
    """
    if n <= 0:
        return ""
    said = f"; {counted(n, f'more {what}')} {'is' if n == 1 else 'are'} not judged"
    if not periods:
        return f"{said}: none is {verb}"
    span = periods[0] if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"
    return f"{said}: only those of {span} are {verb}"
