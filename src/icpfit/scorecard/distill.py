"""A model's attributions to an additive table of whole points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import FeatureSpec, ScorecardSettings
from icpfit.scorecard.binning import group_bin, make_bins, ranges
from icpfit.scorecard.card import Attribute, Bin
from icpfit.scorecard.grouping import Group, group_twins
from icpfit.scorecard.lookup import bin_index
from icpfit.scorecard.material import Material
from icpfit.scorecard.points import in_order, refit, whole_points
from icpfit.scorecard.reading import as_numbers

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST_POINTS = 2
"""an attribute that can give no more than one point of 100 is left off"""


@dataclass(frozen=True)
class Draft:
    """Attributes with points, and what a point is worth: ``value = intercept + per_point * points``.

    The value is in the units of the model's target, so that cards of different folds can be compared.
    Rows, rates and intervals of the bins are still empty.
    """

    attributes: tuple[Attribute, ...]
    intercept: float
    per_point: float

    def points(self, features: pd.DataFrame) -> Ints:
        total = np.zeros(len(features), dtype=np.int64)
        for a in self.attributes:
            total += np.array([b.points for b in a.bins], dtype=np.int64)[bin_index(a.kind, a.bins, features[a.name])]
        return total

    def value(self, features: pd.DataFrame) -> Floats:
        return np.asarray(self.intercept + self.per_point * self.points(features), dtype=np.float64)


def distill(material: Material, settings: ScorecardSettings) -> Draft | None:
    """The card's table for this material; None where no attribute tells rows apart."""
    chosen: list[tuple[Group, tuple[Bin, ...]]] = []
    for group in group_twins(material.specs, material.features, material.phi):
        if len(chosen) == settings.attributes:
            break
        bins = make_bins(group.spec, material.features[group.spec.name], group.phi, settings.bins)
        if bins is not None:
            chosen.append((group, bins))
    if not chosen:
        return None
    draft = _drafted(chosen, material)
    if draft is None:
        return None
    strong = {a.name for a in draft.attributes if a.max_points >= LEAST_POINTS}
    if not strong or len(strong) == len(draft.attributes):
        return draft
    return _drafted([c for c in chosen if c[0].spec.name in strong], material)


def _drafted(chosen: list[tuple[Group, tuple[Bin, ...]]], material: Material) -> Draft | None:
    codes = [bin_index(g.spec.kind, bins, material.features[g.spec.name]) for g, bins in chosen]
    sizes = [len(bins) for _, bins in chosen]
    fitted = refit(codes, sizes, [g.phi for g, _ in chosen], material.target)
    values = [
        _directed(v, np.bincount(c, minlength=len(bins)).astype(np.float64), g.spec)
        for v, c, (g, bins) in zip(fitted.of, codes, chosen, strict=True)
    ]
    spread = float(sum(v.max() - v.min() for v in values))
    if spread <= 0:
        return None
    attributes: list[Attribute] = []
    intercept = fitted.intercept
    for (group, bins), points, value, code in zip(chosen, whole_points(values), values, codes, strict=True):
        if points.max() == 0:
            intercept += float(value[code].mean())
            continue
        intercept += float(value.min())
        attributes.append(_attribute(group, bins, points, material.features[group.spec.name]))
    return Draft(tuple(attributes), intercept, spread / 100)


def _directed(values: Floats, rows: Floats, spec: FeatureSpec) -> Floats:
    """Values that hold the declared direction; the last bin is ``unknown``, which has none."""
    if spec.monotone is None or spec.kind == "category":
        return values
    return np.concatenate([in_order(values[:-1], rows[:-1], spec.monotone), values[-1:]])


def _attribute(group: Group, bins: tuple[Bin, ...], points: Ints, column: pd.Series) -> Attribute:
    spec = group.spec
    filled = [replace(b, points=int(p)) for b, p in zip(bins, points, strict=True)]
    return Attribute(
        name=spec.name,
        label=spec.label,
        layer=spec.layer,
        kind=spec.kind,
        unit=spec.unit,
        why=spec.why,
        bins=_merged(spec, filled, column),
        own_value_r2=round(group.own_value_r2, 4),
        stands_for=tuple(t.label for t in group.twins),
        monotone=spec.monotone if spec.kind != "category" else None,
    )


def _merged(spec: FeatureSpec, bins: list[Bin], column: pd.Series) -> tuple[Bin, ...]:
    """Neighbours of equal points become one row of the card; categories too, and stand in falling order of points."""
    known, unknown = bins[:-1], bins[-1]
    if spec.kind == "number":
        runs = [list(run) for _, run in groupby(known, key=lambda b: b.points)]
        edges = [run[0].low for run in runs[1:]]
        blank = ranges(spec, [e for e in edges if e is not None], as_numbers(column))
        return (*(replace(b, points=run[0].points) for b, run in zip(blank, runs, strict=True)), unknown)
    if spec.kind == "flag":
        return tuple(bins)
    named = [b for b in known if not b.other]
    together = [
        replace(group_bin(tuple(v for b in named if b.points == points for v in b.values)), points=points)
        for points in sorted({b.points for b in named}, reverse=True)
    ]
    return (*together, *(b for b in known if b.other), unknown)
