"""A model's attributions to an additive table of whole points."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import LAYERS, FeatureSpec, Layer, ScorecardSettings, Weighed
from icpfit.scorecard.binning import group_bin, make_bins, ranges
from icpfit.scorecard.card import Attribute, Bin
from icpfit.scorecard.condition import Rule
from icpfit.scorecard.grouping import Group, group_twins
from icpfit.scorecard.imposed import imposed_points, line_of
from icpfit.scorecard.interactions import Found, condition_of, find_rule
from icpfit.scorecard.lookup import bin_index
from icpfit.scorecard.material import Material
from icpfit.scorecard.points import Values, in_order, refit, whole_points
from icpfit.scorecard.reading import as_numbers

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST_POINTS = 2
"""a row that can give no more than one point of 100 is left off"""
LOOSE = 0.05
"""how firmly, beside other bins, a rule and the attributes that it asks are held to where they start"""


@dataclass(frozen=True)
class Draft:
    """Attributes with points, and what a point is worth: ``value = intercept + per_point * points``.

    The value is in the units of the model's target, so that cards of different folds can be compared.
    Rows, rates and intervals of the bins are still empty.
    """

    attributes: tuple[Attribute, ...]
    intercept: float
    per_point: float
    rules: tuple[Rule, ...] = ()

    @property
    def parts(self) -> tuple[Attribute | Rule, ...]:
        """All rows that give points."""
        return (*self.attributes, *self.rules)

    @property
    def layer_maxima(self) -> dict[Layer, int]:
        """The most points that each layer can give."""
        return {layer: sum(part.max_points for part in self.parts if part.layer == layer) for layer in LAYERS}

    def points(self, features: pd.DataFrame) -> Ints:
        total = np.zeros(len(features), dtype=np.int64)
        for a in self.attributes:
            total += np.array([b.points for b in a.bins], dtype=np.int64)[bin_index(a.kind, a.bins, features[a.name])]
        for rule in self.rules:
            total += rule.points_of(features)
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
    draft = _drafted(chosen, material, settings.rules)
    if draft is None:
        return None
    # A row that can give no more than a point costs a reader more than it tells.
    strong = {part.name for part in draft.parts if part.max_points >= LEAST_POINTS}
    if settings.imposed_weights is None and (not strong or len(strong) == len(draft.parts)):
        return draft
    rules = [rule for rule in draft.rules if rule.name in strong]
    asked = {c.feature for rule in rules for c in rule.conditions} - strong
    kept = [c for c in chosen if c[0].spec.name in strong | asked] if strong else chosen
    whole = _drafted(kept, material, len(rules), frozenset(asked), settings.imposed_weights)
    # Where nothing counts by itself, the attributes share what they do together: a card of rules alone says nothing of most accounts.
    return whole if whole is not None and whole.attributes else _drafted(chosen, material, 0, imposed=settings.imposed_weights)


def _drafted(
    chosen: list[tuple[Group, tuple[Bin, ...]]],
    material: Material,
    most_rules: int,
    silent: frozenset[str] = frozenset(),
    imposed: Mapping[Weighed, int] | None = None,
) -> Draft | None:
    """``silent``: attributes that rules ask, and that give no points by themselves; ``imposed``: the weights of layers."""
    codes = [bin_index(g.spec.kind, bins, material.features[g.spec.name]) for g, bins in chosen]
    fitted, found = _fitted(chosen, codes, material, most_rules)
    values = [
        np.full(len(v), v[c].mean()) if g.spec.name in silent else _directed(v, np.bincount(c, minlength=len(v)).astype(np.float64), g.spec)
        for v, c, (g, _) in zip(fitted.of, codes, chosen, strict=False)
    ]
    values += fitted.of[len(chosen) :]
    codes += [f.met for f in found]
    spread = float(sum(v.max() - v.min() for v in values))
    if spread <= 0:
        return None
    layers = [g.spec.layer for g, _ in chosen]
    layers += [layers[_stronger(f, values)] for f in found]
    table = whole_points(values) if imposed is None else imposed_points(values, layers, imposed)
    attributes: list[Attribute] = []
    rules: list[Rule] = []
    intercept = fitted.intercept
    for k, (points, value, code) in enumerate(zip(table, values, codes, strict=True)):
        if points.max() == 0:
            intercept += float(value[code].mean())
            continue
        intercept += float(value.min())
        if k < len(chosen):
            attributes.append(_attribute(*chosen[k], points, material.features[chosen[k][0].spec.name]))
        else:
            rules.append(_rule(found[k - len(chosen)], chosen, layers[k], points, material, len(rules) + 1))
    per_point = spread / 100
    if imposed is not None:
        total = np.sum([p[c] for p, c in zip(table, codes, strict=True)], axis=0)
        intercept, per_point = line_of(total, material.target, 0.05 * per_point)
    return Draft(tuple(attributes), intercept, per_point, tuple(rules))


def _stronger(found: Found, values: list[Floats]) -> int:
    """Of the two attributes of a rule the one that counts more, by position: its layer is the rule's."""
    return max(found.attributes, key=lambda a: float(values[a].max() - values[a].min()))


def _fitted(
    chosen: list[tuple[Group, tuple[Bin, ...]]], codes: list[Ints], material: Material, most_rules: int
) -> tuple[Values, list[Found]]:
    """Values of every bin, then (not met, met) of every rule; each rule is looked for in what the table before it leaves."""
    target, found = material.target, list[Found]()
    sizes, phi = [len(bins) for _, bins in chosen], [g.phi for g, _ in chosen]
    fitted = refit(codes, sizes, phi, target)
    while len(found) < most_rules:
        table = [*codes, *(f.met for f in found)]
        residual = target - fitted.intercept - np.sum([v[c] for v, c in zip(fitted.of, table, strict=True)], axis=0)
        rule = find_rule([g.spec for g, _ in chosen], [b for _, b in chosen], codes, residual, target)
        if rule is None:
            break
        found.append(rule)
        # A rule starts from nothing, and takes from its two attributes the credit that the attributions gave them for both together.
        more = [np.zeros(len(target))] * len(found)
        asked = {a for f in found for a in f.attributes}
        pull = [LOOSE if j in asked else 1.0 for j in range(len(chosen))] + [LOOSE] * len(found)
        fitted = refit([*table, rule.met], [*sizes, *[2] * len(found)], [*phi, *more], target, pull)
    return fitted, found


def _rule(found: Found, chosen: list[tuple[Group, tuple[Bin, ...]]], layer: Layer, points: Ints, material: Material, number: int) -> Rule:
    parts = [(chosen[a][0].spec, chosen[a][1][run[0] : run[1]]) for a, run in zip(found.attributes, found.runs, strict=True)]
    conditions = tuple(condition_of(spec, run, material.features[spec.name]) for spec, run in parts)
    taken = {s.name for s in material.specs}
    free = (n for k in itertools.count(1) if (n := f"rule_{k}") not in taken)
    name = next(itertools.islice(free, number - 1, None))
    return Rule(
        name=name,
        label=" and ".join(c.words for c in conditions),
        layer=layer,
        conditions=conditions,
        points=int(points[1]),
        otherwise=int(points[0]),
    )


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
