"""Results of a flat file that the configuration names neither positive nor negative: ends under a new word, or stages of open deals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import FlatSource
from icpfit.moments import Micros
from icpfit.plural import counted
from icpfit.sources.flat_features import TABLE
from icpfit.sources.flat_roles import result_key
from icpfit.sources.rows import DataFinding
from icpfit.sources.values import Moments

MOST_WORDS = 4
"""words that a sentence names"""
NEVER = np.iinfo(np.int64).max
NAMED_UNDER = "source.columns.positive and negative"


@dataclass(frozen=True, slots=True)
class OtherResult:
    """A word for a result that is in no list. ``rows``: used rows that have it; ``dated``: those with a close; ``passed``: with one that
    is no forecast.

    ``row`` is the number of the first row with a close (else of the first at all), ``since`` when the earliest of its rows was
    created (microseconds; None where the file does not say).
    """

    text: str
    rows: int
    dated: int
    passed: int
    row: int
    since: Micros | None

    @property
    def key(self) -> str:
        """By which results are compared."""
        return result_key(self.text)

    @property
    def looks_like_an_end(self) -> bool:
        """Most of its rows have a close that has passed: an open stage has none, or one that is forecast."""
        return 2 * self.passed > self.rows


def other_results(
    source: FlatSource,
    results: pd.Series,
    row: npt.NDArray[np.int64],
    rows: npt.NDArray[np.bool_],
    created: Moments,
    closed: Moments,
    until: Micros | None,
) -> tuple[OtherResult, ...]:
    """The words that are in no list, of the usable ``rows``; the commonest first.

    A close after ``until`` is a forecast, and none. Empty cells, and texts that mean unknown, are no words.
    """
    named = {result_key(v) for v in (*source.columns.positive, *source.columns.negative, *source.missing, "")}
    codes, distinct = pd.factorize(results)
    other = np.array([result_key(str(v)) not in named for v in distinct] or [False], dtype=bool)[codes]
    passed = closed.known & (closed.micros <= until) if until is not None else closed.known
    seen = pd.DataFrame(
        {
            "text": results.to_numpy(object),
            "row": row,
            "dated": closed.known,
            "passed": passed,
            "since": np.where(created.known, created.micros, NEVER),
        }
    )[rows & other]
    found = []
    for _, same in seen.groupby(seen["text"].map(result_key), sort=True):
        since, dated = int(same["since"].min()), same[same["dated"]]
        first = int((dated if len(dated) else same)["row"].iloc[0])
        text = str(same["text"].value_counts().index[0])
        found.append(OtherResult(text, len(same), len(dated), int(same["passed"].sum()), first, None if since == NEVER else since))
    return tuple(sorted(found, key=lambda r: (-r.rows, r.text)))


def unnamed_results(source: FlatSource, others: Sequence[OtherResult]) -> tuple[DataFinding, ...]:
    """A warning where rows are closed under words that no list has. Without a column of closes nothing tells a stage from an end."""
    ends = sorted((r for r in others if source.columns.closings and r.looks_like_an_end), key=lambda r: (-r.dated, r.text))
    if not ends:
        return ()
    words = f"{source.path.name}: {unnamed_words(ends, dated=True)}: {name_them(ends)}. E.g. row {ends[0].row:,}."
    return (DataFinding("FLAT-RESULT-UNNAMED", "warning", TABLE, words, sum(r.dated for r in ends)),)


def unnamed_words(results: Sequence[OtherResult], *, dated: bool) -> str:
    """
    >>> new = OtherResult("Gewonnen!", 40, 37, 37, 812, None)
    >>> unnamed_words([new], dated=True)[:57]
    '37 rows have a close date and the result “Gewonnen!”, whi'
    >>> unnamed_words([new, OtherResult("Pleite", 1, 1, 1, 9, None)], dated=False)[:62]
    '41 rows have a result (“Gewonnen!” 40, “Pleite” 1) that source'
    """
    many = [r.dated if dated else r.rows for r in results]
    n, close = sum(many), "a close date and " if dated else ""
    have, count = ("has", "it counts") if n == 1 else ("have", "they count")
    if len(results) == 1:
        what = f"the result “{results[0].text}”, which {NAMED_UNDER} do not name"
    else:
        listed = [f"“{r.text}” {k:,}" for r, k in zip(results[:MOST_WORDS], many[:MOST_WORDS], strict=True)]
        more = [f"{len(results) - MOST_WORDS:,} more"] if len(results) > MOST_WORDS else []
        what = f"a result ({', '.join([*listed, *more])}) that {NAMED_UNDER} do not name"
    return f"{counted(n, 'row')} {have} {close}{what}, so {count} as open"


def name_them(results: Sequence[OtherResult]) -> str:
    """What to do about words that are in no list."""
    return "name it, if it is an end" if len(results) == 1 else "name those that are ends"
