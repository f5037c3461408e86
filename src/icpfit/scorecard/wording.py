"""Bins in words that a sales leader understands."""

from __future__ import annotations

from decimal import Decimal

from icpfit.config import FeatureSpec

UNKNOWN = "unknown"
OTHER = "any other"
NAMED_AT_MOST = 6
"""texts of one line; a document names the others elsewhere"""


def amount(value: float) -> str:
    """An edge to its last digit: whoever scores by hand must read the same edge as the card.

    >>> amount(1250.0), amount(29.98), amount(1234567.25), amount(0.00001), amount(-0.0)
    ('1,250', '29.98', '1,234,567.25', '0.00001', '0')
    """
    return f"{value + 0.0:,.0f}" if value == int(value) else f"{Decimal(repr(float(value))):,f}"


def _with_unit(words: str, unit: str, *, one: bool = False) -> str:
    if one and unit.endswith("ies"):
        unit = unit[:-3] + "y"
    elif one and unit.endswith("s") and not unit.endswith("ss"):
        unit = unit[:-1]
    return f"{words} {unit}".strip()


def range_label(low: float | None, high: float | None, spec: FeatureSpec, *, counts: bool, integers: bool) -> str:
    """The range [low, high) in words; ``counts``: whole numbers that are never negative.

    >>> spec = FeatureSpec(name="e", label="E", layer="firmographic", unit="employees", table="accounts", aggregate="value")
    >>> [range_label(a, b, spec, counts=True, integers=True) for a, b in [(None, 1), (1, 2), (2, 50), (50, 120), (120, None)]]
    ['none', '1 employee', '2 to 49 employees', '50 to 119 employees', '120 employees or more']
    >>> range_label(None, 0.25, spec, counts=False, integers=False), range_label(0.25, 1, spec, counts=False, integers=False)
    ('under 0.25 employees', '0.25 to under 1 employees')
    """
    if low is None and high is None:
        return "any known value"
    if low is None:
        assert high is not None
        return "none" if counts and high == 1 else _with_unit(f"under {amount(high)}", spec.unit, one=high == 1)
    if high is None:
        return _with_unit(amount(low), spec.unit, one=low == 1) + " or more"
    if not integers:
        return _with_unit(f"{amount(low)} to under {amount(high)}", spec.unit)
    if high - low == 1:
        return _with_unit(amount(low), spec.unit, one=low == 1)
    return _with_unit(f"{amount(low)} to {amount(high - 1)}", spec.unit)


def values_label(values: tuple[str, ...]) -> str:
    """
    >>> values_label(("US", "Canada"))
    'US, Canada'
    >>> values_label(tuple("abcdefgh"))
    'a, b, c, d, e, f and 2 more'
    """
    if len(values) <= NAMED_AT_MOST:
        return ", ".join(values)
    return f"{', '.join(values[:NAMED_AT_MOST])} and {len(values) - NAMED_AT_MOST} more"
