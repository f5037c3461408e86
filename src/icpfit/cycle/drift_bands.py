"""One attribute of two groups of rows in bands that a person knows: those of the card, texts, or fifths at round numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import FeatureSpec
from icpfit.scorecard.card import Attribute
from icpfit.scorecard.lookup import bin_index
from icpfit.scorecard.reading import as_numbers, as_texts
from icpfit.scorecard.wording import range_label

Band = tuple[str, float, float]
"""(words, share then, share now)"""

ENOUGH_BANDS = 3
"""known bands of the card, from which they are taken: two would hide most moves"""
MOST_TEXTS = 7
MOST_VALUES = 6
"""different numbers that each have a band of their own"""
FIFTHS = (0.2, 0.4, 0.6, 0.8)
NOT_KNOWN = "not known"
OTHERS = "all others"


def band_shares(spec: FeatureSpec, attribute: Attribute | None, then: pd.Series, now: pd.Series) -> tuple[Band, ...]:
    """The share of the rows of each side in each band; each side sums to 1. A band that is empty on both sides is left out.

    ``attribute`` is the card's own, where it has one. Both sides hold at least one row.

    >>> spec = FeatureSpec(name="e", label="E", layer="firmographic", table="accounts", aggregate="value")
    >>> band_shares(spec, None, pd.Series([1.0, 1.0, 2.0, np.nan]), pd.Series([2.0, 2.0]))
    (('1', 0.5, 0.0), ('2', 0.25, 1.0), ('not known', 0.25, 0.0))
    """
    both = pd.concat([then, now], ignore_index=True)
    first = np.arange(len(both)) < len(then)
    if spec.kind == "category":
        words, place = _texts(both, first)
    elif spec.kind == "flag":
        numbers = as_numbers(both, "flag")
        words, place = ["yes", "no", NOT_KNOWN], np.where(np.isnan(numbers), 2, np.where(numbers >= 0.5, 0, 1))
    elif attribute is not None and attribute.kind == "number" and sum(not b.unknown for b in attribute.bins) >= ENOUGH_BANDS:
        words = [NOT_KNOWN if b.unknown else b.label for b in attribute.bins]
        place = bin_index(attribute.kind, attribute.bins, both)
    else:
        words, place = _numbers(spec, as_numbers(both), first)
    shares = [np.bincount(place[side], minlength=len(words)) / side.sum() for side in (first, ~first)]
    return tuple((w, float(a), float(b)) for w, a, b in zip(words, *shares, strict=True) if a or b)


def _texts(column: pd.Series, first: npt.NDArray[np.bool_]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The texts that are frequent on either side, the most frequent first; all others together."""
    codes, texts = as_texts(column)
    size = len(texts)
    share = sum(np.bincount(codes[side], minlength=size) / side.sum() for side in (first, ~first))
    named = sorted((i for i, t in enumerate(texts) if t is not None and share[i]), key=lambda i: (-share[i], texts[i]))
    kept = named if len(named) <= MOST_TEXTS + 1 else named[:MOST_TEXTS]
    table = np.full(size, len(kept), dtype=np.int64)
    table[kept] = np.arange(len(kept))
    table[[i for i, t in enumerate(texts) if t is None]] = len(kept) + 1
    return [*(str(texts[i]) for i in kept), OTHERS, NOT_KNOWN], table[codes]


def _numbers(spec: FeatureSpec, numbers: npt.NDArray[np.float64], first: npt.NDArray[np.bool_]) -> tuple[list[str], npt.NDArray[np.int64]]:
    known = numbers[np.isfinite(numbers)]
    values = np.unique(known)
    whole = bool((values == np.floor(values)).all())
    counts = whole and bool(len(values)) and values[0] >= 0
    if len(values) <= MOST_VALUES:
        edges = [float(v) for v in values[1:]]
        named = [range_label(float(v), float(v) + 1, spec, counts=counts, integers=True) if whole else f"{v:g}" for v in values]
    else:
        then = numbers[first & np.isfinite(numbers)]
        cuts = np.quantile(then if len(then) else known, FIFTHS)
        rounded = {float(c) if c == values[-1] else float(f"{c:.2g}") for c in cuts} | ({1.0} if counts and values[0] == 0 else set())
        edges = sorted(e for e in rounded if values[0] < e <= values[-1])
        ends = [None, *edges, None]
        named = [range_label(a, b, spec, counts=counts, integers=whole) for a, b in pairwise(ends)]
    place = np.searchsorted(np.array(edges), numbers, side="right")
    return [*named, NOT_KNOWN], np.where(np.isnan(numbers), len(named), place).astype(np.int64)
