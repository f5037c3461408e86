"""Columns that the data themselves show to be known only with the close: they count its days, or name its month."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.moments import DAY
from icpfit.sources.propose_look import Look
from icpfit.sources.values import Moments, numbers

MIN_ROWS = 30


def told_by_the_close(looks: Sequence[Look], created: Moments, closed: Moments, names: tuple[str, str]) -> dict[str, str]:
    """Column -> why it is no signal. ``names`` are what the creation and the close are called.

    A number that moves with the days between the two is the length of the deal, whatever it is called. A
    text that is one for all deals closed in a month, though not for all created in one, is the close's own
    calendar.
    """
    both = created.known & closed.known
    if both.sum() < MIN_ROWS:
        return {}
    days = (closed.micros[both] - created.micros[both]) / DAY
    months = tuple(pd.Series(m.micros[both]).astype("datetime64[us]").dt.to_period("M").astype(str) for m in (created, closed))
    found = {}
    for look in looks:
        texts = look.texts[both].reset_index(drop=True)
        if look.is_number() and _moves_with(numbers(texts, frozenset()).values, days):
            found[look.header] = f"counts the days from {names[0]} to {names[1]}, which are known only at the end"
        elif 2 <= len(look.counts) <= 200 and _follows(texts, months[1]) >= 0.99 and _follows(texts, months[0]) < 0.9:
            found[look.header] = f"is the same for all that share the month of {names[1]}: it is known with the close"
    return found


def _moves_with(values: npt.NDArray[np.float64], days: npt.NDArray[np.float64]) -> bool:
    known = ~np.isnan(values)
    if known.sum() < MIN_ROWS or np.ptp(values[known]) == 0 or np.ptp(days[known]) == 0:
        return False
    return bool(np.corrcoef(values[known], days[known])[0, 1] >= 0.98)


def _follows(texts: pd.Series, months: pd.Series) -> float:
    """The share of rows that hold the commonest text of their month; 0 where a month has too few rows to tell."""
    known = (texts != "").to_numpy()
    texts, months = texts[known], months[known]
    if len(texts) < MIN_ROWS or len(texts) < 5 * months.nunique() or months.nunique() < 3 or texts.nunique() < 2:
        return 0.0
    return float(pd.crosstab(months, texts).max(axis=1).sum() / len(texts))


def age_of_what(looks: Sequence[Look]) -> str:
    """In a file of deals, a column called age is most likely the deal's own."""
    deals = any(re.search(r"\b(opportunity|deal|stage)\b", look.words) for look in looks)
    return "the deal's own age, which is known only at its end? If it is another age, give it a layer" if deals else ""
