"""Leaves into groups that one table can hold: every combination of what their features' codes mean to them.

The codes of a feature fall into states: two codes are of one state if every leaf of the group takes them alike. A group's table has
an entry for each combination of states, so leaves belong together that ask the same of the same features: those below one split of
a tree first, then whatever shares features, of the same tree or of others. Each group costs a row one look-up a feature.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from icpfit.attribution.codes import Codes
from icpfit.attribution.forest import Tree
from icpfit.attribution.leaves import Leaf

MOST_STATES = 2048
"""of a table; a single leaf, and a single feature, may have more"""
ALONE = 65_536
"""the index of a state has 16 bits"""
OPEN = 24
"""groups that a new one is compared with"""


@dataclass(frozen=True, slots=True)
class Group:
    """``leaves``: their numbers in the model; ``states``: of each feature (rising) the codes of each state, by their first code."""

    leaves: tuple[int, ...]
    states: Mapping[int, tuple[int, ...]]
    size: int
    """entries of its table for one feature"""


def group_of(number: int, leaf: Leaf, codes: Mapping[int, Codes]) -> Group:
    """One leaf alone."""
    parts = {f: (held, codes[f].everything & ~held) for f, held in zip(leaf.features, leaf.holds, strict=True)}
    states = {f: _ordered(p for p in pair if p) for f, pair in parts.items()}
    return Group((number,), states, prod(len(s) for s in states.values()))


def grouped(trees: Sequence[Tree], leaves: Sequence[Sequence[Leaf]], codes: Mapping[int, Codes]) -> list[Group]:
    """All leaves of all trees, each in one group."""
    done: list[Group] = []
    open_: list[Group] = []
    first = 0
    for tree, own in zip(trees, leaves, strict=True):
        if own:
            groups = _below(0, tree, [group_of(first + i, leaf, codes) for i, leaf in enumerate(own)])
            for group in _joined(groups):
                _place(group, open_, done)
        first += len(own)
    return done + open_


def _below(node: int, tree: Tree, alone: Sequence[Group]) -> list[Group]:
    """The groups below a split: one, where it fits."""
    if node < 0:
        return [alone[~node]]
    left, right = (_below(child, tree, alone) for child in (tree.splits[node].left, tree.splits[node].right))
    if len(left) == len(right) == 1:
        both = together(left[0], right[0])
        if both is not None:
            return [both]
    return left + right


def _joined(groups: list[Group]) -> list[Group]:
    """Two groups become one as long as that saves look-ups; first the two that save most."""
    groups = list(groups)
    pairs = {(i, j): _saving(groups[i], groups[j]) for j in range(len(groups)) for i in range(j)}
    gone: set[int] = set()
    while pairs:
        (i, j), saved = max(pairs.items(), key=lambda item: (item[1], item[0]))
        del pairs[i, j]
        if saved <= 0:
            break
        both = together(groups[i], groups[j])
        if both is None:
            continue
        gone |= {i, j}
        pairs = {pair: s for pair, s in pairs.items() if not gone & {*pair}}
        groups.append(both)
        new = len(groups) - 1
        pairs |= {(k, new): _saving(groups[k], both) for k in range(new) if k not in gone}
    return [g for i, g in enumerate(groups) if i not in gone]


def _place(group: Group, open_: list[Group], done: list[Group]) -> None:
    """Into the open group where it saves most look-ups, or beside them; the oldest open group makes room."""
    if len(group.states) > 1 and 2 * group.size > MOST_STATES:
        done.append(group)
        return
    for saved, k in sorted(((_saving(group, other), k) for k, other in enumerate(open_)), reverse=True):
        if saved <= 0:
            break
        both = together(open_[k], group)
        if both is not None:
            del open_[k]
            open_.append(both)
            return
    open_.append(group)
    if len(open_) > OPEN:
        done.append(open_.pop(0))


def _saving(a: Group, b: Group) -> int:
    """Look-ups that one table saves."""
    return len(a.states.keys() & b.states.keys())


def together(a: Group, b: Group) -> Group | None:
    """One group of two, or None where its table would be too large."""
    if max(a.size, b.size) > MOST_STATES and len(a.states.keys() | b.states.keys()) > 1:
        return None
    both = sorted(a.states.keys() | b.states.keys())
    most = ALONE if len(both) == 1 else MOST_STATES
    least = 1
    for f in both:
        least *= max(len(a.states.get(f, ())), len(b.states.get(f, ())))
        if least > most:
            return None
    states: dict[int, tuple[int, ...]] = {}
    size = 1
    for f in both:
        one, other = a.states.get(f), b.states.get(f)
        if one is None or other is None or one == other:
            states[f] = one or other or ()
        else:
            states[f] = _ordered(common for s in one for t in other if (common := s & t))
        size *= len(states[f])
        if size > most:
            return None
    return Group(a.leaves + b.leaves, states, size)


def _ordered(parts: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(parts, key=lambda codes: codes & -codes))
