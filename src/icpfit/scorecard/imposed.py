"""Layer weights that a company insists on, against what the data says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from icpfit.config import LAYERS, Layer, Weighed
from icpfit.scorecard.measures import LaterRows, stratified_auc
from icpfit.scorecard.points import largest_remainder, whole_points

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def weights_in_force(asked: Mapping[Weighed, int], learned: Mapping[Layer, int]) -> dict[Layer, int]:
    """Whole points per layer, 100 in all, where the company asks for ``asked`` and the data say ``learned``.

    What is asked for the propensity score is shared as the data say, since that is what the model's own weights are. What is asked for
    a layer of which no attribute stands on the card is shared among those that were asked for, as the data say.

    >>> asked: dict[Weighed, int] = {"firmographic": 30, "technographic": 20, "behavioral": 20, "intent": 15, "propensity": 15}
    >>> weights_in_force(asked, {"firmographic": 20, "technographic": 20, "behavioral": 60, "intent": 0})
    {'firmographic': 36, 'technographic': 26, 'behavioral': 38, 'intent': 0}
    """
    there = [layer for layer in LAYERS if learned.get(layer, 0) > 0]
    exact = np.array([float(asked.get(layer, 0)) for layer in there])
    of = np.array([float(learned[layer]) for layer in there])
    propensity = asked.get("propensity", 0)
    exact += propensity * of / of.sum()
    homeless = 100 - propensity - sum(asked.get(layer, 0) for layer in there)
    wanted = np.array([bool(asked.get(layer, 0)) for layer in there])
    takers = of * wanted if wanted.any() else of
    exact += homeless * takers / takers.sum()
    whole = dict(zip(there, largest_remainder(exact, 100).tolist(), strict=True))
    return {layer: whole.get(layer, 0) for layer in LAYERS}


def imposed_points(values: Sequence[Floats], layers: Sequence[Layer], asked: Mapping[Weighed, int]) -> tuple[Ints, ...]:
    """Whole points whose maxima sum to the weights in force, layer by layer; within a layer as the values say."""
    learned = whole_points(values)
    totals: dict[Layer, int] = {layer: sum(int(p.max()) for p, at in zip(learned, layers, strict=True) if at == layer) for layer in LAYERS}
    out = list(learned)
    for layer, weight in weights_in_force(asked, totals).items():
        inside = [i for i, at in enumerate(layers) if at == layer and values[i].max() > values[i].min()]
        for i, points in zip(inside, whole_points([values[i] for i in inside], weight) if inside else (), strict=True):
            out[i] = points
    return tuple(out)


def line_of(points: Ints, target: Floats, at_least: float) -> tuple[float, float]:
    """Intercept and slope of the least-squares line from points to the model's answer; the slope is ``at_least`` so much."""
    away = points - points.mean()
    slope = float(away @ target / max(float(away @ away), 1e-9))
    slope = max(slope, at_least)
    return float(target.mean() - slope * points.mean()), slope


def cost_of(learned: LaterRows, imposed: LaterRows) -> tuple[float, float]:
    """AUC of the card with the learned weights, and the standard error of what is lost, on the labelled rows of both (the same)."""
    known = learned.labelled
    auc, influence = stratified_auc(learned.card[known], learned.label[known], learned.fold[known])
    _, other = stratified_auc(imposed.card[known], imposed.label[known], imposed.fold[known])
    _, cluster = np.unique(learned.account[known], return_inverse=True)
    error = float(np.sqrt((np.bincount(cluster, weights=influence - other) ** 2).sum())) if known.any() else 0.0
    return round(auc, 4), round(error, 4)


def imposed_words(
    asked: Mapping[Weighed, int], weights: Mapping[Layer, int], learned: Mapping[Layer, int], auc: float, auc_learned: float
) -> str:
    """What the company's insistence costs, in a sentence; and what of it could not be done."""

    def said(of: Mapping[Layer, int]) -> str:
        return ", ".join(f"{layer} {of.get(layer, 0)}" for layer in LAYERS)

    # The difference of what is printed: a reader will subtract.
    lost = round(100 * auc_learned, 1) - round(100 * auc, 1)
    costs = f"costs {lost:.1f}" if lost >= 0.05 else "costs none"
    empty = [f"{layer} {asked[layer]}" for layer in LAYERS if asked.get(layer, 0) and not weights.get(layer, 0)]
    missing = f" Asked for {' and '.join(empty)}, of which no attribute stands on the card: the other layers have it." if empty else ""
    return (
        f"The layers' weights are set by the company ({said(weights)}), not by the data ({said(learned)}).{missing} "
        f"Of 100 pairs of later deals this {costs}: {100 * auc:.1f} are in the right order, with the learned weights "
        f"{100 * auc_learned:.1f}."
    )
