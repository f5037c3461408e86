"""Which bin a value falls into. The card's table is the function; this is how it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.scorecard.reading import as_numbers, as_texts

if TYPE_CHECKING:
    from icpfit.config import Kind
    from icpfit.scorecard.card import Bin


def bin_index(kind: Kind, bins: Sequence[Bin], column: pd.Series) -> npt.NDArray[np.int64]:
    """Position in ``bins`` for each row of ``column``.

    Numbers, and flags (yes is 1, no is 0): ranges are half-open, [low, high), so a value on an edge belongs above it, and
    infinities fall into the end bins. Categories: by text; a text that no bin names goes to the ``other``
    bin, or to ``unknown`` where there is none.
    """
    unknown = next(i for i, b in enumerate(bins) if b.unknown)
    if kind == "category":
        codes, texts = as_texts(column)
        place = {text: i for i, b in enumerate(bins) for text in b.values}
        other = next((i for i, b in enumerate(bins) if b.other), unknown)
        table = np.array([unknown if text is None else place.get(text, other) for text in texts], dtype=np.int64)
        return table[codes]
    numbers = as_numbers(column, kind)
    known = [i for i, b in enumerate(bins) if not b.unknown]
    edges = np.array([bins[i].low for i in known[1:]], dtype=np.float64)
    table = np.array([*known, unknown], dtype=np.int64)
    place_of = np.searchsorted(edges, numbers, side="right")
    return table[np.where(np.isnan(numbers), len(known), place_of)]
