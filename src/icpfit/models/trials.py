"""Trials on the tuning folds: which is taken, and how they outlive a search that is cut off."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import numpy as np

from icpfit.models.booster import Recipe
from icpfit.models.folds import Fold
from icpfit.models.matrix import Floats, Ints, Matrix
from icpfit.versioning import code_version, library_versions

Values = Mapping[str, Any]
"""Plain JSON values; their floats come back to the bit."""


@dataclass(frozen=True)
class Tried:
    """A trial on the folds it reached: loss per test row, and the best number of rounds."""

    recipe: Recipe
    losses: tuple[Floats, ...]
    pruned: bool

    @property
    def loss(self) -> Floats:
        return np.concatenate(self.losses)

    def values(self) -> dict[str, Any]:
        return {"recipe": asdict(self.recipe), "losses": [part.tolist() for part in self.losses], "pruned": self.pruned}

    @classmethod
    def from_values(cls, values: Values, asked: Recipe, folds: Sequence[Fold]) -> Tried:
        """The trial that ``values`` were made of, if it can be one of ``asked`` on ``folds``.

        Raises:
            ValueError: it is of another recipe, or its losses are not those of these folds' test rows.
        """
        try:
            recipe, pruned = Recipe(**values["recipe"]), bool(values["pruned"])
            losses = tuple(np.array(part, dtype=np.float64) for part in values["losses"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("a trial is not what icpfit wrote") from error
        if replace(recipe, rounds=asked.rounds) != asked or not 0 < recipe.rounds <= asked.rounds:
            raise ValueError("a trial is of another recipe than the one that is due")
        reached = len(losses) if pruned else len(folds)
        if not 0 < reached <= len(folds) or [p.shape for p in losses] != [(len(f.test),) for f in folds[:reached]]:
            raise ValueError("a trial's losses are not those of the folds' test rows")
        if not all(np.isfinite(part).all() for part in losses):
            raise ValueError("a trial's loss is no number")
        return cls(recipe, losses, pruned)


class TrialLog(Protocol):
    """Where finished batches of trials are kept, so that a search that was cut off goes on where it stood.

    A ``search`` is named by :func:`search_name`: other inputs, another name, so that no search goes on with
    the trials of another.
    """

    def read(self, search: str) -> Sequence[Sequence[Values]]:
        """The batches that were written whole, oldest first; none where there are none that can be trusted."""
        ...

    def write(self, search: str, batch: Sequence[Values]) -> None:
        """One more batch; it is kept when this returns."""
        ...

    def forget(self, search: str, why: str) -> None:
        """Throw the batches of a search away, and say ``why``."""
        ...


class NoLog:
    """Nothing is kept: a search that is cut off begins anew."""

    def read(self, search: str) -> Sequence[Sequence[Values]]:
        return ()

    def write(self, search: str, batch: Sequence[Values]) -> None:
        pass

    def forget(self, search: str, why: str) -> None:
        pass


def search_name(matrix: Matrix, folds: Sequence[Fold], lending: object, **settings: int) -> str:
    """``<outcome>-<sha256>`` over all that decides a trial: rows, attributes, folds, what is borrowed, settings, code and libraries.

    The attributes are those of the matrix, so a refused one is not among them. The number of threads and a
    limit in minutes decide no trial.
    """
    digest = hashlib.sha256()

    def add(value: object) -> None:
        body = np.ascontiguousarray(value).tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
        digest.update(f"{len(body)}:".encode())
        digest.update(body)

    add((matrix.training.fingerprint, code_version(), sorted(library_versions().items()), sorted(settings.items())))
    add(lending)
    add((matrix.X.shape, matrix.names, matrix.monotone, sorted(matrix.encoding.categories.items()), matrix.max_bin))
    for numbers in (matrix.X, matrix.y, *(a for f in folds for a in (f.train, f.train_labels, f.test, f.test_accounts))):
        add(numbers)
    return f"{matrix.training.outcome}-{digest.hexdigest()}"


def choose(done: Sequence[Tried], account: Ints) -> int:
    """The simplest of the trials within one standard error of the best; of equals, the standard, then the lowest loss.

    Simple is shallow. The error is that of the paired difference of losses, with rows of one account taken
    together. The first trial is the standard recipe: on simulated companies, keeping it where nothing is
    clearly better was worth .004 of the attainable AUC over taking the luckiest of its kind.
    """
    finished = [i for i, t in enumerate(done) if not t.pruned]
    best = min(finished, key=lambda i: (float(done[i].loss.mean()), i))
    near = [i for i in finished if behind(done[i].loss, done[best].loss, account) <= 1]
    return min(near, key=lambda i: (done[i].recipe.max_depth, i > 0, float(done[i].loss.mean()), i))


def best_rounds(losses: Floats, account: Ints, *, fewest: bool = False) -> int:
    """Which checkpoint: all rounds, unless fewer are better by more than one standard error. ``losses``: (checkpoints, rows).

    ``fewest``: the other way around, for trees that stand on what another model knows already: the fewest rounds
    that are within one standard error of the best.
    """
    best = int(np.argmin(losses.mean(axis=1)))
    if fewest:
        return next(i for i in range(len(losses)) if behind(losses[i], losses[best], account) <= 1)
    return best if behind(losses[-1], losses[best], account) > 1 else len(losses) - 1


def behind(loss: Floats, best: Floats, account: Ints) -> float:
    """By how many standard errors the mean of ``loss`` is above that of ``best``, row by row; 0 where it is not."""
    gap = loss - best
    mean = float(gap.mean())
    if mean <= 0:
        return 0.0
    sums = np.bincount(account, weights=gap - mean)
    error = float(np.sqrt((sums**2).sum())) / len(gap)
    return mean / error if error > 0 else float("inf")
