"""Folds that go forward in time; where there is no time, folds that keep an account on one side."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from icpfit.config import TrainingSettings
from icpfit.errors import FoldError
from icpfit.models.matrix import Floats, Ints, Matrix
from icpfit.moments import quarter_of, quarter_start

MIN_TEST_ROWS = 30
MIN_TEST_CLASS = 5
MIN_TRAIN_CLASS = 10
ENOUGH_FOLDS = 3
MIN_TUNING_CLASS = 60
"""of the rarer outcome among the tuning folds' test rows; with fewer, recipes cannot be told apart"""
GROUPS = 5
GROUPS_FINAL = 2
CHAIN_FROM = 2
"""groups from which the first model of a chain learns"""
NOT_TUNED = "too few outcomes to choose among settings of the model: the standard ones are used, and every test is of them"
WIDTHS = (1, 2, 4)
"""Where single quarters hold too few deals, half-years are tested, then years."""


@dataclass(frozen=True)
class Fold:
    """Rows to learn from, with labels *as known at the origin*, and later rows to be tested on.

    Rows are numbered in the matrix's order. ``origin`` is the position from which the test rows come
    (None where there is no time).

    Raises:
        FoldError: an account stands on both sides, a training row is not older than the origin, a test
            row is older than it, or a training label is not known.
    """

    name: str
    train: Ints
    train_labels: Floats
    test: Ints
    train_accounts: Ints
    test_accounts: Ints
    train_positions: Ints
    test_positions: Ints
    origin: int | None

    def __post_init__(self) -> None:
        shared = np.intersect1d(self.train_accounts, self.test_accounts)
        if len(shared):
            raise FoldError(f"fold {self.name}: {len(shared)} accounts stand among both the training and the test rows")
        if np.isnan(self.train_labels).any():
            raise FoldError(f"fold {self.name}: {int(np.isnan(self.train_labels).sum())} training labels are not known at its start")
        if self.origin is not None:
            if (late := int((self.train_positions >= self.origin).sum())) > 0:
                raise FoldError(f"fold {self.name}: {late} training rows are not older than its start")
            if (early := int((self.test_positions < self.origin).sum())) > 0:
                raise FoldError(f"fold {self.name}: {early} test rows are older than its start")

    def within(self, kept: npt.NDArray[np.bool_]) -> Fold:
        """The fold on some of the rows only."""
        a, b = kept[self.train], kept[self.test]
        return Fold(
            self.name,
            self.train[a],
            self.train_labels[a],
            self.test[b],
            self.train_accounts[a],
            self.test_accounts[b],
            self.train_positions[a],
            self.test_positions[b],
            self.origin,
        )


