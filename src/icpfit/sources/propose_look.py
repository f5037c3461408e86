"""A column of a flat file at a glance: its texts with their counts, whether they are numbers, which forms of dates they fit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from icpfit.sources import vocabulary as words
from icpfit.sources.flat_features import MOST_TEXTS
from icpfit.sources.values import moments, parse_number, with_point

DATE_FORMATS = (
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y %I:%M %p",
    "%m/%d/%Y, %I:%M %p",
    "%d/%m/%Y, %I:%M %p",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %I:%M %p",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %B %Y",
    "%b %d %Y",
    "%B %d, %Y",
)

_DATE = re.compile(r"(?=.*\d.*\d).{6,40}")  # a quick look: whatever is a date has two digits and is short

_DAY = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}\b")


@dataclass(frozen=True, eq=False)
class Look:
    """``counts`` are the column's known texts with how often each stands there, most frequent first."""

    header: str
    texts: pd.Series
    counts: pd.Series
    values: tuple[str, ...]

    @classmethod
    def at(cls, header: str, texts: pd.Series) -> Look:
        counted = texts[texts != ""].value_counts(sort=False)
        pairs = sorted(zip(counted.index.tolist(), counted.tolist(), strict=True), key=lambda p: (-p[1], p[0]))
        values = tuple(text for text, _ in pairs)
        return cls(header, texts, pd.Series([n for _, n in pairs], index=pd.Index(values, dtype=object), dtype="int64"), values)

    @property
    def words(self) -> str:
        return words.plain_words(self.header)

    @property
    def known(self) -> int:
        return int(self.counts.sum())

    @property
    def distinct_share(self) -> float:
        return len(self.counts) / self.known if self.known else 0.0

    def is_number(self) -> bool:
        return bool(self.known) and all(parse_number(v) is not None for v in self.values[:2_000])

    def like_dates(self) -> bool:
        """Whether most of its texts are days in figures, of whatever form."""
        first = self.values[:200]
        return bool(first) and sum(_DAY.match(v) is not None for v in first) >= 0.8 * len(first)

    def like_numbers(self) -> str:
        """The first of its texts that is meant as a number and cannot be read as one, where most are: 1.234,50 or 2.5k."""
        texts = [v for v in self.values[:500] if parse_number(v) is None]
        odd = [v for v in texts if _AMOUNT.fullmatch(v)]
        read = sum(parse_number(v) is not None for v in self.values[:500])
        return odd[0] if odd and len(odd) + read >= 0.9 * len(self.values[:500]) else ""

    def like_lists(self) -> str:
        """A doubt where the cells are lists of a few items that recur in many combinations: SAP;Jira and Jira;Slack."""
        lists = {v: [i for i in _ITEM.split(v) if i] for v in self.values}
        several = [v for v, items in lists.items() if len(items) > 1]
        if not several or self.counts[several].sum() < 0.05 * self.known:
            return ""
        named = Counter(item for v, items in lists.items() for item in items * int(self.counts[v]))
        if len(named) >= len(lists) or len(named) > MOST_TEXTS or named.total() < 5 * len(named):
            return ""
        return (
            f"its cells are lists, such as {several[0]!r}, and each combination is read as one text, so that what a single item does "
            f"is lost: make each of the {len(named)} items a yes/no column of its own"
        )


def decimal_comma(looks: Sequence[Look]) -> str:
    """A text that shows that numbers are written 1.234,50; "" where none does, or another is written 1,234.50."""
    shown = ""
    for look in looks:
        values = look.values[:500]
        pointed = [with_point(v) for v in values]
        if not values or sum(parse_number(p) is None for p in pointed) > 0.1 * len(values):
            continue
        unread = [v for v, p in zip(values, pointed, strict=True) if parse_number(v) is None and parse_number(p) is not None]
        if any(p == v and re.search(r"\d[.]\d", v) for v, p in zip(values, pointed, strict=True)):
            return ""  # a decimal point
        shown = shown or next(iter(unread), "")
    return shown


_ITEM = re.compile(r"\s*[;|]\s*")

# Digits with their marks, a currency and a unit; no range such as 11-50, no year such as FY23.
_AMOUNT = re.compile(r"\(?(?:[A-Z]{2}[$]|USD|EUR|GBP|CHF|[$€£¥])?\s?\d[\d.,'\s]*[^\W\d]{0,8}[%€$£¥]?\)?")


def date_forms(look: Look) -> tuple[str | None, ...]:
    """The strptime forms that its texts fit (None = ISO 8601), likeliest first; none where it holds no dates."""
    nothing: frozenset[str] = frozenset()
    sample = pd.Series(look.values[:3_000], dtype="str")
    first = sample.iloc[:20]
    if not len(sample) or parse_number(str(sample.iloc[0])) is not None or first.map(lambda v: _DATE.fullmatch(v) is None).mean() > 0.2:
        return ()
    return tuple(
        form
        for form in (None, *DATE_FORMATS)
        if moments(first, nothing, form).known.mean() >= 0.8 and moments(sample, nothing, form).known.mean() >= 0.98
    )
