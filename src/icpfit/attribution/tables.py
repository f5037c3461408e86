"""All tables of one booster, and rows through them block by block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from icpfit.attribution import plain
from icpfit.attribution.codes import Codes, codes_of
from icpfit.attribution.forest import read_forest
from icpfit.attribution.frame import Column
from icpfit.attribution.groups import grouped
from icpfit.attribution.leaves import leaves_of, listed
from icpfit.attribution.plan import Plan, plan_of

BLOCK = 4096
"""rows at a time: what they need stays in the processor's cache"""
THREADS = 2
FEW = 100_000_000
"""look-ups that NumPy does before numba would be there"""
Engine = Literal["numba", "numpy"]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Take = Callable[[slice, Floats], None]


@dataclass(frozen=True)
class Tables:
    """``base``: the mean margin over the training rows. Which engine walks, with how many threads and in blocks of what size, changes
    no bit of an answer."""

    n_features: int
    base: float
    codes: tuple[Codes, ...]
    plan: Plan

    def __post_init__(self) -> None:
        if any(not 0 <= c.feature < self.n_features for c in self.codes):
            raise ValueError(f"a table asks for a feature that is not among the {self.n_features}")

    def contributions(self, columns: Sequence[Column], *, threads: int = THREADS, engine: Engine | None = None) -> Floats:
        """(n, n_features + 1) in log-odds, the base value last."""
        out = np.empty((_rows(columns), self.n_features + 1))
        out[:, -1] = self.base

        def keep(rows: slice, total: Floats) -> None:
            out[rows, :-1] = total.T

        self._walk(columns, keep, threads, self._engine(len(out), engine))
        return out

    def top_reasons(
        self, columns: Sequence[Column], k: int, *, threads: int = THREADS, engine: Engine | None = None
    ) -> tuple[Ints, Floats, Floats]:
        """(indices (n, k), values (n, k), margin (n,)), without the matrix of all contributions."""
        n, k = _rows(columns), min(k, self.n_features)
        index, value, margin = np.empty((n, k), dtype=np.int64), np.empty((n, k)), np.empty(n)
        walker = self._engine(n, engine)

        def keep(rows: slice, total: Floats) -> None:
            walker.strongest(total, self.base, index[rows], value[rows], margin[rows])

        self._walk(columns, keep, threads, walker)
        return index, value, margin

    def _engine(self, rows: int, asked: Engine | None) -> Any:
        if asked is None and rows * self.plan.adds <= FEW:
            asked = "numpy"
        if asked != "numpy":
            try:
                return import_module("icpfit.attribution.compiled")
            except ImportError:
                if asked == "numba":
                    raise
        return plain

    def _walk(self, columns: Sequence[Column], take: Take, threads: int, walker: Any) -> None:
        starts = range(0, _rows(columns), BLOCK)
        rows = min(BLOCK, _rows(columns))

        def strip(first: int) -> None:
            codes = np.empty((len(self.codes), rows), dtype=np.uint16)
            total = np.empty((self.n_features, rows))
            for start in starts[first::threads]:
                stop = min(start + BLOCK, _rows(columns))
                of, sums = codes[:, : stop - start], total[:, : stop - start]
                for own, out in zip(self.codes, of, strict=True):
                    walker.encode(own, columns[own.feature].block(start, stop), out)
                sums[:] = 0.0
                walker.walk(self.plan, of, sums)
                take(slice(start, stop), sums)

        threads = max(1, min(threads, len(starts)))
        if threads == 1:
            strip(0)
            return
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(strip, range(threads)))


def tables_from(text: str) -> Tables:
    """The tables of a booster's ``model_to_string()``.

    Raises:
        NotTabledError: of a model that they cannot hold exactly.
    """
    forest = read_forest(text)
    codes = codes_of(forest)
    leaves = [leaves_of(tree, codes) if tree.splits else [] for tree in forest.trees]
    groups = grouped(forest.trees, leaves, codes)
    flat = [leaf for own in leaves for leaf in own]
    base = sum((tree.expected() for tree in forest.trees), 0.0)
    return Tables(forest.n_features, base, tuple(codes.values()), plan_of(groups, flat, listed(flat), codes))


def _rows(columns: Sequence[Column]) -> int:
    return len(columns[0].raw)
