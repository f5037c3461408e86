"""Customers who leave: more than before, and in one segment more than elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from icpfit.drift.finding import Finding, counted_in
from icpfit.drift.log_rank import LogRank, Spells, log_rank
from icpfit.drift.power import seen, variance_left
from icpfit.drift.trade_power import more_words, noticed
from icpfit.drift.trade_rows import TraitCodes
from icpfit.plural import counted
from icpfit.segments.multiplicity import step_up

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

CODE = "TRADE-CHURN"
FEWEST_LEFT, FEWEST_CUSTOMERS = 10, 30
"""who left in both periods, and customers now"""
FEWEST_LEFT_OF_SEGMENT, FEWEST_OF_SEGMENT = 5, 10
FLOOR_RATIO = 1.3
"""as often as before: less is not acted on"""
FLOOR_SEGMENT_RATIO = 1.5
FLOOR_SHARE = 0.02
"""of the customers, who left beyond what was to be expected"""
APART = 1.645
"""standard errors by which a segment must have risen more than all others, to say that churn is concentrated there"""
MATTERS = 2.0
"""the rise that the power is told for: twice as often as before"""
SPLIT = 0.5
NAMED, ROWS = 3, 5
TWICE = "churn twice as high"
CALL = "call {}, ask those who left why (price, product, support?), and retrain (icpfit retrain) once the reason is known"
"""One plan for every alarm: who is still there first, then the reason, then the profile."""
NEXT = "the customers who renew next"


@dataclass(frozen=True)
class Customers:
    """``row_id`` and the traits stand by customer, as ``spells.customer`` numbers them. ``when``: the newer period in words."""

    row_id: Texts
    spells: Spells
    when: str

    def __post_init__(self) -> None:
        if len(self.spells.customer) and self.spells.customer.max() >= len(self.row_id):
            raise ValueError("a spell belongs to no customer")


@dataclass(frozen=True)
class _Segment:
    trait: TraitCodes
    value: int
    own: LogRank
    rest: LogRank
    q: float


def churn_findings(customers: Customers, traits: Sequence[TraitCodes], *, level: float) -> list[Finding]:
    """One finding for all customers, and one per trait in which a segment may leave more often than the rest.

    Each segment is compared with itself before, at the same ages, so that one that always left more often is no news. With no change at
    most ``level`` of calls raise any alarm: half for all together, half for the segments (Benjamini-Hochberg over those that could tell).
    """
    whole = log_rank(customers.spells)
    if whole.left + whole.left_before < FEWEST_LEFT or whole.customers < FEWEST_CUSTOMERS or whole.variance <= 0:
        return [_too_few(customers, whole)]
    asked = [(t, v, *_apart(customers.spells, t, v)) for t in traits for v in range(len(t.values))]
    own = level * (1 - SPLIT)
    asked = [a for a in asked if _enough(a[2])]
    asked = [a for a, could in zip(asked, could_tell(np.array([a[2].least for a in asked]), own), strict=True) if could]
    if not asked:
        found = counted_in([_overall(customers, whole, level * SPLIT, [])], SPLIT)
        return [*found, _no_segment(whole)] if traits else found
    q = step_up(np.array([a[2].p_value for a in asked]))
    segments = [_Segment(*a, float(one)) for a, one in zip(asked, q, strict=True)]
    named = _of_their_own(customers.spells, segments, own)
    found = counted_in([_overall(customers, whole, level * SPLIT, named)], SPLIT)
    by_trait = [[s for s in segments if s.trait is trait] for trait in traits]
    told = [_of_trait(customers, mine, named, own, len(segments)) for mine in by_trait if mine]
    return [*found, *counted_in(told, 1 - SPLIT)]


def _of_their_own(spells: Spells, segments: Sequence[_Segment], level: float) -> list[_Segment]:
    """The segments to which churn is peculiar, the surest first; each still is when the customers of those before it are left out.

    Where one region leaves, the sizes and sources of its customers leave with it; that is no news of them.
    """
    told = [s for s in segments if s.q <= level and _concentrated(s.own, s.rest)]
    told.sort(key=lambda s: (s.own.p_value, -s.own.z, s.trait.name, s.trait.values[s.value]))
    named: list[_Segment] = []
    for one in told:
        left = spells
        for other in named:
            left = left.of(other.trait.code[left.customer] != other.value)
        own, rest = _apart(left, one.trait, one.value)
        if not named or (_enough(own) and own.p_value <= level and _concentrated(own, rest)):
            named.append(one)
    return named


def could_tell(least: Floats, level: float) -> Bools:
    """Which questions could be answered at all: those whose least p-value that can be lies within ``level`` shared among them.

    The others can raise no alarm, so that chance need not be counted for them. Source: Tarone, Biometrics 46, 1990.

    >>> could_tell(np.array([0.2, 1e-5, 0.02]), 0.05).tolist()
    [False, True, True]
    """
    for shared in range(1, len(least) + 1):
        could = least <= level / shared
        if could.sum() <= shared:
            return np.asarray(could)
    return np.zeros(len(least), dtype=bool)


def _apart(spells: Spells, trait: TraitCodes, value: int) -> tuple[LogRank, LogRank]:
    """A segment, and all others."""
    code = trait.code[spells.customer]
    return log_rank(spells.of(code == value)), log_rank(spells.of((code != value) & (code >= 0)))


def _enough(segment: LogRank) -> bool:
    return segment.left + segment.left_before >= FEWEST_LEFT_OF_SEGMENT and min(segment.customers, segment.before) >= FEWEST_OF_SEGMENT


def _overall(customers: Customers, found: LogRank, level: float, named: Sequence[_Segment]) -> Finding:
    """``named``: segments that raise an alarm of their own, with which to begin."""
    alarm = found.p_value <= level and _ratio(found) >= FLOOR_RATIO and found.left - found.former >= FLOOR_SHARE * found.customers
    power, needed = _power(found, float(norm.isf(level)), found.customers)
    where = " and ".join(dict.fromkeys(_named(s) for s in named[:NAMED]))
    if alarm:
        words = f"More customers leave than before; {_counts(found)}" + (f"; most of it comes from {where}" if where else "")
    elif found.p_value <= level:
        words = f"Hardly more customers leave than before, too little to matter; {_counts(found)}"
    else:
        words = f"No sign that more customers leave than before; {_counts(found)}; {noticed(TWICE, power)}"
    action = f"begin with the customers of {where}: see the alarm on {named[0].trait.label}" if where else CALL.format(NEXT)
    return Finding(
        CODE,
        "all customers",
        float(found.z),
        found.p_value,
        found.p_value,
        _effect(found),
        found.before,
        found.customers,
        alarm,
        words,
        power=power,
        needed=needed,
        cohort=f"{counted(found.customers, 'customer')} {customers.when}, beside {found.before:,} before at the same ages",
        rows=_left(customers, np.ones(len(customers.row_id), dtype=bool)) if alarm else (),
        action=action if alarm else "",
    )


def _of_trait(customers: Customers, asked: Sequence[_Segment], named: Sequence[_Segment], level: float, of: int) -> Finding:
    """The most telling segment of a trait; all that raise an alarm are named."""
    trait = asked[0].trait
    told = [s for s in named if s.trait is trait]
    alarm = bool(told)
    shown = told or sorted(asked, key=lambda s: (s.own.p_value, -s.own.z, s.trait.values[s.value]))[:1]
    first, where = shown[0], " and ".join(trait.words(s.value) for s in shown[:NAMED])
    power, needed = _power(first.own, float(norm.isf(level / of)), first.own.customers)
    said = "; ".join(
        f"{trait.words(s.value)}: {_counts(s.own)} (of all others {s.rest.left:,} left, where {_about(s.rest.former)} would have)"
        for s in shown[:NAMED]
    )
    if alarm:
        words = f"{trait.label} {where}: more customers leave than before, unlike elsewhere; {said}"
    elif named and first.q <= level:
        words = f"{trait.label}: no segment loses customers of its own accord; most in {said}; they leave with {_named(named[0])}"
    else:
        words = f"{trait.label}: no sign that one segment loses more customers than before; most in {said}; {noticed(TWICE, power)}"
    return Finding(
        CODE,
        trait.label,
        float(first.own.z),
        min(1.0, min(s.own.p_value for s in asked) * len(asked)),
        first.q,
        _effect(first.own),
        first.own.before,
        first.own.customers,
        alarm,
        words,
        power=power,
        needed=needed,
        cohort=f"{counted(first.own.customers, 'customer')} of {trait.label} {trait.values[first.value]} {customers.when}",
        rows=_left(customers, trait.code == first.value) if alarm else (),
        action=CALL.format(f"the customers of {where} before they renew") if alarm else "",
    )


def _concentrated(segment: LogRank, rest: LogRank) -> bool:
    if _ratio(segment) < FLOOR_SEGMENT_RATIO or segment.left - segment.former < FLOOR_SHARE * segment.customers:
        return False
    apart = segment.log_ratio - rest.log_ratio
    error = np.sqrt(1 / segment.variance + (1 / rest.variance if rest.variance > 0 else 0.0))
    return bool(apart >= APART * error)


def _ratio(found: LogRank) -> float:
    return found.left / max(found.former, 0.5)


def _effect(found: LogRank) -> float:
    """Share of the customers who left beyond, or short of, what was to be expected."""
    return float(min(abs(found.left - found.former) / max(found.customers, 1), 1.0))


def _named(segment: _Segment) -> str:
    return f"{segment.trait.label} {segment.trait.words(segment.value)}"


def _counts(found: LogRank) -> str:
    return f"{found.left:,} of {counted(found.customers, 'customer')} left, where {_about(found.former)} would have at the rate of before"


def _about(expected: float) -> str:
    """
    >>> _about(31.9), _about(0.24)
    ('32', '0.2')
    """
    return f"{expected:,.0f}" if expected >= 1 else f"{expected:.1f}"


def _power(found: LogRank, critical: float, customers: int) -> tuple[float, int | None]:
    """How often a hazard ``MATTERS`` times as high is seen (Schoenfeld, 1981), and how many more customers that needs."""
    expected, before = max(found.former, 1e-9), max(found.left_before, 0)
    if before == 0:
        return 0.0, None
    now = MATTERS * expected
    power, left = seen(math.log(MATTERS), 1 / now + 1 / before, critical), variance_left(math.log(MATTERS), 1 / before, critical)
    return power, max(0, math.ceil(customers * (1 / left / now - 1))) if left > 0 else None


def _left(customers: Customers, inside: Bools) -> tuple[str, ...]:
    spells = customers.spells
    gone = spells.customer[spells.left & spells.now]
    return tuple(str(r) for r in customers.row_id[gone[inside[gone]]][::-1][:ROWS])


def _no_segment(found: LogRank) -> Finding:
    words = f"Churn by segment: cannot tell; {found.left:,} of {counted(found.customers, 'customer')} left, too few to name a segment"
    return Finding(CODE, "segments", None, None, None, None, found.before, found.customers, False, words)


def _too_few(customers: Customers, found: LogRank) -> Finding:
    lacking = max(FEWEST_CUSTOMERS - found.customers, 0)
    gone = found.left + found.left_before
    words = f"Churn: cannot tell; {counted(found.customers, 'customer')} {customers.when}, and {gone:,} left in both periods;"
    words += f" {FEWEST_CUSTOMERS} customers and {FEWEST_LEFT} who left are needed"
    words += f": {more_words(lacking, 'customers')}" if lacking else ""
    return Finding(
        CODE, "all customers", None, None, None, None, found.before, found.customers, False, words, power=0.0, needed=lacking or None
    )
