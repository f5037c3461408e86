"""What the document says of customers and losses, worked out by hand."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from icpfit.documents import render_html, render_markdown
from icpfit.documents.customers_page import customers_page


@pytest.fixture
def report(make_metrics: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return copy.deepcopy(make_metrics()["customers"])


def part(report: dict[str, Any], title: str) -> dict[str, Any]:
    return next(p for p in customers_page(report, "USD") if p["title"] == title)


def test_a_run_without_tables_of_customers_has_no_section(make_page: Any, make_metrics: Any) -> None:
    for said in ({"customers": None}, {}):
        metrics = make_metrics(**said)
        if not said:
            del metrics["customers"]  # a bundle from before there was one
        page = make_page(metrics=metrics)
        assert page["customers"] == []
        assert "Customers and losses" not in render_html(page)["icp.html"] + render_markdown(page)


def test_few_customers_carry_no_figure(report: dict[str, Any]) -> None:
    name, cells = part(report, "What customers are worth")["tables"][0]["rows"][0]
    assert (name, [c for c, *_ in cells]) == ("under 30 employees", ["9", "too few", "too few", "too few"])
    rows = part(report, "Do customers grow?")["tables"][0]["rows"]
    assert [c for c, *_ in rows[1][1]] == ["10", "too few", "too few", "too few"]
    two = part(report, "One profile or two?")["tables"][0]["rows"]
    assert [c for c, *_ in dict(two)["Stayed"]] == ["70%", "too few"]


def test_shares_add_up_and_what_is_not_known_is_named(report: dict[str, Any]) -> None:
    losses = part(report, "Why deals were lost")
    assert sum(int(cells[0][0]) for _, cells in losses["tables"][0]["rows"]) == 900
    assert any("“xyz” (10)" in r for r in losses["remarks"])
    assert any("CSAT" in r for r in part(report, "Best, average and problem customers")["remarks"])


def test_what_cannot_be_told_says_what_is_missing(report: dict[str, Any]) -> None:
    report["lifetime"] = {"can_tell": False, "words": "5 customers; 20 are needed", "customers": 5, "left": 0}
    report["expansion"] = {"can_tell": False, "customers": 5, "too_young": 0, "nrr": None, "needed": 20, "by_start": []}
    assert part(report, "What customers are worth")["words"] == ["How long customers stay cannot be told: 5 customers; 20 are needed."]
    assert part(report, "Do customers grow?")["words"] == ["Cannot tell: the first renewal of 5 customers has passed, and 20 are needed."]
    report["customers"]["table"] = False
    titles = [p["title"] for p in customers_page(report, "USD")]
    assert "Do customers grow?" not in titles
    assert "there is no table of subscriptions" in part(report, "What customers are worth")["words"][0]
