"""The pictures: the same bytes twice, sound XML, unique names, small, nothing left behind, and every point where it belongs."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpfit.documents import render_html, render_markdown
from icpfit.documents.shap_page import shap_page
from icpfit.documents.shap_plots import draw
from icpfit.documents.shap_values import seen_by

Make = Callable[..., Any]
Page = dict[str, Any]


def figures_of(page: Page | None) -> list[Page]:
    return [f for g in (page or {"groups": []})["groups"] for f in g["figures"]]


@pytest.fixture(scope="module")
def seen(make_taught: Make, make_card: Make) -> Page:
    data, model = make_taught()
    kept, keep = make_taught(outcome="retention")
    return seen_by({"win": data, "retention": kept}, {"win": model, "retention": keep}, make_card(), 7)


def test_every_picture_is_sound_small_and_the_same_twice(seen: Page) -> None:
    figures = figures_of(shap_page(seen))
    assert {f["kind"] for f in figures} == {"swarm", "dependence", "account", "pair"}
    once, twice = draw(figures), draw(figures)
    assert once == twice
    ids: list[str] = []
    for f in figures:
        svg = str(once[f["key"]])
        assert len(svg) < 150_000
        root = ET.fromstring(svg)
        ids += [e.attrib["id"] for e in root.iter() if "id" in e.attrib]
        assert all(r[1:] in ids for e in root.iter() for k, r in e.attrib.items() if k.endswith("href"))
        if f["kind"] in ("dependence", "account"):
            assert not re.search(r"#[0-9a-f]{6}\b", svg), "colours are the page's own"
        assert "http" not in svg
    assert len(set(ids)) == len(ids)


def strokes(svg: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"M([\d.-]+) ([\d.-]+)h0", svg)]


def test_points_stand_where_their_values_are(seen: Page) -> None:
    figure = next(f for f in figures_of(shap_page(seen)) if f["kind"] == "dependence" and f["title"] == "Employees")
    points = strokes(str(draw([figure])[figure["key"]]))
    assert len(points) == len(figure["x"])
    height = sorted(-y for _, y in points)
    phi = np.sort(figure["phi"])
    slope = (height[-1] - height[0]) / (phi[-1] - phi[0])
    np.testing.assert_allclose(height, height[0] + slope * (phi - phi[0]), atol=0.2)
    across = sorted(x for x, _ in points)
    wide = np.sort(figure["x"])
    np.testing.assert_allclose(across, across[0] + (across[-1] - across[0]) / (wide[-1] - wide[0]) * (wide - wide[0]), atol=0.2)


def test_a_swarm_has_every_point_of_every_row(seen: Page) -> None:
    figure = figures_of(shap_page(seen))[0]
    points = strokes(str(draw([figure])[figure["key"]]))
    assert len(points) == sum(len(r["phi"]) for r in figure["rows"])
    across = np.sort([x for x, _ in points])
    phi = np.sort(np.concatenate([r["phi"] for r in figure["rows"]]))
    np.testing.assert_allclose(across, across[0] + (across[-1] - across[0]) / (phi[-1] - phi[0]) * (phi - phi[0]), atol=0.2)


def test_nothing_is_left_behind(seen: Page) -> None:
    import matplotlib
    from matplotlib import pyplot as plt

    np.random.seed(3)
    before, colours = np.random.get_state()[1].copy(), matplotlib.rcParams["text.color"]
    draw(figures_of(shap_page(seen))[:3])
    assert plt.get_fignums() == []
    assert (np.random.get_state()[1] == before).all()
    assert matplotlib.rcParams["text.color"] == colours
    assert matplotlib.rcParams["svg.fonttype"] == "path"


def test_nothing_to_draw_loads_nothing() -> None:
    assert draw([]) == {}


HOSTILE = ["<script>alert(1)</script>", "a & b", "]]>", "$x^2$ = 5", "--> x", 'q"q', "= =", "日本語 🙂", "x" * 200, "\\frac{"]


@pytest.mark.parametrize("label", HOSTILE)
def test_a_label_is_text_whatever_it_says(make_taught: Make, make_card: Make, make_page: Make, label: str) -> None:
    data, model = make_taught(labels={"employees": label, "region": f"{label} 2"})
    page = make_page(seen=seen_by({"win": data}, {"win": model}, make_card(), 7))
    text = render_html(page)["icp.html"]
    assert "<script" not in text
    for f, svg in draw(figures_of(page["seen"])).items():
        root = ET.fromstring(str(svg))
        assert not [e for e in root.iter() if e.tag.endswith("script")], f
    words = "".join(ET.fromstring(str(draw(figures_of(page["seen"])[:1])["seen-win-swarm"])).itertext())
    assert label[:10] in words
    assert "<script" not in render_markdown(page)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    leaves=st.sampled_from([2, 6]),
    columns=st.sampled_from([c for n in (1, 2) for c in itertools.combinations(("employees", "warehouse", "region"), n)]),
)
def test_any_model_is_drawn_in_words_and_pictures(
    make_taught: Make, make_card: Make, make_page: Make, leaves: int, columns: tuple[str, ...]
) -> None:
    whole, _ = make_taught()
    _, model = make_taught(columns=columns, leaves=leaves)
    page = make_page(seen=seen_by({"win": whole}, {"win": model}, make_card(), 7))
    assert len(re.findall('<svg class="plot"', render_html(page)["icp.html"])) == len(figures_of(page["seen"]))
    text = render_markdown(page)
    assert "## How the model sees it" in text
    assert "<svg" not in text
    assert ("each attribute counts by itself" in text) == (leaves == 2 or len(columns) == 1)


def test_the_page_without_pictures_has_no_word_of_them(make_page: Make) -> None:
    page = make_page()
    assert page["seen"] is None
    assert "How the model sees it" not in render_html(page)["icp.html"] + render_markdown(page)
