"""When a row of a flat file came to be, when it was decided, and what its times say of the outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from icpfit.moments import DAY, day_text
from icpfit.sources import vocabulary as words
from icpfit.sources.propose_roles import Look, Result, date_form
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


def guess_times(looks: Sequence[Look], result: Result) -> Times:
    """Creation, close, and what follows from a close that only good rows have."""
    forms = {look.header: (form, doubt) for look in looks if look.header != result.header for yes, form, doubt in [date_form(look)] if yes}
    dated = [look for look in looks if look.header in forms]
    closed = next((k for k in dated if words.named_like("closed", k.words) and not _opens(k.words)), None)
    created = next((k for k in dated if k is not closed and words.named_like("created", k.words)), None)
    if created is None:
        order = _ordered_by_month(looks)
        ask = f"{order!r} goes through the year as the rows go down; is the file in order of time?"
        doubts = (("row_order_is_time", ask),) if order else ()
        return Times(row_order_is_time=order is not None, doubts=doubts, dates=tuple(forms))
    form, doubt = forms[created.header]
    said = [("created_at", doubt)] if doubt else []
    if closed is not None and forms[closed.header][0] != form:
        said.append(("closed_at", f"{closed.header!r} writes its dates in another form; only one can be read"))
        closed = None
    if closed is None:
        said.append(("closed_at", "no column holds the close: a result counts as known outcome_window_days (else 0) after the creation"))
        return Times(created.header, None, form, tuple(said), dates=tuple(forms))
    return _with_close(created, closed, form, result, looks, said, tuple(forms))


def _opens(name: str) -> bool:
    return words.named_like("created", name.replace("date", ""))


def _with_close(
    created: Look,
    closed: Look,
    form: str | None,
    result: Result,
    looks: Sequence[Look],
    said: list[tuple[str, str]],
    dates: tuple[str, ...],
) -> Times:
    results = next(look for look in looks if look.header == result.header).texts
    opened, ended = moments(created.texts, frozenset(), form), moments(closed.texts, frozenset(), form)
    bad = results.isin(result.negative).to_numpy()
    if not bad.any() or ended.known[bad].mean() >= 0.5:
        return Times(created.header, closed.header, form, tuple(said), dates=dates)
    both = opened.known & ended.known
    if not both.any():
        said.append(("closed_at", f"no good result has {closed.header!r}: it is not used"))
        return Times(created.header, None, form, tuple(said), dates=dates)
    said.append(
        ("closed_at", f"only good results have {closed.header!r}; the others count as lost outcome_window_days after their creation")
    )
    window = int(np.ceil(np.quantile(np.maximum(ended.micros[both] - opened.micros[both], 0), 0.9) / DAY))
    said.append(("outcome_window_days", f"nine of ten good results came within {window} days of {created.header!r}"))
    first_open, first_end = int(opened.micros[opened.known].min()), int(ended.micros[both].min())
    early = first_end - first_open > 90 * DAY
    if early:
        said.append(("no_outcome_before", f"no result stands before {day_text(first_end)}, though rows begin on {day_text(first_open)}"))
    return Times(created.header, closed.header, form, tuple(said), day_text(first_end) if early else None, max(window, 1), dates=dates)


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
