"""An additive booster as what it is: a table of yes/no questions, each asked once, and in some segments with another weight.

Four hundred trees of one split ask some seventy different questions. Put together they say the same in a fifth of the
trees; and a question can then be asked again inside a segment, which is a tree of two splits. Everything is written as
LightGBM's own model text and read by LightGBM itself, so that whatever can read such a text needs to know nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from icpfit.models.matrix import Floats

CATEGORY, DEFAULT_LEFT, MISSING_IS_NAN = 1, 2, 8
"""bits of LightGBM's decision_type"""
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stump:
    """One question of one column: ``yes`` and ``no`` in log-odds.

    ``categories``: the codes that answer yes; None for a number, which answers yes up to ``threshold``. An unknown number
    answers ``unknown``, or as 0 does where there was none in training (``as_zero``); an unknown category answers no.
    """

    column: int
    threshold: float
    categories: tuple[int, ...] | None
    unknown: bool
    as_zero: bool
    yes: float
    no: float
    gain: float = 0.0
    """of all the splits that asked it"""

    def answers(self, x: Floats) -> Flags:
        """(n,): whether each value answers yes.

        >>> Stump(0, 1.5, None, True, False, 1.0, 0.0).answers(np.array([1.0, 2.0, np.nan])).tolist()
        [True, False, True]
        >>> Stump(0, 0.0, (2, 3), False, False, 1.0, 0.0).answers(np.array([2.0, 1.0, np.nan])).tolist()
        [True, False, False]
        """
        known = ~np.isnan(x)
        if self.categories is not None:
            return known & np.isin(x, self.categories)
        return np.where(known, x <= self.threshold, self.threshold >= 0.0 if self.as_zero else self.unknown)

    def values(self, x: Floats) -> Floats:
        return np.where(self.answers(x), self.yes, self.no)


@dataclass(frozen=True, slots=True)
class Weight:
    """In rows whose column ``gate`` is ``level``, ``column`` counts ``1 + more`` times as much."""

    gate: int
    level: int
    column: int
    more: float


def stumps_of(booster: lgb.Booster) -> tuple[tuple[Stump, ...], float]:
    """The questions of a booster whose trees have one split, each once, in the order of columns; and its constant.

    Raises:
        ValueError: a tree has more than one split.
    """
    found: list[Stump] = []
    constant = 0.0
    for tree in booster.dump_model()["tree_info"]:
        root = tree["tree_structure"]
        if "split_feature" not in root:
            constant += root["leaf_value"]
            continue
        left, right = root["left_child"], root["right_child"]
        if "leaf_value" not in left or "leaf_value" not in right:
            raise ValueError("only trees of one split are a table of questions")
        text = root["decision_type"] == "=="
        one = Stump(
            column=root["split_feature"],
            threshold=0.0 if text else float(root["threshold"]),
            categories=tuple(sorted(int(c) for c in root["threshold"].split("||"))) if text else None,
            unknown=not text and root["missing_type"] == "NaN" and bool(root["default_left"]),
            as_zero=not text and root["missing_type"] != "NaN",
            yes=left["leaf_value"],
            no=right["leaf_value"],
            gain=max(root["split_gain"], 0.0),
        )
        found.append(one)
    return _each_once(found), constant


def _each_once(stumps: Sequence[Stump]) -> tuple[Stump, ...]:
    once: dict[tuple[object, ...], Stump] = {}
    for one in stumps:
        key = (one.column, one.threshold, one.categories, one.unknown, one.as_zero)
        old = once.get(key)
        once[key] = one if old is None else replace(old, yes=old.yes + one.yes, no=old.no + one.no, gain=old.gain + one.gain)
    return tuple(sorted(once.values(), key=lambda s: (s.column, s.categories or (), s.threshold, s.unknown, s.as_zero)))


def with_weights(booster: lgb.Booster, X: Floats, weights: Sequence[Weight]) -> lgb.Booster:
    """The same additive booster with some of its columns counting more, or less, in some rows.

    ``X`` (n, columns): the rows it was trained on. What a weight adds has mean 0 over them, as if they all stood in its segment: a
    segment's level stays what its own attribute says.

    Raises:
        ValueError: a tree has more than one split, or LightGBM reads the text differently from how it was meant.
    """
    stumps, constant = stumps_of(booster)
    trees, expected = [], np.full(len(X), constant)
    for s in stumps:
        yes = s.answers(X[:, s.column])
        values = np.where(yes, s.yes, s.no)
        trees.append(_plain(s, yes))
        expected += values
        mean = float(values.mean())
        for w in weights:
            if w.column == s.column:
                inside = X[:, w.gate] == w.level
                trees.append(_inside(s, w, mean, yes, inside))
                expected += np.where(inside, w.more * (values - mean), 0.0)
    return _read(booster, [*trees, *_constant(constant)], X, expected)


