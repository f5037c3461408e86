"""The path-dependent Shapley values of one leaf: a short list, because only *which* of the path's conditions hold matters.

A leaf of value v at the end of a path that asks d features adds v times a product to the model: of each feature in a coalition whether
its condition holds (o = 1 or 0), of each other the share z of training rows that hold it. Sum that over the coalitions, with h of
the d conditions holding (H the set), R the product of z over those that do not, and

    G(S) = sum over k of k! (d - 1 - k)! / d! times the coefficient of t^k in the product over S of (z + t):

a feature that holds gets v R (1 - z) G(H without it), one that does not gets - v R G(H). Every term is of one sign, so nothing cancels.
Source: Lundberg et al., "From local explanations to global understanding with explainable AI for trees", 2020; that 2^d
cases are all: Yang, "Fast TreeSHAP: accelerating SHAP value computation for trees", 2021.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
import numpy.typing as npt

from icpfit.attribution.codes import Codes
from icpfit.attribution.forest import NotTabledError, Tree

MOST_FEATURES = 16
"""of one path: its list has 2^16 entries a feature"""
AT_ONCE = 1 << 18
"""numbers in memory while lists are made"""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Leaf:
    """``holds[i]``: the codes of ``features[i]`` (rising) that satisfy the path; ``shares[i]``: of the training rows, z above."""

    features: tuple[int, ...]
    holds: tuple[int, ...]
    shares: tuple[float, ...]
    value: float


def leaves_of(tree: Tree, codes: Mapping[int, Codes]) -> list[Leaf]:
    """The leaves in the order of LightGBM's numbers.

    Raises:
        NotTabledError: a path asks more than 16 features.
    """
    found: dict[int, Leaf] = {}
    path: list[tuple[int, dict[int, tuple[int, float]]]] = [(0, {})]
    while path:
        node, so_far = path.pop()
        if node < 0:
            features = tuple(sorted(so_far))
            if len(features) > MOST_FEATURES:
                raise NotTabledError(f"a path asks {len(features)} features; up to {MOST_FEATURES} can be tabled")
            holds, shares = zip(*(so_far[f] for f in features), strict=True)
            found[~node] = Leaf(features, holds, shares, tree.values[~node])
            continue
        split = tree.splits[node]
        own = codes[split.feature]
        left = own.left(split)
        held, share = so_far.get(split.feature, (own.everything, 1.0))
        for child, way in ((split.left, left), (split.right, own.everything & ~left)):
            part = tree.count(child) / tree.split_counts[node]
            path.append((child, {**so_far, split.feature: (held & way, share * part)}))
    return [found[i] for i in range(len(found))]


def listed(leaves: Sequence[Leaf]) -> list[Floats]:
    """Of each leaf (d, 2^d) log-odds: of each feature when the conditions in the bits of the second index hold.

    One split of a stump with value 1, which 3 of 4 rows satisfy: they get the missing quarter, the others lose three.

    >>> listed([Leaf((0,), (1,), (0.75,), 1.0)])[0].tolist()
    [[-0.75, 0.25]]
    """
    lists: list[Floats] = [np.empty((0, 0))] * len(leaves)
    by_size: dict[int, list[int]] = {}
    for i, leaf in enumerate(leaves):
        by_size.setdefault(len(leaf.features), []).append(i)
    for d, same in by_size.items():
        for some in _parts(same, max(1, AT_ONCE // (d << d))):
            made = _lists(np.array([leaves[i].shares for i in some]), np.array([leaves[i].value for i in some]))
            for i, one in zip(some, made, strict=True):
                lists[i] = one
    return lists


def _parts(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _lists(z: Floats, value: Floats) -> Floats:
    """(m, d, 2^d) of ``z`` (m, d) and ``value`` (m,)."""
    m, d = z.shape
    unheld = value[:, None]
    product = np.zeros((m, 1, d + 1))
    product[:, :, 0] = 1.0
    for i in range(d):
        share = z[:, i, None]
        unheld = np.concatenate([unheld * share, unheld], axis=1)
        more = product * share[:, :, None]
        more[:, :, 1:] += product[:, :, :-1]
        product = np.concatenate([product, more], axis=1)
    weight = np.array([factorial(k) * factorial(d - 1 - k) / factorial(d) for k in range(d)])
    g = np.zeros(product.shape[:2])
    for k in range(d):
        g += product[:, :, k] * weight[k]
    out = np.empty((m, d, 1 << d))
    for i in range(d):
        by_bit = (m, -1, 2, 1 << i)  # the third index: whether condition i holds
        lost, own, into = unheld.reshape(by_bit), g.reshape(by_bit)[:, :, 0], out[:, i].reshape(by_bit)
        np.multiply(-lost[:, :, 0], own, out=into[:, :, 0])
        np.multiply(lost[:, :, 1] * (1.0 - z[:, i])[:, None, None], own, out=into[:, :, 1])
    return out
