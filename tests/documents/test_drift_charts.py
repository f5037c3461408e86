"""The pictures of drift: places on the page against the figures, and the same in words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpfit.criteria.shares import Share
from icpfit.documents import drift_charts
from icpfit.documents.drift_figures import drift_figures
from icpfit.documents.drift_values import CardThenNow, DriftPictures, LayersAt, Period, Periods, ThenNow, Worth

AXIS = r'class="grid" x1="44" y1="([\d.]+)"'


def numbers(svg: str, pattern: str) -> list[tuple[float, ...]]:
    return [tuple(float(n) for n in (m if isinstance(m, tuple) else (m,))) for m in re.findall(pattern, svg)]


def drawn(pictures: DriftPictures) -> dict[str, str]:
    return {key: str(svg) for key, svg in drift_charts.draw(drift_figures(pictures)).items()}


def test_every_picture_says_in_words_what_it_shows(pictures: DriftPictures) -> None:
    figures = {f["key"]: f for f in drift_figures(pictures)}
    assert list(figures) == ["rates", "moved-0", "worth", "layers-over-time"]
    assert (
        figures["moved-0"]["said"]
        == "under 50 employees: 60% then, 40% now; 50 employees or more: 30% then, 55% now; not known: 10% then, 5.0% now"
    )
    assert figures["rates"]["said"] == (
        "The profile in force was trained on 2025-12-31. 2025Q3: 30% (23% to 38%) of 100, expected 28%; 2025Q4: none; "
        "2026Q1: 20% (11% to 33%) of 40, expected 27%"
    )
    assert (
        figures["worth"]["said"]
        == "Has a data warehouse: 45 then, 30 now; Region: 20 then, not on it now; Trial users: not on it then, 12 now"
    )
    assert "firmographic: 2025-01-01 55 learned, 30 assumed, 2026-01-01 40 learned, 30 assumed" in figures["layers-over-time"]["said"]
    for key, svg in drawn(pictures).items():
        assert f'<desc id="{key}-d">{figures[key]["said"]}</desc>' in svg
        assert 'role="img"' in svg


def test_nothing_to_show_is_no_picture() -> None:
    assert drift_figures(DriftPictures("win")) == []
    one = (LayersAt("2026-01-01", {"firmographic": 100}, {}),)
    quarter = Periods((Period("2026Q1", Share(1, 2, 2), 0.5, True),), "2026-01-01", -0.5)
    assert drift_figures(DriftPictures("retention", rates=quarter, layers=one, card=CardThenNow("deals", ()))) == []


def test_bars_are_as_long_as_their_shares() -> None:
    feature = ThenNow("a", (("x", 0.5, 0.25), ("y", 0.5, 0.75)), 10, 10, True)
    svg = drawn(DriftPictures("win", features=(feature,)))["moved-0"]
    widths = [w for (w,) in numbers(svg, r'<rect class="\w+" x="\d+" y="\d+" width="([\d.]+)"')]
    assert widths[0] == widths[2] == pytest.approx(2 * widths[1], abs=0.1)
    assert widths[3] == pytest.approx(3 * widths[1], abs=0.2)
    with pytest.raises(ValueError, match="every row stands in one band"):
        replace(feature, bands=(("x", 0.5, 0.25),))


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.floats(0, 1)), min_size=2, max_size=12), st.floats(-3, 15))
def test_a_rate_lies_within_its_range_and_above_the_expectation_when_it_is(rows: list[tuple[int, int, float]], at: float) -> None:
    periods = tuple(
        Period(f"{2023 + i // 4}Q{i % 4 + 1}", Share(min(good, n), n, n), p if n else None, i > at) for i, (good, n, p) in enumerate(rows)
    )
    if not any(p.seen.rows for p in periods):
        return
    svg = drawn(DriftPictures("win", rates=Periods(periods, "2025-01-01", at)))["rates"]
    grid = [y for (y,) in numbers(svg, AXIS)]
    dots = numbers(svg, r'<circle class="dot[ a-z]*" cx="([\d.]+)" cy="([\d.]+)"')
    ends = numbers(svg, r'class="whisker" x1="([\d.]+)" y1="([\d.]+)" x2="[\d.]+" y2="([\d.]+)"')
    known = [p for p in periods if p.seen.rows]
    assert len(dots) == len(ends) == len(known)
    top, bottom = min(grid), max(grid)
    for (x, y), (x_too, low, high) in zip(dots, ends, strict=True):
        assert x == x_too
        assert top - 0.1 <= high <= y <= low <= bottom + 0.1
    by_rate = sorted(zip((p.seen.share for p in known), (y for _, y in dots), strict=True))
    assert [y for _, y in by_rate] == sorted((y for _, y in dots), reverse=True)
    assert ("trained 2025-01-01" in svg) == (-0.5 <= at < len(periods) - 0.5)


def test_points_of_the_card_lie_in_their_order_and_zero_is_on_the_page() -> None:
    rows = (Worth("a", (3.0, 1.0, 5.0), (-2.0, -4.0, 0.5)), Worth("b", None, (1.0, 0.0, 2.0)))
    svg = drawn(DriftPictures("win", card=CardThenNow("deals", rows)))["worth"]
    (zero,) = (x for (x,) in numbers(svg, r'class="axis" x1="([\d.]+)"'))
    then, now, other = (x for (x,) in numbers(svg, r'class="dot(?: ghost)?" cx="([\d.]+)"'))
    assert now < zero < other < then
    assert (then - zero) / (zero - now) == pytest.approx(1.5, abs=0.01)
    assert ">not on it</text>" in svg


def test_a_layer_that_gains_rises() -> None:
    versions = (
        LayersAt("2025-01-01", {"firmographic": 60, "intent": 40}, {"firmographic": 30, "intent": 30}),
        LayersAt("2025-03-01", {"firmographic": 50, "intent": 50}, {"firmographic": 30, "intent": 30}),
        LayersAt("2026-01-01", {"firmographic": 20, "intent": 80}, {"firmographic": 30, "intent": 30}),
    )
    svg = drawn(DriftPictures("win", layers=versions))["layers-over-time"]
    dots = numbers(svg, r'<circle class="dot" cx="([\d.]+)" cy="([\d.]+)"')
    firm, intent = dots[:3], dots[3:]
    assert [y for _, y in firm] == sorted(y for _, y in firm)
    assert [y for _, y in intent] == sorted((y for _, y in intent), reverse=True)
    assert (firm[1][0] - firm[0][0]) / (firm[2][0] - firm[0][0]) == pytest.approx(59 / 365, abs=0.01), "places follow time"


def test_a_long_name_takes_two_lines_and_no_more() -> None:
    words = "a name that is so long that it does not fit into two lines beside the bars"
    svg = drawn(DriftPictures("win", features=(ThenNow("a", ((words, 1.0, 1.0), ("", 0.0, 0.0)), 1, 1, False),)))["moved-0"]
    assert svg.count('text-anchor="end"') == 3
    assert "…" in svg
    assert words in svg[svg.index("<desc") : svg.index("</desc>")]