def with_stumps(booster: lgb.Booster, X: Floats, stumps: Sequence[Stump], constant: float) -> lgb.Booster:
    """A booster of any depth, with ``stumps`` and a ``constant`` before its trees. ``X`` (n, columns): the rows it was trained on.

    Raises:
        ValueError: LightGBM reads the text differently from how it was meant.
    """
    trees, expected = [], np.asarray(booster.predict(X, raw_score=True, num_threads=1)) + constant
    for s in _each_once(stumps):
        yes = s.answers(X[:, s.column])
        trees.append(_plain(s, yes))
        expected += np.where(yes, s.yes, s.no)
    _, _, own = _parts_of(booster)
    return _read(booster, [*trees, *_constant(constant), *own], X, expected)


def _parts_of(booster: lgb.Booster) -> tuple[str, str, list[str]]:
    """What stands before the trees in a model's text, what stands behind, and each tree without its number."""
    head, rest = booster.model_to_string(num_iteration=-1).split("tree_sizes=", 1)
    body, tail = rest.split("end of trees", 1)
    trees = [part.split("\n", 1)[1].rstrip("\n") + "\n" for part in body.split("Tree=")[1:]]
    return head, "end of trees" + tail, trees


def _read(booster: lgb.Booster, trees: Sequence[str], X: Floats, expected: Floats) -> lgb.Booster:
    """The text of ``booster`` with other trees, read by LightGBM; it must say of ``X`` what is ``expected``."""
    head, tail, _ = _parts_of(booster)
    written = lgb.Booster(model_str=head + "\n" + "".join(f"Tree={i}\n{tree}\n\n" for i, tree in enumerate(trees)) + tail)
    found = np.asarray(written.predict(X, raw_score=True, num_threads=1))
    if len(X) and np.abs(found - expected).max() > 1e-9:
        raise ValueError(f"the text says something else than was meant, by up to {np.abs(found - expected).max():.3g} log-odds")
    return written


def _constant(constant: float) -> list[str]:
    return [_tree("num_leaves=1", "num_cat=0", f"leaf_value={constant!r}")] if constant else []


def _plain(s: Stump, yes: Flags) -> str:
    n, k = len(yes), int(yes.sum())
    counts = (max(k, 1), max(n - k, 1))
    return _tree(
        "num_leaves=2",
        *_splits([s], counts=[sum(counts)]),
        "left_child=-1",
        "right_child=-2",
        f"leaf_value={s.yes!r} {s.no!r}",
        *_leaves(counts),
    )


def _inside(s: Stump, w: Weight, mean: float, yes: Flags, inside: Flags) -> str:
    """Inside the segment the question, around its mean; outside nothing."""
    gate = Stump(w.gate, 0.0, (w.level,), False, False, 0.0, 0.0)
    a, b = max(int((inside & yes).sum()), 1), max(int((inside & ~yes).sum()), 1)
    outside = max(int((~inside).sum()), 1)
    return _tree(
        "num_leaves=3",
        *_splits([gate, replace(s, gain=0.0)], counts=[a + b + outside, a + b]),
        "left_child=1 -1",
        "right_child=-3 -2",
        f"leaf_value={w.more * (s.yes - mean)!r} {w.more * (s.no - mean)!r} 0",
        *_leaves((a, b, outside)),
    )


def _splits(asked: Sequence[Stump], counts: Sequence[int]) -> list[str]:
    texts = [s for s in asked if s.categories is not None]
    bits = [_bits(s.categories or ()) for s in texts]
    ends = np.cumsum([0, *(len(b) for b in bits)]).tolist()
    places = iter(range(len(texts)))
    lines = [
        f"num_cat={len(texts)}",
        "split_feature=" + " ".join(str(s.column) for s in asked),
        "split_gain=" + " ".join(repr(s.gain) for s in asked),
        "threshold=" + " ".join(repr(s.threshold) if s.categories is None else str(next(places)) for s in asked),
        "decision_type=" + " ".join(str(_decision(s)) for s in asked),
        "internal_value=" + " ".join("0" for _ in asked),
        "internal_weight=" + " ".join("0" for _ in asked),
        "internal_count=" + " ".join(str(c) for c in counts),
    ]
    if texts:
        lines += ["cat_boundaries=" + " ".join(map(str, ends)), "cat_threshold=" + " ".join(str(x) for b in bits for x in b)]
    return lines


def _leaves(counts: Sequence[int]) -> list[str]:
    return ["leaf_weight=" + " ".join("0" for _ in counts), "leaf_count=" + " ".join(map(str, counts))]


def _tree(*lines: str) -> str:
    return "\n".join([*lines, "is_linear=0", "shrinkage=1"]) + "\n"


def _decision(s: Stump) -> int:
    if s.categories is not None:
        return CATEGORY
    return (DEFAULT_LEFT if s.unknown else 0) + (0 if s.as_zero else MISSING_IS_NAN)


def _bits(codes: Sequence[int]) -> list[int]:
    """Codes as LightGBM's sets of 32 bits each.

    >>> _bits((0, 2, 33))
    [5, 2]
    """
    words = [0] * (max(codes) // 32 + 1)
    for c in codes:
        words[c // 32] |= 1 << (c % 32)
    return words
