"""What two attributes of a LightGBM model do only together: exact SHAP interaction values, texts included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_TINY = 1e-12
"""a share of rows that is never reached, so that nothing is divided by nothing"""
_CELLS = 4_000_000
"""rows times leaves that are looked at in one go"""


@dataclass(frozen=True)
class Interactions:
    """``pairs``: (i, j), i < j, of features that share a path of a tree; ``values`` (n, pairs) in log-odds.

    A value is what the two add to a row's margin together, beyond what each adds alone: twice the off-diagonal
    entry of ``shap.TreeExplainer.shap_interaction_values``, which tells one half to each of the two.
    """

    pairs: tuple[tuple[int, int], ...]
    values: Floats


@dataclass(frozen=True)
class _Leaf:
    value: float
    path: Mapping[int, tuple[tuple[tuple[int, bool], ...], float]]
    """feature -> ((place of a split, the path goes left there) ..., share of the training rows that pass all of its splits)"""


def is_additive(booster: lgb.Booster) -> bool:
    """Each tree asks of one feature only, so each counts by itself and there are no pairs."""
    return all(len(leaf.path) < 2 for tree in _trees(booster) for leaf in _leaves(tree, []))


def interactions(booster: lgb.Booster, X: pd.DataFrame) -> Interactions:
    """Path-dependent SHAP interaction values of every pair of features that has any.

    ``X`` is as the booster was trained on: numbers, and categories of integer codes. For a leaf of value w whose path asks of
    the features F, with o_k = 1 where the row passes the splits on k and z_k the share of the training rows that do, the pair is worth
    w (o_i - z_i)(o_j - z_j) times the integral over t from 0 to 1 of the product over the other k of t o_k + (1 - t) z_k,
    a polynomial that Gauss-Legendre sums exactly. Linear trees are not read.

    Source: Lundberg et al., "From local explanations to global understanding with explainable AI for trees", 2020;
    the integral is Owen's multilinear form of the Shapley interaction index.
    """
    columns = [_column(X[name]) for name in X.columns]
    found: dict[tuple[int, int], Floats] = {}
    by_size: dict[int, list[tuple[_Leaf, Mapping[int, Bools]]]] = {}
    for tree in _trees(booster):
        left: dict[int, Bools] = {node["split_index"]: _goes_left(node, columns) for node in _nodes(tree)}
        for leaf in _leaves(tree, []):
            if len(leaf.path) > 1 and leaf.value:
                by_size.setdefault(len(leaf.path), []).append((leaf, left))
    for size, leaves in sorted(by_size.items()):
        step = max(1, _CELLS // max(1, size * len(X)))
        for start in range(0, len(leaves), step):
            _add(found, leaves[start : start + step], size, len(X))
    pairs = tuple(sorted(found))
    return Interactions(pairs, np.column_stack([found[p] for p in pairs]) if pairs else np.zeros((len(X), 0)))


def _add(found: dict[tuple[int, int], Floats], leaves: list[tuple[_Leaf, Mapping[int, Bools]]], size: int, n: int) -> None:
    """The worth of all pairs of leaves whose paths ask of ``size`` features, added to ``found``."""
    feature = np.array([sorted(leaf.path) for leaf, _ in leaves])
    passed = np.empty((size, n, len(leaves)))
    share = np.empty((size, len(leaves)))
    for at, (leaf, left) in enumerate(leaves):
        for k, f in enumerate(feature[at]):
            splits, share[k, at] = leaf.path[int(f)]
            passed[k, :, at] = np.logical_and.reduce([left[node] == goes for node, goes in splits])
    worth = np.array([leaf.value for leaf, _ in leaves])
    nodes, weights = np.polynomial.legendre.leggauss((size + 1) // 2)
    mixed = [[t * passed[k] + (1 - t) * share[k] for k in range(size)] for t in (nodes + 1) / 2]
    whole = [np.multiply.reduce(parts) for parts in mixed]
    for a in range(size):
        for b in range(a + 1, size):
            rest = sum(w / 2 * all_ / (parts[a] * parts[b]) for w, parts, all_ in zip(weights, mixed, whole, strict=True))
            values = worth * (passed[a] - share[a]) * (passed[b] - share[b]) * rest
            names, group = np.unique(np.stack([feature[:, a], feature[:, b]], axis=1), axis=0, return_inverse=True)
            summed = values @ sparse.csr_array(
                (np.ones(len(group)), (np.arange(len(group)), group.ravel())), shape=(len(group), len(names))
            )
            for column, (i, j) in enumerate(names.tolist()):
                found[i, j] = found.get((i, j), 0.0) + summed[:, column]


def _trees(booster: lgb.Booster) -> list[dict[str, Any]]:
    return [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]


def _nodes(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if "split_index" in node:
            yield node
            waiting += [node["left_child"], node["right_child"]]


def _leaves(node: dict[str, Any], path: list[tuple[int, int, bool, float]]) -> Iterator[_Leaf]:
    """``path``: (feature, place of the split, goes left, share of its rows that go there) of the splits above."""
    if "split_index" not in node:
        features: dict[int, tuple[tuple[tuple[int, bool], ...], float]] = {}
        for feature, place, goes, share in path:
            splits, before = features.get(feature, ((), 1.0))
            features[feature] = ((*splits, (place, goes)), max(before * share, _TINY))
        yield _Leaf(float(node["leaf_value"]), features)
        return
    rows = max(node["internal_count"], 1)
    for side, goes in (("left_child", True), ("right_child", False)):
        child = node[side]
        share = child.get("internal_count", child.get("leaf_count", 0)) / rows
        yield from _leaves(child, [*path, (node["split_feature"], node["split_index"], goes, share)])


def _column(values: pd.Series) -> Floats:
    """Numbers; a category's codes, with NaN where there is none."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes.to_numpy(np.float64)
        return np.where(codes < 0, np.nan, codes)
    return values.to_numpy(np.float64)


def _goes_left(node: dict[str, Any], columns: list[Floats]) -> Bools:
    """As LightGBM decides: what is missing goes where the split says, or counts as 0 where it knew none missing."""
    values = columns[node["split_feature"]]
    if node["decision_type"] == "==":
        return np.isin(values, [float(code) for code in node["threshold"].split("||")])
    missing = node["missing_type"]
    filled = values if missing == "NaN" else np.where(np.isnan(values), 0.0, values)
    lost = np.isnan(filled) if missing == "NaN" else np.abs(filled) <= 1e-35 if missing == "Zero" else np.zeros(len(filled), dtype=bool)
    left: Bools = np.where(lost, bool(node["default_left"]), filled <= node["threshold"])
    return left