@dataclass(frozen=True)
class FoldPlan:
    """``tuning`` folds choose the recipe; ``backtest`` folds measure it; those named in ``final`` tuning never saw.

    No test row of a final fold is a row of any tuning fold, on either side. In a ``chain`` each fold learns from
    rows that no later fold tests, so that a chance likeness of two folds cannot count twice: forward in time
    the backtest is one; groups of accounts, which test each other, have a chain of their own, the final folds last.
    """

    forward: bool
    tuning: tuple[Fold, ...]
    backtest: tuple[Fold, ...]
    final: tuple[str, ...]
    chain: tuple[Fold, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unseen = [f.test for f in self.backtest if f.name in self.final]
        rows = np.concatenate(unseen) if unseen else np.empty(0, dtype=np.int64)
        for fold in self.tuning:
            if np.isin(fold.test, rows).any() or np.isin(fold.train, rows).any():
                raise FoldError(f"tuning would see final rows in the fold {fold.name}")
        for i, fold in enumerate(self.chain):
            if any(np.isin(fold.train, later.test).any() for later in self.chain[i:]):
                raise FoldError(f"the fold {fold.name} would learn from rows that it or a later fold tests")


def plan_folds(matrix: Matrix, settings: TrainingSettings) -> FoldPlan | None:
    """The folds of a matrix; None where no honest fold can be made.

    Forward in time, the newest ``test_quarters`` periods are tested that hold at least 30 rows with both
    outcomes and have at least ``min_train_rows`` older rows whose outcome was known when they began. The
    newest ``final_quarters`` of them are kept from tuning. Without time, or with too little of it,
    accounts are dealt to five groups by a hash of their id.
    """
    notes: list[str] = []
    if matrix.timing != "none":
        tried = [(width, _forward(matrix, settings, width)) for width in WIDTHS]
        enough = [t for t in tried if len(t[1]) >= ENOUGH_FOLDS]
        width, found = enough[0] if enough else max(tried, key=lambda t: len(t[1]))
        if found:
            return _forward_plan(found, matrix, settings, width)
        notes.append("too few older outcomes are known to test forward in time; tested on groups of accounts instead")
    else:
        notes.append("there are no dates, so the model could not be tested forward in time; tested on groups of accounts instead")
    return _grouped_plan(matrix, settings, notes)


def _forward_plan(found: list[Fold], matrix: Matrix, settings: TrainingSettings, width: int) -> FoldPlan:
    n = len(found)
    period = "quarters" if matrix.timing == "dated" else "blocks of rows"
    final = min(settings.final_quarters, max(1, n - 2))
    notes: list[str] = []
    if width > 1:
        notes.append(f"single {period} hold too few deals; {width} are tested together")
    if n < settings.test_quarters:
        notes.append(f"of the {settings.test_quarters} {period} asked for, {n} had enough deals and enough known outcomes before them")
    folds = tuple(found)
    if not _can_tune(matrix, folds[: n - final]):
        final = n
        notes.append(NOT_TUNED)
    return FoldPlan(True, folds[: n - final], folds, tuple(f.name for f in folds[n - final :]), folds, tuple(notes))


def _can_tune(matrix: Matrix, folds: Sequence[Fold]) -> bool:
    return bool(folds) and _rarer(matrix.y[np.concatenate([f.test for f in folds])]) >= MIN_TUNING_CLASS


def _periods(matrix: Matrix, width: int) -> Iterator[tuple[str, int, int]]:
    """Newest first: name, first position, first position after it."""
    if matrix.timing == "dated":
        quarters = sorted(set(quarter_of(matrix.position).tolist()))
        first, last = _index(quarters[0]), _index(quarters[-1])
        for end in range(last, first - 1, -width):
            begin = end - width + 1
            name = _quarter(end) if width == 1 else f"{_quarter(begin)}-{_quarter(end)}"
            yield name, quarter_start(_quarter(begin)), quarter_start(_quarter(end + 1))
        return
    starts: dict[str, int] = {}
    for name, position in zip(matrix.cohort, matrix.position, strict=True):
        starts.setdefault(str(name), int(position))
    blocks = list(starts.items())
    ends = [s for _, s in blocks[1:]] + [int(matrix.position[-1]) + 1]
    for end in range(len(blocks) - 1, -1, -width):
        begin = max(0, end - width + 1)
        name = blocks[end][0] if begin == end else f"{blocks[begin][0]} to {blocks[end][0]}"
        yield name, blocks[begin][1], ends[end]


def _index(quarter: str) -> int:
    return int(quarter[:4]) * 4 + int(quarter[5]) - 1


def _quarter(index: int) -> str:
    """
    >>> _quarter(2026 * 4), _quarter(_index("0001Q3"))
    ('2026Q1', '0001Q3')
    """
    return f"{index // 4:04}Q{index % 4 + 1}"


def _forward(matrix: Matrix, settings: TrainingSettings, width: int) -> list[Fold]:
    """Oldest first, at most ``test_quarters`` of them."""
    found: list[Fold] = []
    for name, begin, end in _periods(matrix, width):
        test = np.flatnonzero((matrix.position >= begin) & (matrix.position < end))
        if len(test) < MIN_TEST_ROWS or _rarer(matrix.y[test]) < MIN_TEST_CLASS:
            continue
        labels = matrix.labels_at(begin)
        train = np.flatnonzero(~np.isnan(labels) & ~np.isin(matrix.account, matrix.account[test]))
        if len(train) < settings.min_train_rows or _rarer(labels[train]) < MIN_TRAIN_CLASS:
            continue
        found.append(make_fold(matrix, name, train, labels[train], test, begin))
        if len(found) == settings.test_quarters:
            break
    return found[::-1]


def make_fold(matrix: Matrix, name: str, train: Ints, labels: Floats, test: Ints, origin: int | None) -> Fold:
    """A fold of a matrix's rows."""
    a, p = matrix.account, matrix.position
    return Fold(name, train, labels, test, a[train], a[test], p[train], p[test], origin)


def _rarer(labels: Floats) -> int:
    positives = int((labels == 1).sum())
    return min(positives, len(labels) - positives)


def group_of(account_ids: npt.NDArray[np.object_], groups: int, seed: int, salt: str = "") -> Ints:
    """A group for each account by the hash of its id: the same whatever rows stand around it."""
    ids, inverse = np.unique(account_ids.astype(str), return_inverse=True)
    hashes = [int.from_bytes(hashlib.sha256(f"{salt}{seed}|{i}".encode()).digest()[:8], "big") % groups for i in ids]
    return np.asarray(hashes, dtype=np.int64)[inverse]


def _grouped_plan(matrix: Matrix, settings: TrainingSettings, notes: list[str]) -> FoldPlan | None:
    if len(matrix) < settings.min_train_rows:
        return None
    group = group_of(matrix.account_id, GROUPS, settings.seed)
    final = range(GROUPS_FINAL)
    tuned = ~np.isin(group, list(final))
    backtest: list[Fold] = []
    tuning: list[Fold] = []
    for g in range(GROUPS):
        test, rest = np.flatnonzero(group == g), np.flatnonzero(group != g)
        if _rarer(matrix.y[test]) < 1 or _rarer(matrix.y[rest]) < MIN_TRAIN_CLASS:
            return None
        backtest.append(make_fold(matrix, f"group {g + 1}", rest, matrix.y[rest], test, None))
        if g not in final:
            inner = np.flatnonzero((group != g) & tuned)
            tuning.append(make_fold(matrix, f"group {g + 1}", inner, matrix.y[inner], test, None))
    chain = _chain(matrix, {g: backtest[g].test for g in (*range(GROUPS_FINAL, GROUPS), *final)})
    if not _can_tune(matrix, tuning):
        return FoldPlan(False, (), tuple(backtest), tuple(f.name for f in backtest), chain, (*notes, NOT_TUNED))
    return FoldPlan(False, tuple(tuning), tuple(backtest), tuple(f"group {g + 1}" for g in final), chain, tuple(notes))


def _chain(matrix: Matrix, groups: Mapping[int, Ints]) -> tuple[Fold, ...]:
    """Each group but the first two is tested by all that stand before it, where those tell enough."""
    tests = list(groups.items())
    folds: list[Fold] = []
    for i in range(CHAIN_FROM, len(tests)):
        g, test = tests[i]
        before = np.sort(np.concatenate([rows for _, rows in tests[:i]]))
        if _rarer(matrix.y[before]) >= MIN_TRAIN_CLASS:
            folds.append(make_fold(matrix, f"group {g + 1}", before, matrix.y[before], test, None))
    return tuple(folds)


def sample_accounts(matrix: Matrix, max_rows: int, seed: int) -> npt.NDArray[np.bool_]:
    """All rows, or those of accounts drawn by hash until ``max_rows`` would be passed."""
    if len(matrix) <= max_rows:
        return np.ones(len(matrix), dtype=bool)
    place = group_of(matrix.account_id, 2**62, seed, "sample")
    kept: npt.NDArray[np.bool_] = place < np.sort(place)[max_rows]
    return kept
