"""When a row of a flat file came to be, when it was decided, and what its times say of the outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.moments import DAY, day_text
from icpfit.sources import vocabulary as words
from icpfit.sources.propose_leaks import told_by_the_close
from icpfit.sources.propose_look import DATE_FORMATS, Look, date_forms
from icpfit.sources.propose_result import Result
from icpfit.sources.values import Moments, latest, moments

_MONTHS = {m: i for i, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())}
_WHOLE_MONTHS = {
    m: i for i, m in enumerate("january february march april may june july august september october november december".split())
}


Doubts = list[tuple[str, str]]
Forms = Mapping[str, str | None]
"""column of dates -> its strptime form, None = ISO 8601"""


@dataclass(frozen=True, slots=True)
class Times:
    """``created_at`` and ``closed_at`` with their form and doubts; settings of the outcome window, where the data asks for them.

    ``closed_at`` and ``date_format`` are as in a configuration: one for all, or several columns and a form for each.
    """

    created_at: str | None = None
    closed_at: str | tuple[str, ...] | None = None
    date_format: str | Forms | None = None
    doubts: tuple[tuple[str, str], ...] = ()
    """setting -> doubt"""
    no_outcome_before: str | None = None
    outcome_window_days: int | None = None
    row_order_is_time: bool = False
    dates: tuple[str, ...] = ()
    """every column that holds dates"""
    told: Mapping[str, str] = field(default_factory=dict)
    """column -> why the close tells it"""

    @property
    def closings(self) -> tuple[str, ...]:
        return () if self.closed_at is None else (self.closed_at,) if isinstance(self.closed_at, str) else self.closed_at


@dataclass(frozen=True)
class _Dates:
    """The columns of creation and close with the forms under which they are read."""

    created: Look
    closings: tuple[Look, ...]
    forms: Forms

    @property
    def opened(self) -> Moments:
        return self._read(self.created)

    @property
    def ended(self) -> Moments:
        return latest([self._read(look) for look in self.closings])

    @property
    def names(self) -> str:
        return " or ".join(repr(look.header) for look in self.closings)

    @property
    def closed_at(self) -> str | tuple[str, ...]:
        headers = tuple(look.header for look in self.closings)
        return headers[0] if len(headers) == 1 else headers

    def early_share(self) -> float:
        """Of the rows with both, those that close before they were created."""
        if not self.closings:
            return 0.0
        opened, ended = self.opened, self.ended
        both = opened.known & ended.known
        return float((ended.micros < opened.micros)[both].mean()) if both.any() else 1.0

    def _read(self, look: Look) -> Moments:
        return moments(look.texts, frozenset(), self.forms[look.header])


def guess_times(looks: Sequence[Look], result: Result) -> Times:
    """Creation, close, and what follows from a close that only some rows have."""
    forms = {look.header: found for look in looks if look.header != result.header and (found := date_forms(look))}
    dated = [look for look in looks if look.header in forms]
    label = result.labels(next(look for look in looks if look.header == result.header))
    closings = _closings(dated, label, result)
    created = _creation(dated, closings)
    if created is None:
        order = _ordered_by_month(looks)
        ask = f"{order!r} goes through the year as the rows go down; is the file in order of time?"
        doubts = (("row_order_is_time", ask),) if order else _no_creation(looks, dated)
        return Times(row_order_is_time=order is not None, doubts=doubts, dates=tuple(forms))
    said: Doubts = []
    if words.rank("created", created.words) is None:
        said.append(("created_at", f"{created.header!r} was taken for the creation, since no column is called so"))
        said += _unread(looks, dated, "created_at")
    fits = _fitting(created, closings, forms)
    said += _other_form(fits)
    own = fits[0].forms
    shown = next(iter(own.values())) if len(set(own.values())) == 1 else {h: f for h, f in own.items() if f is not None}
    made = Times(created.header, None, shown, tuple(said), dates=tuple(forms))
    if not closings:
        ask = "no column holds the close: a result counts as known outcome_window_days (else 0) after the creation"
        return replace(made, doubts=(*said, *(_unread(looks, dated, "closed_at") or [("closed_at", ask)])))
    return _with_close(made, fits[0], label, result, looks)


def _closings(dated: Sequence[Look], label: npt.NDArray[np.float64], result: Result) -> tuple[Look, ...]:
    """The close that rows of both results have; where only the won have one, with the one that the lost have."""
    ends = _ends(dated, label)
    if result.outcome != "win" or not ends:
        return tuple(ends[:1])

    def filled(look: Look, side: int) -> bool:
        rows = label == side
        return bool(rows.any() and (look.texts != "").to_numpy()[rows].mean() >= 0.5)

    first = ends[0]
    if not filled(first, 1) or filled(first, 0):
        return (first,)
    return (first, *[look for look in ends[1:] if filled(look, 0)][:1])


def _fitting(created: Look, closings: Sequence[Look], forms: Mapping[str, tuple[str | None, ...]]) -> list[_Dates]:
    """Ways to read the dates, likeliest first: by as few forms as can be, and so that the fewest rows close before they were created."""
    headers = [look.header for look in (created, *closings)]
    ways = list(product(*(forms[h] for h in headers)))
    fewest = min(len(set(way)) for way in ways)
    read = [_Dates(created, tuple(closings), dict(zip(headers, way, strict=True))) for way in ways if len(set(way)) == fewest]
    if len(read) == 1:
        return read
    early = [way.early_share() for way in read]
    return [way for way, share in zip(read, early, strict=True) if share <= min(early) + 0.05]


def _other_form(fits: Sequence[_Dates]) -> Doubts:
    """A doubt about the first column that could be read another way."""
    if len(fits) == 1:
        return []
    first, other = fits[0], fits[1]
    header = next(h for h in first.forms if first.forms[h] != other.forms[h])
    setting = "created_at" if header == first.created.header else "closed_at"
    ask = "is the month first?" if "/" in str(first.forms[header]) else "which one is it?"
    return [(setting, f"{other.forms[header] or 'YYYY-MM-DD'} fits as well: {ask}")]


def _ends(dated: Sequence[Look], label: npt.NDArray[np.float64]) -> list[Look]:
    """Columns that may hold the close, first the one that rows of both results have."""

    def filled(look: Look) -> tuple[float, float, float]:
        known = (look.texts != "").to_numpy()
        well, badly = (float(known[label == side].mean()) if (label == side).any() else 1.0 for side in (1, 0))
        return (-round(min(well, badly), 1), -round(well, 1), -round(badly, 1))

    named = [k for k in dated if words.rank("closed", k.words) is not None and words.rank("created", k.words) is None]
    return sorted((k for k in named if not words.is_planned(k.words)), key=filled)


def _creation(dated: Sequence[Look], closings: Sequence[Look]) -> Look | None:
    """The column whose name speaks of a beginning most plainly; else one that is simply called a date."""
    filled = [k for k in dated if k not in closings and k.known >= 0.5 * len(k.texts) and not words.is_planned(k.words)]
    ranked = [(r, i) for i, k in enumerate(filled) if (r := words.rank("created", k.words)) is not None]
    if ranked:
        return filled[min(ranked)[1]]
    plain = [k for k in filled if words.rank("dated", k.words) is not None and words.rank("closed", k.words) is None]
    return next((k for k in plain if not words.looks_like_a_leak(k.header)), None)


def _no_creation(looks: Sequence[Look], dated: Sequence[Look]) -> tuple[tuple[str, str], ...]:
    for look in looks:
        if look not in dated and words.rank("created", look.words) is not None and len(look.counts) > 10:
            return (("created_at", _several_forms(look)),)
    if unread := _unread(looks, dated, "created_at"):
        return tuple(unread)
    if not dated:
        return ()
    shown = ", ".join(repr(k.header) for k in dated[:3]) + (" hold dates" if len(dated) > 1 else " holds dates")
    return (("created_at", f"{shown}; does one say when a deal or a customer began? Without it nothing is tested forward in time"),)


def _unread(looks: Sequence[Look], dated: Sequence[Look], setting: str) -> Doubts:
    """A column that is called a date of this kind, and holds dates of several forms."""
    for look in looks:
        if look in dated or not look.like_dates():
            continue
        closes = words.rank("closed", look.words) is not None and words.rank("created", look.words) is None
        begins = words.rank("created", look.words) is not None or words.rank("dated", look.words) is not None
        if closes if setting == "closed_at" else begins and not closes:
            return [(setting, _several_forms(look))]
    return []


def _several_forms(look: Look) -> str:
    """The first of its texts that does not have the form of most."""
    sample = pd.Series(look.values[:3_000], dtype="str")
    fit = max((moments(sample, frozenset(), form).known for form in (None, *DATE_FORMATS)), key=lambda known: int(known.sum()))
    odd = look.values[int(np.argmin(fit))]
    return f"{look.header!r} holds {odd!r}: not all of it is read as dates of one form; write them as 2026-01-31"


def _with_close(made: Times, dates: _Dates, label: npt.NDArray[np.float64], result: Result, looks: Sequence[Look]) -> Times:
    said = list(made.doubts)
    opened, ended, created, closed = dates.opened, dates.ended, dates.created.header, dates.names
    decided = replace(ended, known=ended.known & ~np.isnan(label))
    rest = [k for k in looks if k.header not in (result.header, *made.dates)]
    made = replace(made, told=told_by_the_close(rest, opened, decided, (repr(created), closed)))
    lone, missing = ("good", 0) if result.outcome == "win" else ("bad", 1)  # a customer who stays has no end
    without = label == missing
    if not without.any() or ended.known[without].mean() >= 0.5:
        return replace(made, closed_at=dates.closed_at, doubts=tuple(said))
    both = opened.known & ended.known
    if not both.any() or not ended.known[label == 1 - missing].any():
        said.append(("closed_at", f"no {lone} result has {closed}: it is not used"))
        return replace(made, doubts=tuple(said))
    window = int(np.ceil(np.quantile(np.maximum(ended.micros[both] - opened.micros[both], 0), 0.9) / DAY))
    came = f"nine of ten {'good results came' if lone == 'good' else 'who left did so'} within {window} days of {created!r}"
    if lone == "bad":
        ask = f"only who left has {closed}: it is not used, and a result counts as known outcome_window_days after the beginning"
        said += [("closed_at", ask), ("outcome_window_days", f"{came}; write the days after which a customer counts as kept")]
        return replace(made, doubts=tuple(said), outcome_window_days=max(window, 1))
    ask = f"only good results have {closed}; the others count as lost outcome_window_days after their creation"
    said += [("closed_at", ask), ("outcome_window_days", came)]
    first_open, first_end = int(opened.micros[opened.known].min()), int(ended.micros[both].min())
    early = first_end - first_open > 90 * DAY
    if early:
        said.append(("no_outcome_before", f"no result stands before {day_text(first_end)}, though rows begin on {day_text(first_open)}"))
    return replace(
        made,
        closed_at=dates.closed_at,
        doubts=tuple(said),
        no_outcome_before=day_text(first_end) if early else None,
        outcome_window_days=max(window, 1),
    )


def _ordered_by_month(looks: Sequence[Look]) -> str | None:
    """A column of months whose values come in long runs, each followed by a later month of the year."""
    for look in looks:
        known = _MONTHS if all(v.lower() in _MONTHS for v in look.values) else _WHOLE_MONTHS
        if len(look.counts) < 3 or not all(v.lower() in known for v in look.values):
            continue
        months = look.texts[look.texts != ""].str.lower().map(known).to_numpy(dtype=np.int64)
        turns = np.flatnonzero(np.diff(months))
        steps = (months[turns + 1] - months[turns]) % 12
        if len(turns) < 0.01 * len(months) and (steps <= 4).mean() >= 0.8:
            return look.header
    return None
