"""What the section on criteria says where something is there, and where it is not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from icpfit.documents import render_html, render_markdown
from icpfit.documents.criteria_page import criteria_page

FOUND = json.loads((Path(__file__).parent / "criteria_report.json").read_text(encoding="utf-8"))
MUST, STRONG, NEVER, FITS, PAST, LIKE = range(6)


def page(**changes: dict[str, Any]) -> list[dict[str, Any]]:
    report = copy.deepcopy(FOUND)
    for name, change in changes.items():
        report[name] = {**report[name], **change}
    return criteria_page(report, [], "EUR")


def said(part: dict[str, Any]) -> str:
    return " ".join([*part["words"], *part["remarks"]])


def names(part: dict[str, Any]) -> list[str]:
    return [name for name, _ in part["tables"][0]["rows"]]


def test_each_part_has_its_counts() -> None:
    parts = page()
    assert len(parts) == 6
    assert names(parts[MUST]) == ["Data warehouse in use: yes"]
    assert "374 customers of best fit" in said(parts[MUST])
    assert names(parts[STRONG]) == ["API calls in the first 2 days of the trial: 1 time or more", "Employees: 22 to 429 employees"]
    assert names(parts[NEVER]) == ["Layoffs in the last 180 days", "Employees: under 19 employees", "Free e-mail domain"]
    assert parts[NEVER]["to_copy"] == ["- feature: employee_count", "  below: 19", "  reason: 'Employees: under 19 employees'"]
    cells = dict(parts[NEVER]["tables"][0]["rows"])["Employees: under 19 employees"]
    assert [c[:2] for c in cells] == [
        ("504", ""),
        ("14%", "else 26%"),
        ("0.53", "0.43 to 0.65"),
        ("69", "EUR 348,119 ARR"),
        ("proposed", ""),
    ]
    assert "“uses a competitor”. 17% of such deals were won, 27% of the others; it turns down 147 of 1,252 deals won" in said(parts[NEVER])
    assert names(parts[FITS]) == ["Best fit", "Good fit", "Stretch deal", "Left"]
    assert said(parts[LIKE]).startswith("The profile looks like the customers who grow.")


def test_two_counts_of_one_kind_of_customer_say_what_each_counts() -> None:
    parts = page()
    assert "The best are here 374 customers of best fit" in said(parts[MUST])
    assert "Of all 388 such customers only these 374 are counted here: those whose deals the card was learned from." in said(parts[MUST])
    assert "242 customers who left, pay less or are a problem" in said(parts[MUST])
    assert "By LTV, of all 1,316 customers: 388 of best fit, 379 of good fit, and 335 stretch deals (" in said(parts[FITS])
    assert "“Left” are here only those who are gone by now. The 242 beside the must-haves are of the deals" in said(parts[FITS])
    assert "of those who were gone at their first renewal, 32% (14 of 44)" in said(parts[LIKE])
    same = page(best={"of": 374})
    assert "such customers only" not in said(same[MUST]), "nothing to explain"
    old = {k: v for k, v in FOUND["best"].items() if k != "of"}
    assert "such customers only" not in said(criteria_page(FOUND | {"best": old}, [], "EUR")[MUST])


def test_what_is_read_as_it_is_today_is_marked() -> None:
    found = [{**x, "today": True} for x in FOUND["negative"]["found"]]
    rows = page(negative={"found": found})[NEVER]["tables"][0]["rows"]
    assert [cells[-1][0] for _, cells in rows] == [f"{s}, read as it is today" for s in ("in force", "proposed", "in force")]


def test_where_nothing_is_a_must_have_it_says_so_and_names_the_nearest() -> None:
    near = FOUND["secondary"]["found"][0]
    told = page(primary={"found": [], "nearest": near})[MUST]
    assert told["tables"] == []
    assert "No line of the scorecard is a must-have" in said(told)
    assert "Nearest comes “API calls in the first 2 days of the trial: 1 time or more”: 69% of the best, 48% of those who left" in said(
        told
    )


def test_what_later_deals_bear_out_is_said_and_what_they_do_not() -> None:
    assert "made without" not in said(page()[STRONG])
    report = {**FOUND, "later": {"deals": 812, "not_borne_out": ["Fax numbers"], "new": ["Moon phase"]}}
    told = said(criteria_page(report, [], "EUR")[STRONG])
    assert "812 of them, each scored by a card that was made without it, bear each out" in told
    assert "do not bear out “Fax numbers”" in told
    assert "Hardly a card of the past asked “Moon phase”" in told
    bare = {**report, "secondary": {**FOUND["secondary"], "found": []}, "primary": {**FOUND["primary"], "found": []}}
    assert "none that later tests bear out (see strong signals) is in nearly all" in said(criteria_page(bare, [], "EUR")[MUST])
    assert "do not bear out “Fax numbers”" in said(criteria_page(bare, [], "EUR")[STRONG])


def test_where_nothing_is_found_nothing_is_offered() -> None:
    parts = page(primary={"found": [], "nearest": None, "enough": False}, secondary={"found": []}, negative={"found": [], "declared": []})
    assert "too few of the best" in said(parts[MUST])
    assert "not one of" in said(parts[STRONG]).lower()
    assert said(parts[NEVER]).startswith("None was found.")
    assert parts[NEVER]["to_copy"] == []


@pytest.mark.parametrize(
    ("best", "stretch", "words"),
    [((60, 70), (30, 40), "stood higher than"), ((30, 40), (60, 70), "stood lower than"), ((30, 60), (50, 70), "stood no higher than")],
)
def test_whether_best_fit_deals_stood_higher_is_said_by_their_ranges(best: Any, stretch: Any, words: str) -> None:
    fits = copy.deepcopy(FOUND["fits"])
    for f, (low, high) in ((fits["fits"][0], best), (fits["fits"][2], stretch)):
        f["in_ab"] |= {"low": low / 100, "high": high / 100}
    assert f"Best-fit deals {words} stretch deals" in said(page(fits=fits)[FITS])


def test_what_the_cards_knew_is_said_of_every_part_that_rests_on_them() -> None:
    parts = page(retrospective={"scored": "scored by cards that knew later customers"})
    for which in (FITS, PAST, LIKE):
        assert "scored by cards that knew later customers" in said(parts[which])


def test_too_many_wins_below_the_line_are_called_so() -> None:
    finding = FOUND["retrospective"]["finding"]
    assert "Too many wins fall below the line" not in said(page()[PAST])
    assert "Too many wins fall below the line: " in said(page(retrospective={"finding": {**finding, "alarm": True}})[PAST])


def test_what_cannot_be_told_of_who_leaves_has_its_reason() -> None:
    told = page(reverse={"auc": None, "verdict": "cannot tell", "why": "3 strong customers; 20 are needed"})[LIKE]
    assert said(told) == "Cannot tell: 3 strong customers; 20 are needed."
    even = page(reverse={"verdict": "cannot tell"})[LIKE]
    assert said(even).startswith("Cannot tell: the range includes what lots would give.")


def test_a_flat_file_says_that_it_knows_one_outcome() -> None:
    report = copy.deepcopy(FOUND) | {"fits": None, "reverse": None}
    report["best"] = {"is": "stayed", "tables": False, "best": 300, "left": 100, "lost": 0}
    parts = criteria_page(report, [], "EUR")
    assert "300 customers who stayed; beside them stand 100 customers who left" in said(parts[MUST])
    assert "are a problem" not in said(parts[MUST])
    assert "one outcome of each row" in said(parts[MUST])
    assert "deals lost" not in " ".join(said(p) for p in parts[:2])
    assert [h for h, _ in parts[STRONG]["tables"][0]["heads"]][-2:] == ["Best", "Left"]


def test_both_documents_hold_the_section_and_old_runs_have_none(make_page: Callable[..., Any], make_metrics: Callable[..., Any]) -> None:
    whole, old = make_page(), make_page(metrics={k: v for k, v in make_metrics().items() if k != "criteria"})
    for text in (render_html(whole)["icp.html"], render_markdown(whole)):
        assert "Disqualifiers to consider (negative criteria)" in text
    for text in (render_html(old)["icp.html"], render_markdown(old)):
        assert "negative criteria" not in text
    lines = "<pre>- feature: employee_count\n  below: 19\n  reason: &#39;Employees: under 19 employees&#39;\n</pre>"
    assert lines in render_html(whole)["icp.html"]
