"""When the rows of a flat file were created and closed, each column read by its own form of dates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import FlatSource
from icpfit.moments import DAY, Micros
from icpfit.sources.flat_faults import TABLE, Faults
from icpfit.sources.rows import DataFinding
from icpfit.sources.values import Moments, latest, moments


@dataclass(frozen=True)
class FlatTimes:
    """``closed`` is the last of ``closings`` (one per column, in the order of the configuration) that a row has.

    The last, since the result that stands in the file is what a deal came to then; nobody knew it before.
    """

    created: Moments
    closed: Moments
    closings: tuple[Moments, ...]

    @property
    def closed_micros(self) -> npt.NDArray[np.int64]:
        """The close in microseconds. One known only by its day is not before a creation on that day."""
        by_day = self.closed.micros % DAY == 0
        return np.where(by_day, np.maximum(self.closed.micros, self.created.micros), self.closed.micros)

    @property
    def out_of_order(self) -> npt.NDArray[np.bool_]:
        by_day = self.closed.micros % DAY == 0
        early = np.where(by_day, self.closed.micros + DAY <= self.created.micros, self.closed.micros < self.created.micros)
        return np.asarray(self.created.known & self.closed.known & early)

    @property
    def differing(self) -> npt.NDArray[np.bool_]:
        """Rows with two closes that differ by more than the time of a day that one of them leaves out."""
        out = np.zeros(len(self.closed.known), dtype=np.bool_)
        for i, a in enumerate(self.closings):
            for b in self.closings[i + 1 :]:
                same_day = (a.micros // DAY == b.micros // DAY) & ((a.micros % DAY == 0) | (b.micros % DAY == 0))
                out |= a.known & b.known & (a.micros != b.micros) & ~same_day
        return out


def read_times(source: FlatSource, frame: pd.DataFrame, missing: frozenset[str]) -> FlatTimes:
    """Raises ConfigError where a form in ``date_format`` is none of dates."""
    roles, blank = source.columns, pd.Series("", index=frame.index, dtype="str")
    created = (
        moments(frame[roles.created_at], missing, source.form_of(roles.created_at)) if roles.created_at else moments(blank, missing, None)
    )
    closings = tuple(moments(frame[header], missing, source.form_of(header)) for header in roles.closings)
    return FlatTimes(created, latest(closings) if closings else moments(blank, missing, None), closings)


def seen_as_of(source: FlatSource, frame: pd.DataFrame, times: FlatTimes, as_of: Micros) -> tuple[pd.DataFrame, FlatTimes]:
    """The file as it was known at ``as_of``: what closed at or after it is open, and its result is empty."""
    later = times.closed.known & (times.closed.micros >= as_of)
    if not later.any():
        return frame, times
    frame = frame.copy()
    for column in (*source.columns.closings, source.columns.result):
        frame[column] = frame[column].mask(later, "")
    return frame, replace(times, closed=_without(times.closed, later), closings=tuple(_without(part, later) for part in times.closings))


def _without(part: Moments, rows: npt.NDArray[np.bool_]) -> Moments:
    return Moments(np.where(rows, 0, part.micros), part.known & ~rows, part.bad)


def mark_times(source: FlatSource, faults: Faults, frame: pd.DataFrame, times: FlatTimes) -> None:
    """Rows whose dates cannot be read or used."""
    roles = source.columns
    hint = "For dates such as 1/31/2026 set source.date_format (%m/%d/%Y)."
    faults.mark("bad date", times.created.bad, roles.created_at, frame, hint)
    if roles.created_at:
        faults.mark("no created_at", ~times.created.known, roles.created_at)
    for header, part in zip(roles.closings, times.closings, strict=True):
        faults.mark("bad date", part.bad, header, frame, hint)
    for header, part in zip(roles.closings, times.closings, strict=True):
        holds = part.known & (part.micros == times.closed.micros)
        swapped = "If the two columns are swapped, say so under source.columns."
        faults.mark("closed before created", times.out_of_order & holds, header, frame, swapped)


def two_closes(
    source: FlatSource, frame: pd.DataFrame, row: npt.NDArray[np.int64], times: FlatTimes, good: npt.NDArray[np.bool_]
) -> tuple[DataFinding, ...]:
    """A finding where used rows have two closes that differ."""
    rows = np.flatnonzero(times.differing & good)
    if not len(rows):
        return ()
    filled = [h for h, part in zip(source.columns.closings, times.closings, strict=True) if part.known[rows[0]]]
    shown = ", ".join(f"{h} {frame[h].iloc[rows[0]]!r}" for h in filled)
    words = (
        f"{source.path.name}: {len(rows):,} of {int(good.sum()):,} rows have two closing dates that differ, e.g. row {row[rows[0]]:,}: "
        f"{shown}. The later one holds: before it nobody knew the result that stands there."
    )
    return (DataFinding("FLAT-TWO-CLOSES", "warning", TABLE, words, len(rows)),)
