"""Charts that lie are worse than none: places on the page against the figures."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpfit.documents import charts

share = st.floats(0, 1)


def box(svg: str) -> tuple[float, float]:
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    assert found
    return float(found[1]), float(found[2])


def numbers(svg: str, pattern: str) -> list[tuple[float, ...]]:
    return [tuple(float(n) for n in m) for m in re.findall(pattern, svg)]


@given(points=st.lists(st.tuples(share, share, st.integers(1, 99)), min_size=1, max_size=10))
def test_a_dot_above_the_line_is_a_rate_above_the_prediction(points: list[tuple[float, float, int]]) -> None:
    svg = str(charts.reliability(points, key="k", title="t"))
    width, height = box(svg)
    ((x0, y0, x1, y1),) = numbers(svg, r'class="axis dash" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"')
    dots = numbers(svg, r'cx="([\d.]+)" cy="([\d.]+)"')
    assert len(dots) == len(points)
    for (said, seen, _), (x, y) in zip(points, dots, strict=True):
        assert 0 < x < width
        assert 0 < y < height
        above = (y0 - y) / (y0 - y1) - (x - x0) / (x1 - x0)  # in parts of the axis
        assert (above > 0) == (seen > said) or abs(above) < 0.002


@given(rows=st.lists(st.tuples(st.text(max_size=40), *[st.floats(0, 100)] * 3), min_size=1, max_size=8))
def test_points_lie_in_their_order_and_on_the_page(rows: list[tuple[str, float, float, float]]) -> None:
    rows = [(name, *sorted(values)) for name, *values in rows]
    rows = [(name, value, low, high) for name, low, value, high in rows]
    svg = str(charts.intervals(rows, key="k", title="t", line=50))
    width, _ = box(svg)
    dots = [x for x, _ in numbers(svg, r'cx="([\d.]+)" cy="([\d.]+)"')]
    ends = numbers(svg, r'class="whisker" x1="([\d.]+)" y1="\d+" x2="([\d.]+)"')
    (chance,) = (float(x) for x in re.findall(r'class="axis dash" x1="([\d.]+)"', svg))
    for (_, value, _, _), x, (a, b) in zip(rows, dots, ends, strict=True):
        assert 0 < a <= x <= b < width
        assert (x > chance) == (value > 50) or abs(value - 50) < 0.1


def test_bars_are_as_long_as_their_weights() -> None:
    svg = str(charts.layer_pairs([("a", 40, 10), ("b", 20, 0)], key="k", title="t"))
    widths = [float(w) for w in re.findall(r'<rect class="\w+" x="\d+" y="\d+" width="([\d.]+)"', svg)]
    assert widths[0] == pytest.approx(4 * widths[1], abs=0.1)
    assert widths[0] == pytest.approx(2 * widths[2], abs=0.1)
    assert widths[3] == 1, "nothing is a hair, not a gap"


def test_nothing_to_show_is_no_chart() -> None:
    assert charts.intervals([], key="k", title="t", line=50) == ""
    assert charts.reliability([], key="k", title="t") == ""
    assert charts.layer_pairs([], key="k", title="t") == ""
