"""Which column of a flat file plays which part: guesses from names and values, each with its doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from icpfit.config import Outcome
from icpfit.errors import SourceError
from icpfit.sources import vocabulary as words
from icpfit.sources.identity import normalise_domain
from icpfit.sources.values import moments, parse_number

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
)


_OUTCOMES: tuple[words.Role, ...] = ("result", "left", "kept")


@dataclass(frozen=True)
class Look:
    """A column at a glance. ``counts`` are its known texts with how often each stands there, most frequent first."""

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


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome column, what its values mean, and why one should look at it again."""

    header: str
    outcome: Outcome
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    doubt: str = ""


def guess_result(looks: Sequence[Look], place: str) -> Result:
    """The column that says how it ended.

    Raises:
        SourceError: no column holds two results.
    """
    scored = [(score, -i, look) for i, look in enumerate(looks) if (score := _result_score(look)) >= 4]
    if scored:
        return _read_result(max(scored, key=lambda s: s[:2])[2])
    binary = [look for look in looks if len(look.counts) == 2]
    if not binary:
        raise SourceError(
            f"{place}: no column looks like the outcome of a deal (won and lost, yes and no, 1 and 0)",
            hint="one row per deal, customer or lead, with a column such as Result that holds Won and Lost",
        )
    result = _read_result(binary[-1])
    doubt = f"no column says clearly how a deal ended; {result.header!r} was taken because it holds two values"
    return Result(result.header, result.outcome, result.positive, result.negative, doubt)


def _result_score(look: Look) -> int:
    if not 2 <= len(look.counts) <= 30:
        return 0
    values = {v.casefold() for v in look.values}
    strong = bool(values & (words.result_texts("positive") | words.result_texts("kept"))) + bool(
        values & (words.result_texts("negative") | words.result_texts("left"))
    )
    plain = bool(values & words.result_texts("yes")) + bool(values & words.result_texts("no")) if len(values) <= 3 else 0
    name = 3 if any(words.named_like(role, look.words) for role in _OUTCOMES) else 0
    if name and look.words in ("y", "target", "label", "class", "response"):
        name = 3 if len(values) == 2 else 0  # so short a name says little, unless the column is a yes or no
    if words.looks_like_a_leak(look.header) and not words.named_like("result", look.words) and not words.named_like("left", look.words):
        name = 0
    return name + 2 * (strong == 2) + strong + plain if max(strong, plain) >= 1 else 0


def _read_result(look: Look) -> Result:
    leaves, keeps = words.named_like("left", look.words), words.named_like("kept", look.words)
    by_key = {v: v.casefold() for v in look.values}
    well, badly = words.result_texts("positive") | words.result_texts("kept"), words.result_texts("negative") | words.result_texts("left")
    good = [v for v, k in by_key.items() if k in well]
    bad = [v for v, k in by_key.items() if k in badly]
    if not good and not bad:
        good = [v for v, k in by_key.items() if k in words.result_texts("yes")]
        bad = [v for v, k in by_key.items() if k in words.result_texts("no")]
        if leaves:
            good, bad = bad, good
    keys = set(by_key.values())
    speaks_of_keeping = keys & (words.result_texts("kept") | words.result_texts("left")) and not keys & words.result_texts("positive")
    kept = bool(leaves or keeps or speaks_of_keeping)
    doubt = ""
    rest = [v for v in look.values if v not in good and v not in bad]
    if len(rest) == 1 and bool(good) != bool(bad) and len(look.values) == 2:
        good, bad = good or rest, bad or rest
        doubt = f"{rest[0]!r} was taken for the other result"
    elif not good or not bad:
        common, rare = look.values[0], look.values[-1]
        good, bad = [rare], [common]
        doubt = f"which result is the good one? The rarer, {rare!r}, was taken"
    elif rest:
        doubt = f"{', '.join(repr(v) for v in rest[:4])}{' and others' if len(rest) > 4 else ''} are neither: taken as still open"
    return Result(look.header, "retention" if kept else "win", tuple(sorted(good)), tuple(sorted(bad)), doubt)


@dataclass(frozen=True, slots=True)
class Guess:
    """A column for a role, or none, with a doubt."""

    header: str | None = None
    doubt: str = ""


def guess_id(looks: Sequence[Look]) -> Guess:
    """What tells the rows apart: different in nearly every row, and called so."""
    unique = [look for look in looks if look.known and look.distinct_share >= 0.95 and look.known >= 0.99 * len(look.texts)]
    for look in unique:
        if words.named_like("id", look.words) or re.search(r"\b(id|number|key|code|uuid|guid)$", look.words):
            return Guess(look.header, "" if look.distinct_share == 1 else _repeats(look))
    for look in unique:
        if not look.is_number() and date_form(look)[0] is False:
            return Guess(look.header, "no column is called an id; this one differs from row to row")
    return Guess(None, "no column tells the rows apart: a row is known by its number")


def _repeats(look: Look) -> str:
    return f"{int((look.counts > 1).sum()):,} values come more than once; such rows are kept as id#2, id#3"


def date_form(look: Look) -> tuple[bool, str | None, str]:
    """Whether a column holds dates, the strptime form (None = ISO 8601), and a doubt where two forms fit."""
    nothing: frozenset[str] = frozenset()
    sample = pd.Series(look.values[:3_000], dtype="str")
    if not len(sample) or parse_number(str(sample.iloc[0])) is not None:
        return False, None, ""
    for form in (None, *DATE_FORMATS):
        if _fits(sample.iloc[:20], form) and moments(sample, nothing, form).known.mean() >= 0.98:
            other = {"%m/%d/%Y": "%d/%m/%Y", "%m-%d-%Y": "%d-%m-%Y"}.get(form or "")
            both = other is not None and bool(moments(sample, nothing, other).known.all())
            return True, form, f"{other} fits as well: is the month first?" if both else ""
    return False, None, ""


def _fits(texts: pd.Series, form: str | None) -> bool:
    return bool(moments(texts, frozenset(), form).known.mean() >= 0.8)


def guess_account(looks: Sequence[Look], taken: set[str]) -> Guess:
    """The company of a deal: it repeats, unlike the deal."""
    for look in looks:
        if look.header not in taken and words.named_like("account", look.words) and len(look.counts) > 20 and not date_form(look)[0]:
            return Guess(look.header, "" if look.words.endswith("id") else "a name, not an id: two spellings are two accounts")
    return Guess()


def guess_domain(looks: Sequence[Look], taken: set[str]) -> Guess:
    for look in looks:
        if look.header in taken or not words.named_like("domain", look.words):
            continue
        sample = look.values[:200]
        if sum(normalise_domain(v) is not None for v in sample) >= 0.8 * max(len(sample), 1):
            return Guess(look.header)
    return Guess()


def guess_name(looks: Sequence[Look], taken: set[str]) -> Guess:
    for look in looks:
        if look.header not in taken and words.named_like("name", look.words) and not look.is_number() and len(look.counts) > 1:
            return Guess(look.header)
    return Guess()


def guess_amount(looks: Sequence[Look], taken: set[str]) -> Guess:
    """What a deal is worth. Amounts in classes (a handful of values) are none."""
    for look in looks:
        if look.header not in taken and words.named_like("amount", look.words) and look.is_number() and len(look.counts) > 20:
            return Guess(look.header)
    return Guess()
