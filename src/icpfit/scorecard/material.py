"""What a card is distilled from: the rows, the attribution of every feature, and the model's own answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.attribution import contributions
from icpfit.config import FeatureSpec
from icpfit.models.results import FittedModel
from icpfit.scorecard.card import CardKind

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Models:
    """One model, or the two whose product a tier must mean: wins *and* stays."""

    win: FittedModel | None
    keep: FittedModel | None

    def __post_init__(self) -> None:
        if self.win is None and self.keep is None:
            raise ValueError("a card needs a model")

    @property
    def kind(self) -> CardKind:
        if self.win is None:
            return "retention"
        return "win" if self.keep is None else "icp"

    def margins(self, features: pd.DataFrame) -> list[Floats]:
        """Raw scores of the models that are there, win first."""
        return [m.margin(features) for m in (self.win, self.keep) if m is not None]

    def target(self, margins: list[Floats]) -> Floats:
        """What points must order rows by: calibrated log-odds; for both models, log p_win + log p_keep."""
        odds = self._log_odds(margins)
        if len(odds) == 1:
            return odds[0]
        return np.asarray(-np.logaddexp(0.0, -odds[0]) - np.logaddexp(0.0, -odds[1]))

    def chance(self, margins: list[Floats]) -> Floats:
        """Calibrated chance of the outcome, or of both together."""
        return np.asarray(np.prod([1 / (1 + np.exp(-o)) for o in self._log_odds(margins)], axis=0))

    def _log_odds(self, margins: list[Floats]) -> list[Floats]:
        models = [m for m in (self.win, self.keep) if m is not None]
        return [m.calibration.log_odds(x) for m, x in zip(models, margins, strict=True)]


@dataclass(frozen=True)
class Material:
    """``phi[name]`` is the attribution of a feature per row of ``features``, in the units of ``target``."""

    specs: tuple[FeatureSpec, ...]
    features: pd.DataFrame
    phi: Mapping[str, Floats]
    target: Floats


def gather(specs: tuple[FeatureSpec, ...], features: pd.DataFrame, models: Models) -> Material:
    """Attributions of ``features`` by the models; of ``specs`` only what a model knows is told.

    With two models, log P(win and keep) = log p_w + log p_k on a conditionally independent chain; to first
    order at the mean rates its attribution is (1 - mean p_w) phi(win) + (1 - mean p_k) phi(keep).
    """
    there = [m for m in (models.win, models.keep) if m is not None]
    known = {c for m in there for c in m.encoding.columns}
    specs = tuple(s for s in specs if s.name in known)
    phi: dict[str, Floats] = {s.name: np.zeros(len(features)) for s in specs}
    margins: list[Floats] = []
    for model in there:
        parts = contributions(model.booster, model.encode(features))
        margins.append(parts.sum(axis=1))
        share = 1.0 if len(there) == 1 else 1.0 - float(model.calibration.probability(margins[-1]).mean())
        steepness = model.calibration.steepness(margins[-1], float(parts[0, -1])) if len(parts) else margins[-1]
        for j, name in enumerate(model.encoding.columns):
            if name in phi:
                phi[name] = phi[name] + share * steepness * parts[:, j]
    return Material(specs, features, phi, models.target(margins))


def sample_rows(rows: npt.NDArray[np.int64], most: int, seed: int) -> npt.NDArray[np.int64]:
    """At most ``most`` of ``rows``, seeded, in order."""
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
