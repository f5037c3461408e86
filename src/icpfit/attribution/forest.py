"""A booster's trees, read from LightGBM's own model text; what cannot be tabled exactly is refused in words.

The text and not ``dump_model()``: the dump writes an infinite threshold as 1e300.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

IS_CATEGORY, GOES_LEFT_BY_DEFAULT = 1, 2
"""bits of LightGBM's decision_type; the two above them are the missing type"""
NO_MISSING, ZERO_IS_MISSING, NAN_IS_MISSING = 0, 1, 2
Header = dict[str, str]


class NotTabledError(Exception):
    """Why a booster's contributions cannot be tabled exactly; :func:`icpfit.attribution.why_not` tells it."""


@dataclass(frozen=True, slots=True)
class Split:
    """``categories``: those that go left (bit c for the code c), None for a number, which goes left up to ``threshold``."""

    feature: int
    threshold: float
    categories: int | None
    missing: int
    default_left: bool
    left: int
    right: int
    """a child's number; a leaf's is ``~leaf``, as LightGBM writes it"""


@dataclass(frozen=True, slots=True)
class Tree:
    """``counts`` of training rows: of the splits, then of the leaves. A tree without splits has one value and no counts."""

    splits: tuple[Split, ...]
    values: tuple[float, ...]
    split_counts: tuple[int, ...]
    leaf_counts: tuple[int, ...]

    def count(self, node: int) -> int:
        return self.split_counts[node] if node >= 0 else self.leaf_counts[~node]

    def expected(self) -> float:
        """Mean of the leaves over the training rows, in log-odds, summed in LightGBM's order."""
        if not self.splits:
            return self.values[0]
        return sum(((n / self.split_counts[0]) * v for n, v in zip(self.leaf_counts, self.values, strict=True)), 0.0)


@dataclass(frozen=True, slots=True)
class Forest:
    n_features: int
    trees: tuple[Tree, ...]


def read_forest(text: str) -> Forest:
    """The trees of one booster's ``model_to_string()``.

    Raises:
        NotTabledError: averaged trees (random forest), several classes, linear leaves, or a leaf without training rows.
    """
    parts = _parts(text)
    head = next(parts)
    if head.get("num_tree_per_iteration", "1") != "1":
        raise NotTabledError("the model has several classes")
    if "average_output" in head:
        raise NotTabledError("the model averages its trees (a random forest)")
    return Forest(int(head["max_feature_idx"]) + 1, tuple(_tree(i, part) for i, part in enumerate(parts)))


def _parts(text: str) -> Iterator[Header]:
    """The lines ``key=value`` of the head, then of each tree."""
    body = text.split("\nend of trees", 1)[0]
    for part in body.split("\nTree="):
        yield {key: value for key, _, value in (line.partition("=") for line in part.split("\n"))}


def _tree(number: int, lines: Header) -> Tree:
    if lines.get("is_linear", "0") == "1":
        raise NotTabledError(f"tree {number} has linear leaves")
    values = _floats(lines["leaf_value"])
    if int(lines["num_leaves"]) <= 1:
        return Tree((), values, (), ())
    sets = _sets(lines) if int(lines.get("num_cat", "0")) else []
    columns = (lines[key].split() for key in ("split_feature", "threshold", "decision_type", "left_child", "right_child"))
    splits = []
    for feature, threshold, kind, left, right in zip(*columns, strict=True):
        flags = int(kind)
        split = Split(
            feature=int(feature),
            threshold=float(threshold),
            categories=sets[int(float(threshold))] if flags & IS_CATEGORY else None,
            missing=(flags >> 2) & 3,
            default_left=bool(flags & GOES_LEFT_BY_DEFAULT),
            left=int(left),
            right=int(right),
        )
        splits.append(split)
    counts = tuple(int(c) for c in lines["internal_count"].split()), tuple(int(c) for c in lines["leaf_count"].split())
    if min(map(min, counts)) <= 0:
        raise NotTabledError(f"tree {number} has a leaf that no training row reached")
    return Tree(tuple(splits), values, *counts)


def _floats(text: str) -> tuple[float, ...]:
    return tuple(float(x) for x in text.split())


def _sets(lines: Header) -> list[int]:
    """Each set of categories as one number of bits."""
    ends = [int(x) for x in lines["cat_boundaries"].split()]
    words = [int(x) for x in lines["cat_threshold"].split()]
    return [sum(word << (32 * i) for i, word in enumerate(words[a:b])) for a, b in pairwise(ends)]
