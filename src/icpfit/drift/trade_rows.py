"""Rows of two periods and what they are, as the findings of the trade compare them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from icpfit.drift.finding import Finding
from icpfit.drift.trade_power import more_words

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class TraitCodes:
    """What the rows are: ``code`` indexes ``values``; -1 = not known, ``len(values)`` = some other value that is not asked.

    ``ordered``: the values ascend, as sizes do. ``one`` says a value in words, with ``{}`` for it.
    """

    name: str
    label: str
    code: Ints
    values: tuple[str, ...]
    ordered: bool = False
    one: str = "{}"

    def __post_init__(self) -> None:
        if len(self.code) and (self.code.min() < -1 or self.code.max() > len(self.values)):
            raise ValueError(f"{self.name}: a code names none of its {len(self.values)} values")

    def words(self, value: int) -> str:
        """A value, or (below 0) all values from it on.

        >>> sizes = TraitCodes("size", "Employees", np.array([0]), ("1 to 10", "11 to 50", "51 to 200"), True, "accounts of {} employees")
        >>> sizes.words(1), sizes.words(-1), sizes.words(-2)
        ('accounts of 11 to 50 employees', 'accounts of 11 or more employees', 'accounts of 51 or more employees')
        """
        text = self.values[abs(value)]
        return self.one.format(text if value >= 0 or " to " not in text else f"{text.split(' to ')[0]} or more")

    def of(self, rows: Ints) -> TraitCodes:
        """The trait of some of the rows, in their order."""
        return replace(self, code=self.code[rows])


@dataclass(frozen=True)
class TwoPeriods:
    """Rows of two periods in the order of time: ids, accounts as numbers, which came now. ``what``: "new deals"; ``when``: "created
    since 2026-01-01"."""

    row_id: Texts
    account: Ints
    now: Bools
    what: str
    when: str

    def __post_init__(self) -> None:
        if not len(self.row_id) == len(self.account) == len(self.now):
            raise ValueError("each row has an id, an account and a period")

    @property
    def sizes(self) -> tuple[int, int]:
        return int((~self.now).sum()), int(self.now.sum())

    @property
    def cohort(self) -> str:
        before, now = self.sizes
        return f"{now:,} {self.what} {self.when}, beside {before:,} before"


def cannot_tell(code: str, subject: str, rows: TwoPeriods, now: int, before: int) -> Finding:
    """What is asked of too few rows: how many of each there are, and how many are needed."""
    there, there_now = rows.sizes
    lacking = max(now - there_now, 0)
    counted = f"{there_now:,} {rows.what} {rows.when} and {there:,} before, and {now:,} and {before:,} are needed"
    words = f"{subject}: cannot tell; {counted}" + (f": {more_words(lacking, rows.what)}" if lacking else "")
    numbers = (None, None, None, None, there, there_now, False, words)
    return Finding(code, subject, *numbers, power=0.0, needed=lacking or None, cohort=rows.cohort)


def side_by_side(codes: Sequence[Ints], traits: Sequence[TraitCodes]) -> tuple[Ints, Ints, Ints]:
    """The codes of several traits as columns of one count: (rows, traits), and where the columns of each begin and how many there are:
    what is not known, the values, all others.

    >>> region = TraitCodes("region", "Region", np.array([0, -1]), ("EU", "US"))
    >>> [part.tolist() for part in side_by_side([region.code, region.code], [region, region])]
    [[[1, 5], [0, 4]], [0, 4], [4, 4]]
    """
    widths = np.array([len(t.values) + 2 for t in traits], dtype=np.int64)
    starts = np.cumsum(widths) - widths
    return np.column_stack([c + 1 + s for c, s in zip(codes, starts, strict=True)]), starts, widths
