"""When a row of a flat file came to be, when it was decided, and what its times say of the outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.moments import DAY, day_text
from icpfit.sources import vocabulary as words
from icpfit.sources.propose_leaks import told_by_the_close
from icpfit.sources.propose_look import Look, date_forms
from icpfit.sources.propose_result import Result
from icpfit.sources.values import moments

_MONTHS = {m: i for i, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())}
_WHOLE_MONTHS = {
    m: i for i, m in enumerate("january february march april may june july august september october november december".split())
}


Doubts = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Times:
    """``created_at`` and ``closed_at`` with their form and doubts; settings of the outcome window, where the data asks for them."""

    created_at: str | None = None
    closed_at: str | None = None
    date_format: str | None = None
    doubts: tuple[tuple[str, str], ...] = ()
    """setting -> doubt"""
    no_outcome_before: str | None = None
    outcome_window_days: int | None = None
    row_order_is_time: bool = False
    dates: tuple[str, ...] = ()
    """every column that holds dates"""
    told: Mapping[str, str] = field(default_factory=dict)
    """column -> why the close tells it"""


def guess_times(looks: Sequence[Look], result: Result) -> Times:
    """Creation, close, and what follows from a close that only some rows have."""
    forms = {look.header: found for look in looks if look.header != result.header and (found := date_forms(look))}
    dated = [look for look in looks if look.header in forms]
    label = result.labels(next(look for look in looks if look.header == result.header))
    ends = _ends(dated, label)
    closed = ends[0] if ends else None
    created = _creation(dated, closed)
    if created is None:
        order = _ordered_by_month(looks)
        ask = f"{order!r} goes through the year as the rows go down; is the file in order of time?"
        doubts = (("row_order_is_time", ask),) if order else _no_creation(looks, dated)
        return Times(row_order_is_time=order is not None, doubts=doubts, dates=tuple(forms))
    said: Doubts = []
    if words.rank("created", created.words) is None:
        said.append(("created_at", f"{created.header!r} was taken for the creation, since no column is called so"))
    fits = forms[created.header]
    if closed is not None:
        if common := tuple(f for f in fits if f in forms[closed.header]):
            fits = _in_order(created, closed, common)
        else:
            said.append(("closed_at", f"{closed.header!r} writes its dates in another form, and only one can be read: write both alike"))
            closed = None
    if len(fits) > 1:
        said.append(
            (
                "created_at",
                f"{fits[1] or 'YYYY-MM-DD'} fits as well: {'is the month first?' if '/' in str(fits[0]) else 'which one is it?'}",
            )
        )
    made = Times(created.header, None, fits[0], tuple(said), dates=tuple(forms))
    if closed is None:
        if not any(setting == "closed_at" for setting, _ in said):
            ask = "no column holds the close: a result counts as known outcome_window_days (else 0) after the creation"
            made = replace(made, doubts=(*said, ("closed_at", ask)))
        return made
    others = [look for look in ends[1:] if fits[0] in forms[look.header]]
    return _with_close(made, created, closed, others, label, result, looks)


def _ends(dated: Sequence[Look], label: npt.NDArray[np.float64]) -> list[Look]:
    """Columns that may hold the close, first the one that rows of both results have."""

    def filled(look: Look) -> tuple[float, float, float]:
        known = (look.texts != "").to_numpy()
        well, badly = (float(known[label == side].mean()) if (label == side).any() else 1.0 for side in (1, 0))
        return (-round(min(well, badly), 1), -round(well, 1), -round(badly, 1))

    named = [k for k in dated if words.rank("closed", k.words) is not None and words.rank("created", k.words) is None]
    return sorted((k for k in named if not words.is_planned(k.words)), key=filled)


def _creation(dated: Sequence[Look], closed: Look | None) -> Look | None:
    """The column whose name speaks of a beginning most plainly; else one that is simply called a date."""
    filled = [k for k in dated if k is not closed and k.known >= 0.5 * len(k.texts) and not words.is_planned(k.words)]
    ranked = [(r, i) for i, k in enumerate(filled) if (r := words.rank("created", k.words)) is not None]
    if ranked:
        return filled[min(ranked)[1]]
    plain = [k for k in filled if words.rank("dated", k.words) is not None and words.rank("closed", k.words) is None]
    return next((k for k in plain if not words.looks_like_a_leak(k.header)), None)


def _no_creation(looks: Sequence[Look], dated: Sequence[Look]) -> tuple[tuple[str, str], ...]:
    for look in looks:
        if look not in dated and words.rank("created", look.words) is not None and len(look.counts) > 10:
            odd = next((v for v in look.values if not date_forms(Look.at(look.header, pd.Series([v], dtype="str")))), look.values[0])
            return (("created_at", f"{look.header!r} holds {odd!r}: not all of it is read as dates of one form; write them as 2026-01-31"),)
    if not dated:
        return ()
    shown = ", ".join(repr(k.header) for k in dated[:3]) + (" hold dates" if len(dated) > 1 else " holds dates")
    return (("created_at", f"{shown}; does one say when a deal or a customer began? Without it nothing is tested forward in time"),)


def _in_order(created: Look, closed: Look, forms: tuple[str | None, ...]) -> tuple[str | None, ...]:
    """Of several forms those under which the fewest rows close before they were created."""
    if len(forms) == 1:
        return forms
    early = []
    for form in forms:
        opened, ended = moments(created.texts, frozenset(), form), moments(closed.texts, frozenset(), form)
        both = opened.known & ended.known
        early.append(float((ended.micros < opened.micros)[both].mean()) if both.any() else 1.0)
    return tuple(form for form, share in zip(forms, early, strict=True) if share <= min(early) + 0.05)


def _with_close(
    made: Times,
    created: Look,
    closed: Look,
    others: Sequence[Look],
    label: npt.NDArray[np.float64],
    result: Result,
    looks: Sequence[Look],
) -> Times:
    said = list(made.doubts)
    opened, ended = moments(created.texts, frozenset(), made.date_format), moments(closed.texts, frozenset(), made.date_format)
    decided = replace(ended, known=ended.known & ~np.isnan(label))
    rest = [k for k in looks if k.header not in (result.header, *made.dates)]
    made = replace(made, told=told_by_the_close(rest, opened, decided, (created.header, closed.header)))
    lone, missing = ("good", 0) if result.outcome == "win" else ("bad", 1)  # a customer who stays has no end
    without = label == missing
    if not without.any() or ended.known[without].mean() >= 0.5:
        return replace(made, closed_at=closed.header, doubts=tuple(said))
    both = opened.known & ended.known
    if not both.any() or not ended.known[label == 1 - missing].any():
        said.append(("closed_at", f"no {lone} result has {closed.header!r}: it is not used"))
        return replace(made, doubts=tuple(said))
    window = int(np.ceil(np.quantile(np.maximum(ended.micros[both] - opened.micros[both], 0), 0.9) / DAY))
    came = f"nine of ten {'good results came' if lone == 'good' else 'who left did so'} within {window} days of {created.header!r}"
    if lone == "bad":
        ask = f"only who left has {closed.header!r}: it is not used, and a result counts as known outcome_window_days after the beginning"
        said += [("closed_at", ask), ("outcome_window_days", f"{came}; write the days after which a customer counts as kept")]
        return replace(made, doubts=tuple(said), outcome_window_days=max(window, 1))
    ask = f"only good results have {closed.header!r}; the others count as lost outcome_window_days after their creation"
    if theirs := next((k for k in others if (k.texts != "").to_numpy()[without].mean() >= 0.5), None):
        ask += f". {theirs.header!r} holds their close: better put both into one column"
    said += [("closed_at", ask), ("outcome_window_days", came)]
    first_open, first_end = int(opened.micros[opened.known].min()), int(ended.micros[both].min())
    early = first_end - first_open > 90 * DAY
    if early:
        said.append(("no_outcome_before", f"no result stands before {day_text(first_end)}, though rows begin on {day_text(first_open)}"))
    return replace(
        made,
        closed_at=closed.header,
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
