"""What the pictures of drift show, as plain values: counted where the data is, drawn where the page is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from icpfit.config import Layer, Outcome
from icpfit.criteria.shares import Share

Ranged = tuple[float, float, float]
"""a value with its 90 % interval: (value, low, high)"""


@dataclass(frozen=True, slots=True)
class ThenNow:
    """One attribute: the share of rows in each band of it, then and now. Either side's shares sum to 1."""

    label: str
    bands: tuple[tuple[str, float, float], ...]
    """(words, share then, share now)"""
    n_then: int
    n_now: int
    alarm: bool

    def __post_init__(self) -> None:
        for side in (1, 2):
            total = sum(float(b[side]) for b in self.bands)
            if not math.isclose(total, 1.0, abs_tol=1e-6):
                raise ValueError(f"{self.label}: every row stands in one band, and the shares sum to {total}")


@dataclass(frozen=True, slots=True)
class Period:
    """A quarter of creation: what came of its rows, and what the profile in force says of them.

    ``newer``: most of them are of months that it had learned nothing from. A quarter without rows has no rate.
    """

    name: str
    seen: Share
    expected: float | None
    newer: bool

    def __post_init__(self) -> None:
        if (self.expected is None) != (self.seen.rows == 0):
            raise ValueError(f"{self.name}: of {self.seen.rows} rows, {self.expected} are expected")


@dataclass(frozen=True, slots=True)
class Periods:
    """Quarters one after the other, none left out. ``trained``: the day, ``at``: its place in quarters, the first one's middle being 0."""

    periods: tuple[Period, ...]
    trained: str
    at: float


@dataclass(frozen=True, slots=True)
class Worth:
    """What an attribute of the card is worth, in points; None where a side does not ask it."""

    label: str
    then: Ranged | None
    now: Ranged | None


@dataclass(frozen=True, slots=True)
class CardThenNow:
    """``by`` cards: the most points that each gives on the card in force and on the newest one. ``by`` deals: the points that
    it sets good ones above the others, of the rows before and of the newer ones. ``newest``: the version of the newest card."""

    by: Literal["cards", "deals"]
    rows: tuple[Worth, ...]
    newest: str = ""


@dataclass(frozen=True, slots=True)
class LayersAt:
    """The layers' weights of one version of the profile, in points of 100."""

    day: str
    learned: Mapping[Layer, int]
    assumed: Mapping[Layer, int]


@dataclass(frozen=True, slots=True)
class DriftPictures:
    """Everything that is drawn of drift; what there is no data for is empty or None."""

    outcome: Outcome
    features: tuple[ThenNow, ...] = ()
    rates: Periods | None = None
    card: CardThenNow | None = None
    layers: tuple[LayersAt, ...] = ()
    """oldest first"""
