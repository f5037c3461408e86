"""How much each layer of signals counts in each region: one weight of its own for every segment, drawn toward 1.

Signals need not mean the same everywhere: an active trial may say less of a buyer in one region than in another. A region
is too thin for a model of its own, and trees that may split on it again and again learn its noise (on simulated companies
they gave away what they found). So an additive model is kept, and each segment gets one number for each layer: by how
much more, or less, that layer counts there. All these numbers come from one normal distribution around 0 whose width the data
choose; where the data show none, the width is 0 and the model stays as it was.
Source: random slopes with an empirical Bayes width (Laplace's approximation), as in Gelman and Hill, "Data Analysis Using
Regression and Multilevel/Hierarchical Models", 2007, chapter 13.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from icpfit.models.evidence_fit import NormalFit, fit_normal
from icpfit.models.folds import group_of
from icpfit.models.matrix import Floats, Ints, Matrix
from icpfit.models.stumps import Weight, with_weights

WIDTHS = (0.003, 0.01, 0.03, 0.1, 0.3)
"""variances that are tried"""
CLEARLY = 2.0
"""by how much the log evidence must be better than that of no weights at all: seven to one"""
FEWEST = 50
"""rows with an outcome that a segment needs"""
NORMAL_95 = 1.645
LEAST = 0.05
"""of an average weight, to compare with"""


@dataclass(frozen=True, slots=True)
class LocalWeight:
    """In the segment ``level`` of ``attribute``, the columns of ``layer`` count ``times`` as much as the booster's trees say.

    ``compared``: the same beside the average of the attribute's segments, by their ``rows``; that is what a reader wants to know.
    """

    attribute: str
    level: str
    code: int
    layer: str
    times: float
    rows: int
    compared: float
    low: float
    high: float
    """the 90 % range of ``compared``"""


@dataclass(frozen=True)
class Weighed:
    """``weights``: none where the data show none. ``margin`` (n,): of the rows given, with weights that their own half did not set."""

    weights: tuple[LocalWeight, ...]
    margin: Floats


def gates_of(matrix: Matrix, columns: Ints, segments: Sequence[str]) -> list[int]:
    """The columns in use whose values are segments: texts that the configuration names in ``training.segments``."""
    return [int(c) for c in columns if matrix.names[c] in segments and matrix.is_category(int(c))]


def weigh(matrix: Matrix, rows: Ints, labels: Floats, columns: Ints, gates: Sequence[int], parts: Floats, *, seed: int) -> Weighed:
    """Weights for the segments of ``gates``, from what an additive model said of rows that it was not trained on.

    ``parts`` (n, columns + 1): its attributions of ``rows`` in log-odds, the constant last.
    """
    margin = parts.sum(axis=1)
    named, Z = _design(matrix, rows, columns, gates, parts[:, :-1])
    if not named:
        return Weighed((), margin)
    nothing = float((labels * margin - np.logaddexp(0.0, margin)).sum())
    width, found = max(((w, _fit(margin, labels, Z, w)) for w in WIDTHS), key=lambda f: f[1].evidence)
    if not found.evidence > nothing + CLEARLY:
        return Weighed((), margin)
    half = group_of(matrix.account_id[rows], 2, seed, "weights")
    told = margin.copy()
    for h in (0, 1):
        told[half == h] += Z[half == h] @ _bounded(_fit(margin[half != h], labels[half != h], Z[half != h], width))
    return Weighed(_named(matrix, rows, named, _bounded(found), found.errors), told)


def weighed_booster(booster: lgb.Booster, matrix: Matrix, rows: Ints, columns: Ints, weights: Sequence[LocalWeight]) -> lgb.Booster:
    """The additive ``booster``, trained on ``rows`` and ``columns``, with its weights written into it."""
    place = {matrix.names[c]: j for j, c in enumerate(columns)}
    local = [
        Weight(place[w.attribute], w.code, j, w.times - 1)
        for w in weights
        for j, c in enumerate(columns)
        if matrix.layers[c] == w.layer and j != place[w.attribute]
    ]
    return with_weights(booster, np.ascontiguousarray(matrix.X[np.ix_(rows, columns)]), local)


def _design(matrix: Matrix, rows: Ints, columns: Ints, gates: Sequence[int], parts: Floats) -> tuple[list[tuple[int, int, str]], Floats]:
    """For each segment and layer what the layer says of the segment's rows, around its mean of all rows; 0 elsewhere."""
    around = parts - parts.mean(axis=0)
    named: list[tuple[int, int, str]] = []
    made: list[Floats] = []
    for gate in gates:
        value = matrix.X[rows, gate]
        for layer in dict.fromkeys(matrix.layers[c] for c in columns):
            of_layer = [j for j, c in enumerate(columns) if matrix.layers[c] == layer and c != gate]
            says = around[:, of_layer].sum(axis=1)
            for code in range(len(matrix.encoding.categories[matrix.names[gate]])):
                inside = value == code
                if of_layer and inside.sum() >= FEWEST and says[inside].std() > 0:
                    named.append((gate, code, str(layer)))
                    made.append(np.where(inside, says, 0.0))
    return named, np.column_stack(made) if made else np.zeros((len(rows), 0))


def _named(matrix: Matrix, rows: Ints, named: Sequence[tuple[int, int, str]], more: Floats, error: Floats) -> tuple[LocalWeight, ...]:
    size = np.array([int((matrix.X[rows, gate] == code).sum()) for gate, code, _ in named])
    weights = []
    for k, (gate, code, layer) in enumerate(named):
        alike = [i for i, (g, _, of) in enumerate(named) if (g, of) == (gate, layer)]
        average = max(1 + float(more[alike] @ size[alike]) / float(size[alike].sum()), LEAST)
        name, times = matrix.names[gate], 1 + float(more[k])
        level = str(matrix.encoding.categories[name][code])
        ends = [(times + sign * NORMAL_95 * float(error[k])) / average for sign in (-1, 1)]
        weights.append(LocalWeight(name, level, code, layer, times, int(size[k]), times / average, max(ends[0], 0.0), ends[1]))
    return tuple(weights)


def _fit(margin: Floats, labels: Floats, Z: Floats, width: float) -> NormalFit:
    return fit_normal(Z, labels, np.full(Z.shape[1], width), margin)


def _bounded(found: NormalFit) -> Floats:
    """None below -1, where a layer counts for nothing: less would turn around what an attribute says, declared directions too."""
    return np.maximum(found.coefficients, -1.0)
