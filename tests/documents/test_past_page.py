"""Past wins by tier: every figure is the gate's own, and too few wins carry no share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from icpfit.config import GateSettings
from icpfit.documents import render_html, render_markdown
from icpfit.documents.past_page import past_wins_part
from icpfit.gates.past import Past, retrospective_recall

SCORED = "scored by the card that was made before each of them was created"


def judged() -> list[dict[str, Any]]:
    tiers = ["A"] * 10 + ["D"] * 10 + ["B"] * 4 + ["C"] * 4
    n = len(tiers)
    period = np.repeat(np.array(["2024Q4", "2025Q1"], dtype=object), [20, 8])
    past = Past(period, np.full(n, 50.0), np.array(tiers, dtype=object), np.ones(n), np.full(n, np.nan), wins=40)
    return [retrospective_recall(past, GateSettings()).values()]


def test_each_period_has_its_wins_and_all_of_them_stand_last() -> None:
    page = past_wins_part(judged()[0]["numbers"])
    assert page is not None
    rows = page["tables"][0]["rows"]
    assert [period for period, _ in rows] == ["2024Q4", "2025Q1", "All"]
    assert [cells[0][0] for _, cells in rows] == ["20", "8", "28"]
    assert [[text for text, *_ in cells[1:]] for _, cells in rows] == [["50%", "50%", "50%"], ["too few"] * 3, ["36%", "50%", "64%"]]
    assert SCORED in page["words"][0]


def test_ten_wins_carry_a_share_and_nine_do_not() -> None:
    period = np.repeat(np.array(["2024Q4", "2025Q1", "2025Q2"], dtype=object), [10, 9, 9])
    n = len(period)
    past = Past(period, np.full(n, 50.0), np.full(n, "A", dtype=object), np.ones(n), np.full(n, np.nan), wins=n)
    page = past_wins_part(retrospective_recall(past, GateSettings()).numbers)
    assert page is not None
    assert [cells[1][0] for _, cells in page["tables"][0]["rows"]] == ["100%", "too few", "too few", "100%"]


def test_where_nobody_could_tell_nothing_is_shown() -> None:
    assert past_wins_part({}) is None
    assert past_wins_part(retrospective_recall(Past(wins=300), GateSettings()).numbers) is None


def test_both_documents_say_which_card_it_was(make_page: Callable[..., dict[str, Any]], make_metrics: Callable[..., Any]) -> None:
    old = {k: v for k, v in make_metrics().items() if k != "criteria"}
    page = make_page(metrics=old, gates=judged())
    for text in (render_html(page)["icp.html"], render_markdown(page)):
        assert len(re.findall(SCORED, text)) == 2, "in the gate's own words, and above the table"
        assert "12 more wins are not judged" in text
    assert "| Tested | Wins | A | A or B | A to C |\n|---|---:|---:|---:|---:|\n| 2024Q4 | 20 | 50% | 50% | 50% |\n" in render_markdown(
        page
    )
    assert "Where past wins would have stood" not in render_markdown(make_page(metrics=old))
