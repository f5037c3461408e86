"""Which rows of a flat file cannot be used, why, and one example of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.errors import SourceError
from icpfit.moments import DAY, Micros, day_text, is_for_ever
from icpfit.sources.phrases import FOR_EVER_HINT, UNREADABLE, for_ever
from icpfit.sources.rows import DataFinding, LeftOut, RowCount

TABLE = "flat"
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Marked:
    reason: str
    column: str | None
    rows: int
    words: str


@dataclass
class Faults:
    """Collects reasons; a row keeps its first. Faults count towards ``max_left_out``, rows set aside do not."""

    place: str
    row: npt.NDArray[np.int64]
    key: pd.Series
    broken: tuple[int, ...]
    reasons: npt.NDArray[np.object_] = field(init=False)
    aside: set[str] = field(default_factory=set)
    marked: list[_Marked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reasons = np.full(len(self.row), None, dtype=object)
        if self.broken:
            hint = "They do not have as many cells as the header, or a quote is not closed where it should be."
            self._note(UNREADABLE, None, len(self.broken), f"row {self.broken[0]:,}", hint)

    @property
    def rows_in(self) -> int:
        return len(self.row) + len(self.broken)

    @property
    def good(self) -> Mask:
        return np.array([r is None for r in self.reasons], dtype=np.bool_)

    def mark(self, reason: str, rows: Mask, column: str | None = None, frame: pd.DataFrame | None = None, hint: str = "") -> None:
        """Rows with a fault. With ``frame`` the example shows the cell of ``column``."""
        new = np.flatnonzero(rows & self.good)
        if not len(new):
            return
        self.reasons[new] = reason
        example = self._example(int(new[0]))
        if frame is not None and column is not None:
            example += f": {column} {frame[column].iloc[new[0]][:60]!r}"
        elif column is not None:
            example += f": {column} is empty"
        self._note(reason, column, len(new), example, hint)

    def set_aside(self, reason: str, rows: Mask) -> int:
        """Rows that are well, and left out because the configuration says so; how many."""
        new = rows & self.good
        self.reasons[new] = reason
        if new.any():
            self.aside.add(reason)
        return int(new.sum())

    def count(self) -> RowCount:
        return RowCount(TABLE, self.rows_in, int(self.good.sum()), self._by_reason())

    def left_out(self) -> LeftOut:
        """One row per row left out, in the file's order."""
        out = ~self.good
        keys = self.key.astype(object).to_numpy()
        rows = pd.DataFrame({"row": self.row[out], "key": [k or None for k in keys[out]], "reason": self.reasons[out]})
        broken = pd.DataFrame({"row": np.asarray(self.broken, dtype=np.int64), "key": None, "reason": UNREADABLE})
        both = [part.astype({"key": object, "reason": object}) for part in (rows, broken) if len(part)] or [rows]
        return LeftOut(TABLE, pd.concat(both).sort_values("row", ignore_index=True))

    def findings(self) -> tuple[DataFinding, ...]:
        """One per reason and column, with the count and one example."""
        out = []
        for m in self.marked:
            code = "ROWS-" + m.reason.upper().replace(" ", "-").replace("_", "-")
            out.append(DataFinding(code, "note" if m.reason == "exact copy" else "warning", TABLE, m.words, m.rows))
        return tuple(out)

    def refuse_too_many(self, max_left_out: float) -> None:
        """Raises SourceError where the rows with faults are more than the configuration bears, or all."""
        set_aside = sum(n for reason, n in self._by_reason().items() if reason in self.aside)
        counted = self.rows_in - set_aside
        faulty = counted - int(self.good.sum())
        if not faulty:
            return
        if faulty == counted:
            raise SourceError(f"{self.place}: none of its {counted:,} rows can be used, mostly '{self.most()}'", hint=self.example())
        if faulty / counted > max_left_out:
            raise SourceError(
                f"{self.place}: {faulty:,} of {counted:,} rows ({faulty / counted:.1%}) cannot be used, more than max_left_out "
                f"({max_left_out:.0%}), mostly '{self.most()}'",
                hint=self.example(),
            )

    def most(self) -> str:
        """The reason of most rows."""
        reasons = self._by_reason()
        return max(reasons, key=lambda r: (reasons[r], r))

    def example(self) -> str | None:
        return max(self.marked, key=lambda m: (m.rows, m.reason)).words if self.marked else None

    def _by_reason(self) -> dict[str, int]:
        counted = pd.Series(self.reasons[~self.good], dtype=object).value_counts().sort_index()
        by_reason = {str(reason): int(n) for reason, n in counted.items()}
        return {**by_reason, UNREADABLE: len(self.broken)} if self.broken else by_reason

    def _example(self, i: int) -> str:
        key = self.key.iloc[i]
        return f"row {self.row[i]:,}" + (f", {key!r}" if key else "")

    def _note(self, reason: str, column: str | None, rows: int, example: str, hint: str) -> None:
        were = "It was left out." if rows == 1 else "They were left out."
        words = f"{self.place}: {rows:,} of {self.rows_in:,} rows: {reason}, e.g. {example}. {were} {hint}".strip()
        self.marked.append(_Marked(reason, column, rows, words))


FAR = 30 * DAY


def refuse_far_newest(
    place: str, row: npt.NDArray[np.int64], clocks: Mapping[str, tuple[npt.NDArray[np.int64], Mask]], good: Mask
) -> Micros | None:
    """The newest moment of the clocks, or None where there is none.

    Raises:
        SourceError: it lies more than 30 days after the 99.9th percentile of its column, or stands for "for ever".
    """
    newest: list[Micros] = []
    for clock, (micros, known) in clocks.items():
        told = good & known
        if not told.any():
            continue
        days = micros[told] / DAY
        last = int(np.argmax(days))
        if is_for_ever(int(micros[told][last])):
            raise SourceError(for_ever(place, clock, int(row[told][last]), int(micros[told][last])), hint=FOR_EVER_HINT)
        nearly = float(np.quantile(days, 0.999))
        if days[last] - nearly > FAR / DAY:
            raise SourceError(
                f"{place}: {clock} in row {row[told][last]:,} is {day_text(int(micros[told][last]))}, more than 30 days after"
                f" 99.9 % of its {int(told.sum()):,} times ({day_text(int(nearly * DAY))})",
                hint="mend or remove that row: the newest time decides what counts as known",
            )
        newest.append(int(micros[told][last]))
    return max(newest, default=None)
