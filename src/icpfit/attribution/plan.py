"""Groups as plain arrays, which NumPy and compiled code walk alike: from a row's codes to the entry of each table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from icpfit.attribution.codes import Codes
from icpfit.attribution.forest import NotTabledError
from icpfit.attribution.groups import Group
from icpfit.attribution.leaves import Leaf

MOST_STEPS = 6
"""a state that changes more often along the codes of a feature is looked up"""
MOST_ENTRIES = 1 << 27
"""of all tables together: a gigabyte"""
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Plan:
    """For each group g: where its parts begin (the ``_ends`` have one entry more than there are groups).

    The entry of a row is the sum, modulo 2^16, of ``step_add`` where the code in ``step_row`` is above ``step_above``, and
    of ``lookup[lookup_start + code]``; the table of feature j of the group begins at ``table_start`` + j ``size``.
    """

    step_ends: Ints
    step_row: Ints
    step_above: Small
    step_add: Small
    lookup_ends: Ints
    lookup_row: Ints
    lookup_start: Ints
    lookup: Small
    feature_ends: Ints
    feature: Ints
    size: Ints
    table_start: Ints
    table: Floats

    @property
    def adds(self) -> int:
        """Look-ups that a row costs."""
        return len(self.feature)


def plan_of(groups: Sequence[Group], leaves: Sequence[Leaf], lists: Sequence[Floats], codes: Mapping[int, Codes]) -> Plan:
    """Tables and the way to them.

    Raises:
        NotTabledError: the tables would take more than a gigabyte.
    """
    sizes = np.array([g.size for g in groups], dtype=np.int64)
    widths = np.array([len(g.states) for g in groups], dtype=np.int64)
    starts = _ends(sizes * widths)
    if starts[-1] > MOST_ENTRIES:
        raise NotTabledError(f"its tables would take {starts[-1] * 8 / 1e9:,.1f} GB")
    row = {feature: i for i, feature in enumerate(codes)}
    steps: list[list[tuple[int, int, int]]] = []
    lookups: list[list[tuple[int, Small]]] = []
    table = np.zeros(int(starts[-1]))
    for group, start in zip(groups, starts.tolist(), strict=False):
        own_steps: list[tuple[int, int, int]] = []
        own_lookups: list[tuple[int, Small]] = []
        stride = 1
        for feature, states in group.states.items():
            changes = _changes(states, stride)
            if len(changes) <= MOST_STEPS:
                own_steps += [(row[feature], above, add) for above, add in changes]
            else:
                own_lookups.append((row[feature], _looked_up(states, stride, codes[feature].missing + 1)))
            stride *= len(states)
        steps.append(own_steps)
        lookups.append(own_lookups)
        _fill(table[start : start + stride * len(group.states)].reshape(-1, stride), group, leaves, lists)
    flat = np.array([s for own in steps for s in own], dtype=np.int64).reshape(-1, 3)
    tables = [t for own in lookups for _, t in own]
    return Plan(
        step_ends=_ends([len(s) for s in steps]),
        step_row=np.ascontiguousarray(flat[:, 0]),
        step_above=flat[:, 1].astype(np.uint16),
        step_add=(flat[:, 2] % (1 << 16)).astype(np.uint16),
        lookup_ends=_ends([len(s) for s in lookups]),
        lookup_row=np.array([r for own in lookups for r, _ in own], dtype=np.int64),
        lookup_start=_ends([len(t) for t in tables])[:-1],
        lookup=np.concatenate([*tables, np.zeros(0, dtype=np.uint16)]),
        feature_ends=_ends(widths),
        feature=np.array([f for g in groups for f in g.states], dtype=np.int64),
        size=sizes,
        table_start=starts[:-1],
        table=table,
    )


def _ends(lengths: Sequence[int] | Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(np.asarray(lengths, dtype=np.int64))]).astype(np.int64)


def _changes(states: Sequence[int], stride: int) -> list[tuple[int, int]]:
    """(last code before, what is added) of each change of state along the codes; the first state has the code 0 and adds nothing."""
    change: dict[int, int] = {}
    for number, codes in enumerate(states):
        for at in _bits((codes ^ (codes << 1)) if number else 0):
            change[at] = change.get(at, 0) + (number * stride if codes >> at & 1 else -number * stride)
    return [(at - 1, add) for at, add in sorted(change.items()) if add]


def _bits(number: int) -> Iterator[int]:
    """
    >>> list(_bits(0b10010))
    [1, 4]
    """
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


def _looked_up(states: Sequence[int], stride: int, n_codes: int) -> Small:
    out = np.zeros(n_codes, dtype=np.uint16)
    for number, codes in enumerate(states):
        held = np.frombuffer(codes.to_bytes((n_codes + 7) // 8, "little"), dtype=np.uint8)
        out[np.unpackbits(held, bitorder="little", count=n_codes).astype(bool)] = number * stride % (1 << 16)
    return out


def _fill(table: Floats, group: Group, leaves: Sequence[Leaf], lists: Sequence[Floats]) -> None:
    """``table`` (features, states): the sum of the group's leaves, in their order."""
    size = table.shape[1]
    case = np.zeros((len(group.leaves), size), dtype=np.int64)
    place: dict[int, int] = {}
    stride = 1
    for j, (feature, states) in enumerate(group.states.items()):
        bits = np.array([_said(leaves[number], feature, states) for number in group.leaves], dtype=np.int64)
        case.reshape(len(group.leaves), -1, len(states), stride)[:] += bits[:, None, :, None]
        place[feature] = j
        stride *= len(states)
    for i, number in enumerate(group.leaves):
        for feature, own in zip(leaves[number].features, lists[number], strict=True):
            table[place[feature]] += own[case[i]]


def _said(leaf: Leaf, feature: int, states: Sequence[int]) -> list[int]:
    """What each state of a feature adds to the number of the leaf's case: its bit, where the leaf's condition holds."""
    if feature not in leaf.features:
        return [0] * len(states)
    i = leaf.features.index(feature)
    return [1 << i if leaf.holds[i] & codes else 0 for codes in states]
