"""What a customer like this starts with: a partially pooled median of first ARR, by size band and product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

SIZE_EDGES = (0.0, 10.0, 30.0, 50.0, 120.0, 250.0, 500.0, 1_000.0, 5_000.0)
POOLING_ROWS = 20
"""A group of so many customers is believed half, and what the wider group says the other half."""

MANY_BY_AMOUNT = 0.02
"""share of the customers from which those without a subscription are worth a sentence"""


@dataclass(frozen=True)
class ExpectedArr:
    """Median first ARR by size band, and by band and product, each shrunk on the log scale toward what lies around it.

    A band is shrunk toward the overall median; a product's cell toward its band times what the product
    commonly costs beside its bands. ``size_column`` is the feature that holds headcount as of the moment; empty where
    there is none. ``overall`` is None where no customer's ARR is known. An account whose product nobody
    names, or that nobody has bought, has what its band says.
    """

    size_column: str
    overall: float | None
    bands: tuple[tuple[float, float, int], ...]
    """(band's lower edge in employees, pooled median ARR, customers)"""
    products: tuple[tuple[str, tuple[float, ...], int], ...] = ()
    """(product in small letters, pooled median ARR per band and then for an unknown headcount, customers)"""
    customers: int = 0
    by_amount: int = 0
    """of those, the customers whose ARR no subscription says: it is their deal's amount times ``of_amount``"""
    of_amount: float = 1.0

    @classmethod
    def fit(
        cls, size_column: str, sizes: Floats, first_arr: Floats, product: Texts | None = None, of_amount: Floats | None = None
    ) -> ExpectedArr:
        """``sizes``, ``first_arr`` and ``product``: one entry per customer; NaN, None or "" = unknown.

        ``of_amount``: by what an amount was taken to be the ARR; NaN where a subscription said it.
        """
        known = np.isfinite(first_arr) & (first_arr > 0)
        if not known.any():
            return cls(size_column, None, ())
        arr, band = first_arr[known], _band(sizes[known])
        overall = float(np.median(arr))
        around = np.array([*(_pooled(arr[band == b], overall) for b in range(len(SIZE_EDGES))), overall])
        bands = tuple((low, round(float(v), 2), int((band == b).sum())) for b, (low, v) in enumerate(zip(SIZE_EDGES, around, strict=False)))
        named = _product_keys(product)[known] if product is not None else np.full(len(arr), "", dtype=object)
        products = []
        for name in sorted(set(named) - {""}):
            own = named == name
            beside = around * _pooled(arr[own] / around[band[own]], 1.0)
            beside = np.clip(beside, arr.min(), arr.max())
            cells = (_pooled(arr[own & (band == b)], float(v)) if b < len(SIZE_EDGES) else float(v) for b, v in enumerate(beside))
            products.append((name, tuple(round(c, 2) for c in cells), int(own.sum())))
        factors = of_amount[known] if of_amount is not None else np.full(len(arr), np.nan)
        taken = factors[np.isfinite(factors)]
        factor = round(float(taken[0]), 4) if len(taken) else 1.0
        return cls(size_column, round(overall, 2), bands, tuple(products), len(arr), len(taken), factor)

    def expect(self, features: pd.DataFrame, product: Texts | None = None) -> Floats:
        """ARR in the configured currency, one per row; NaN where nothing is known.

        ``product``: what the list says each account would buy, one per row; None or "" = it does not say.

        >>> table = ExpectedArr.fit("size", np.array([40.0] * 60), np.array([9000.0] * 60))
        >>> table.expect(pd.DataFrame({"size": [45.0, np.nan]})).tolist()
        [9000.0, 9000.0]
        """
        n = len(features)
        if self.overall is None:
            return np.full(n, np.nan)
        sized = self.size_column in features.columns
        sizes = pd.to_numeric(features[self.size_column], errors="coerce").to_numpy(np.float64) if sized else np.full(n, np.nan)
        by_band = [*(b[1] for b in self.bands), self.overall] if self.bands else [self.overall] * (len(SIZE_EDGES) + 1)
        table = np.array([by_band, *(p[1] for p in self.products)], dtype=np.float64)
        row_of = {name: i for i, (name, _, _) in enumerate(self.products, start=1)}
        rows = np.zeros(n, dtype=np.int64) if product is None else np.array([row_of.get(p, 0) for p in _product_keys(product)], np.int64)
        return table[rows, _band(sizes)]

    @property
    def words(self) -> tuple[str, ...]:
        """A sentence where subscriptions say some customers' ARR, and amounts that of more than a few others."""
        if not MANY_BY_AMOUNT * self.customers < self.by_amount < self.customers:
            return ()
        times = f", times {self.of_amount:.2f}, which is what ARR commonly is of the amount where both are known"
        return (
            f"Expected ARR: {self.by_amount:,} of {self.customers:,} won deals {'has' if self.by_amount == 1 else 'have'} no subscription,"
            f" so the deal's own amount stands for what the customer began with{times if self.of_amount != 1 else ''}.",
        )

    @property
    def current_state(self) -> tuple[str, ...]:
        """What was read as it is today, in words: no history says what product a deal was about before."""
        return ("product of the deal (in expected ARR)",) if self.products else ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "size_column": self.size_column,
            "overall": self.overall,
            "bands": [list(b) for b in self.bands],
            "customers": self.customers,
            "by_amount": self.by_amount,
            "of_amount": self.of_amount,
            "products": {name: {"customers": n, "by_band": list(cells)} for name, cells, n in self.products},
        }

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> ExpectedArr:
        """Bundles written before products were told apart, or customers counted, have none."""
        products = tuple((k, tuple(float(v) for v in p["by_band"]), int(p["customers"])) for k, p in body.get("products", {}).items())
        bands = tuple((float(a), float(b), int(c)) for a, b, c in body["bands"])
        counts = int(body.get("customers", 0)), int(body.get("by_amount", 0)), float(body.get("of_amount", 1.0))
        return cls(body["size_column"], body["overall"], bands, products, *counts)


def _band(sizes: Floats) -> npt.NDArray[np.int64]:
    """The number of each headcount's band; one past the last where it is unknown."""
    last = len(SIZE_EDGES) - 1
    return np.where(np.isnan(sizes), last + 1, np.clip(np.searchsorted(SIZE_EDGES, sizes, side="right") - 1, 0, last))


def _pooled(values: Floats, around: float) -> float:
    if not len(values):
        return around
    weight = len(values) / (len(values) + POOLING_ROWS)
    return float(np.exp(weight * np.log(np.median(values)) + (1 - weight) * np.log(around)))


def _product_keys(product: Texts) -> Texts:
    """Small letters without blanks around; "" where nothing is said."""
    return np.array(["" if p is None or p != p else str(p).strip().casefold() for p in product], dtype=object)
