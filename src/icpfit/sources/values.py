"""Texts to numbers, flags and moments. One way, for training rows and for target lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.errors import ConfigError

NO_NUMBER = frozenset({"nan", "na", "n/a", "#n/a", "n.a.", "null", "none", "nil", "<na>", "-", "--", "?", "."})
"""What programs and people write for "nothing" where a number should stand. In a text column these are texts."""

FLAGS = {"yes": 1.0, "y": 1.0, "true": 1.0, "t": 1.0, "no": 0.0, "n": 0.0, "false": 0.0, "f": 0.0}

# One thousands sign throughout, groups of three: 1.234 alone stays 1.234, and 1,5 is no number.
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_SIGNS = re.compile(r"^([+-]?)\s*(?:USD|EUR|GBP|US\$|[$€£¥])\s*|\s*(?:USD|EUR|GBP|[$€£¥%])$", re.IGNORECASE)

# The same with a decimal comma: 1.234,50 and 1 234,50 and 1.234, and what stands around them.
_COMMA = re.compile(
    r"([+-]?\s?(?:USD|EUR|GBP|US\$|[$€£¥])?\s?)([1-9]\d{0,2}(?:[.\s]\d{3})+|\d+)(?:,(\d+))?(\s?(?:USD|EUR|GBP|[$€£¥%])?)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """``values`` with NaN where unknown or bad; ``bad`` where there was a text that is none of these."""

    values: npt.NDArray[np.float64]
    bad: npt.NDArray[np.bool_]


def parse_number(text: str) -> float | None:
    """A finite number, NaN for a word that means nothing, None for a text that is no number.

    >>> parse_number(" 1,250.50 "), parse_number("$40"), parse_number("12%"), parse_number("1e3")
    (1250.5, 40.0, 12.0, 1000.0)
    >>> parse_number("N/A")
    nan
    >>> parse_number("12-15") is None and parse_number("1,5") is None and parse_number("inf") is None
    True
    """
    text = text.strip()
    if not text or text.lower() in NO_NUMBER:
        return float("nan")
    if _PLAIN.fullmatch(text) is None:
        text = _SIGNS.sub(r"\1", text).strip()
        if _GROUPED.fullmatch(text):
            text = text.replace(",", "")
        elif _PLAIN.fullmatch(text) is None:
            return None
    number = float(text) + 0.0  # -0.0 is 0.0
    return number if np.isfinite(number) else None


def with_point(text: str) -> str:
    """A number written with a decimal comma as one with a point; any other text as it is.

    >>> with_point("1.234,50 €"), with_point("1 234,5"), with_point("1.234"), with_point("31.12.2025"), with_point("3.5")
    ('1234.50 €', '1234.5', '1234', '31.12.2025', '3.5')
    >>> with_point("0.125")  # no thousand begins with 0
    '0.125'
    """
    found = _COMMA.fullmatch(text.strip())
    if found is None:
        return text
    before, whole, part, after = found.groups()
    return before + re.sub(r"[.\s]", "", whole) + (f".{part}" if part else "") + after


def with_points(texts: pd.Series) -> pd.Series:
    """:func:`with_point` of each text."""
    return texts.map({t: with_point(str(t)) for t in texts.unique()}).astype(texts.dtype)


def parse_flag(text: str) -> float | None:
    """1 for yes and true, 0 for no and false, NaN for nothing, None for any other text; 1 and 0 themselves as scored lists have them.

    >>> parse_flag("Yes"), parse_flag("FALSE"), parse_flag("1"), parse_flag("0.0"), parse_flag("2"), parse_flag("perhaps")
    (1.0, 0.0, 1.0, 0.0, None, None)
    """
    text = text.strip().lower()
    if not text:
        return float("nan")
    number = parse_number(text)
    return FLAGS.get(text, number if number in (0.0, 1.0) else None)


def parse_each(texts: pd.Series, parse: object, missing: frozenset[str]) -> Parsed:
    """``parse`` over the distinct texts of a column; texts in ``missing`` are unknown."""
    codes, distinct = pd.factorize(texts)
    values = np.full(len(distinct), np.nan)
    bad = np.zeros(len(distinct), dtype=np.bool_)
    for i, text in enumerate(distinct):
        if text in missing:
            continue
        value = parse(text)  # type: ignore[operator]
        if value is None:
            bad[i] = True
        else:
            values[i] = value
    return Parsed(values[codes], bad[codes])


def numbers(texts: pd.Series, missing: frozenset[str]) -> Parsed:
    return parse_each(texts, parse_number, missing)


def flags(texts: pd.Series, missing: frozenset[str]) -> Parsed:
    return parse_each(texts, parse_flag, missing)


def categories(texts: pd.Series, missing: frozenset[str]) -> npt.NDArray[np.object_]:
    """Texts, None where empty or missing."""
    codes, distinct = pd.factorize(texts)
    known = np.array([None if not t or t in missing else str(t) for t in distinct] or [None], dtype=object)
    return known[codes] if len(codes) else np.empty(0, dtype=object)


@dataclass(frozen=True, slots=True)
class Moments:
    """``micros`` since 1970 in UTC (0 where not known), ``known``, and ``bad`` where a text is no moment."""

    micros: npt.NDArray[np.int64]
    known: npt.NDArray[np.bool_]
    bad: npt.NDArray[np.bool_]


def moments(texts: pd.Series, missing: frozenset[str], date_format: str | None) -> Moments:
    """ISO 8601, or ``date_format`` (a strptime form).

    Raises:
        ConfigError: ``date_format`` is not a form of dates.
    """
    codes, distinct = pd.factorize(texts)
    words = pd.Series([str(t).strip() for t in distinct], dtype=object)
    empty = words.isin(["", *missing]) | words.str.lower().isin(NO_NUMBER | {"nat"})
    micros = np.zeros(len(words), dtype=np.int64)
    ok = np.zeros(len(words), dtype=np.bool_)
    found = _to_moments(words[~empty], date_format)
    micros[(~empty).to_numpy()] = found.fillna(pd.Timestamp(0, tz="UTC")).dt.as_unit("us").astype("int64")
    ok[(~empty).to_numpy()] = found.notna()
    bad = ~ok & ~empty.to_numpy()
    return Moments(micros[codes], ok[codes], bad[codes])


def latest(parts: Sequence[Moments]) -> Moments:
    """Of several moments of a row the last that is known; bad where one of them is no moment."""
    micros, known, bad = parts[0].micros, parts[0].known, parts[0].bad
    for part in parts[1:]:
        later = part.known & (~known | (part.micros > micros))
        micros, known, bad = np.where(later, part.micros, micros), known | part.known, bad | part.bad
    return Moments(micros, known, bad)


# pandas also reads "now" and "today" (the clock!), and bare years: only what begins with a whole date is one.
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?|\d{8}(T.*)?")


def _to_moments(words: pd.Series, date_format: str | None) -> pd.Series:
    if date_format is None:
        words = words.where(words.map(lambda w: _ISO.fullmatch(w) is not None), None)
    elif "%" not in date_format:
        raise ConfigError(f"source.date_format: {date_format!r} is not a form of dates", hint="for 1/31/2026 write %m/%d/%Y")
    try:
        return pd.to_datetime(words.astype(object), format=date_format or "ISO8601", utc=True, errors="coerce")
    except ValueError as error:
        raise ConfigError(f"source.date_format: {date_format!r} is not a form of dates", hint="for 1/31/2026 write %m/%d/%Y") from error
