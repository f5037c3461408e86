"""What the lines of a card say on the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from icpfit.documents import render_html, render_markdown
from icpfit.documents.card_page import _rule_row, by_hand_page, card_page, lines_page
from icpfit.documents.line_notes import unknown_is_best
from icpfit.documents.words import KINDS
from icpfit.scorecard.condition import Condition, Rule
from icpfit.scorecard.wording import values_label

Make = Callable[..., Any]
Cell = tuple[int, float, float, int]


def test_a_rule_is_a_row_of_two_lines(make_card: Make) -> None:
    both = (Condition("a", "flag", "Warehouse: yes", low=0.5), Condition("b", "number", "Views: 2 or more", low=2.0))
    rule = Rule("rule_1", "Warehouse: yes and Views: 2 or more", "intent", both, 0, 12, 9.0, 14.0, 40, 0.1, 0.3)
    first = make_card().attributes[0]
    small = replace(first, bins=tuple(replace(b, points=max(b.points - 12, 0)) for b in first.bins))
    card = make_card()
    taken = card.attributes[0].max_points - small.max_points
    learned = {**card.layer_weights_learned}
    learned[first.layer] -= taken
    learned["intent"] = learned.get("intent", 0) + 12
    card = replace(card, attributes=(small, *card.attributes[1:]), rules=(rule,), layer_weights_learned=learned)
    row = card_page(card, "dated")["attributes"][-1]
    assert row["label"] == "Both: Warehouse: yes and Views: 2 or more"
    assert [(b["label"], b["points"], b["interval"], b["rate"]) for b in row["bins"]] == [
        ("yes, both", "0", "—", "10%"),
        ("no, or not known", "12", "9 to 14", "30%"),
    ]


@pytest.mark.parametrize(
    ("unknown", "said"),
    [
        ((9, 8.0, 10.0, 900), "“Not known” has the most points here. Such deals were won"),
        ((6, 4.0, 8.0, 900), "“Not known” has the most points here, though hardly more than “a”: the ranges overlap."),
        ((5, 4.0, 8.0, 900), ""),  # a tie is told by the lines themselves
        ((0, 0.0, 1.0, 900), ""),
        ((9, 9.0, 9.0, 0), ""),  # filled in for what no row has shown
    ],
)
def test_a_line_of_what_is_not_known_that_is_best_says_what_that_means(make_card: Make, unknown: Cell, said: str) -> None:
    first = make_card().attributes[0]
    cells = {"points": 5, "points_low": 4.0, "points_high": 6.0, "rows": 100}
    known = tuple(replace(b, label=name, **cells) for name, b in zip("ab", first.bins, strict=False))
    last = replace(first.bins[-1], **dict(zip(cells, unknown, strict=True)))
    told = unknown_is_best(replace(first, bins=(*known, last)), KINDS["icp"])
    assert told.startswith(said) if said else not told
    assert ("Such deals were won and kept more often" in told) == bool(said)


def test_every_text_of_a_line_that_is_cut_short_stands_in_the_documents(make_card: Make, make_page: Make) -> None:
    card = make_card()
    texts = tuple(f"Sector {i:02}" for i in range(9))
    region, *others = card.attributes
    named, *rest = region.bins
    long = replace(region, bins=(replace(named, values=texts, label=values_label(texts)), *rest))
    both = (Condition("region", "category", f"Region: {values_label(texts)}", values=texts), Condition("employees", "number", "5", low=5.0))
    rule = Rule("rule_1", "both", "firmographic", both, 0, 12, 9.0, 14.0, 40, 0.1, 0.3)
    row = _rule_row(rule, {"region": "Region"})
    whole = " · ".join(texts)
    assert [b["whole"] for b in row["bins"]] == [[("All 9 values of Region", whole)], []]
    page = make_page(card=replace(card, attributes=(long, *others)))
    assert [b["whole"] for b in next(a for a in page["card"]["attributes"] if a["label"] == "Region")["bins"]] == [
        [("All 9 values", whole)],
        [],
        [],
    ]
    html, markdown = render_html(page)["icp.html"], render_markdown(page)
    assert f'and 3 more<details><summary>All 9 values</summary><span class="note">{whole}</span></details></th>' in html
    assert f"“Sector 00, Sector 01, Sector 02, Sector 03, Sector 04, Sector 05 and 3 more”. All 9 values: {whole}" in markdown
    assert "Sector 08" not in render_markdown(make_page())
    six = replace(region, bins=(replace(named, values=texts[:6]), *rest))
    assert "All 6" not in render_markdown(make_page(card=replace(card, attributes=(six, *others))))


EXAMPLE = {"lines": [{"asked": "A", "value": "1", "line": "one", "points": 64}], "points": 64, "chance": 0.32, "period": "2024Q4"}


def test_one_account_by_hand_is_said_in_a_sentence(make_card: Make) -> None:
    card = make_card()
    edges = {t.name: t.from_points for t in card.tiers}
    page = by_hand_page({**EXAMPLE, "points": edges["B"], "tier": "B", "disqualified": ""}, card)
    assert page is not None
    assert page["so"].startswith(f"{edges['B']} lies between {edges['B']} and under {edges['A']}: tier B. By the card the chance that such")
    page = by_hand_page({**EXAMPLE, "points": 100, "tier": "A", "disqualified": ""}, card)
    assert page is not None
    assert page["so"].startswith(f"100 lies between {edges['A']} and 100: tier A.")
    page = by_hand_page({**EXAMPLE, "tier": "D", "disqualified": "free mail"}, card)
    assert page is not None
    assert page["so"].startswith("Tier D, since: free mail.")
    assert by_hand_page(None, card) is None


TIERS = {"A": {"from_points": 71, "expected_rate": 0.7}, "D": {"from_points": 101, "expected_rate": 0.01}}


def test_lines_stand_beside_one_another_and_one_without_a_card_says_why() -> None:
    one = {"value": "Growth", "deals": 3380, "points": "shared", "why": "", "kind": "icp", "asked": True, "auc": 0.842, "tiers": TIERS}
    two = {"value": "Enterprise", "deals": 30, "points": None, "why": "80 more wins are needed"}
    page = lines_page({"trait": "Product", "values": [one, two]}, "icp")
    assert page is not None
    assert page["rows"] == [{"value": "Growth", "deals": "3,380", "points": "the same", "tiers": ["71 · 70%", "—"], "auc": "84.2"}]
    assert page["remark"] == "Without a card of their own: Enterprise (80 more wins are needed)."
    assert page["words"].startswith("No line's own deals alone")
    own = lines_page({"trait": "Product", "values": [{**one, "points": "own"}]}, "icp")
    assert own is not None
    assert own["words"].startswith("Growth: a model of its own deals alone did better")
    apart = lines_page({"trait": "Product", "values": [{**one, "points": "own", "kind": "win"}]}, "icp")
    assert apart is not None
    assert apart["words"].endswith("What is expected there is another outcome: were won alone, for Growth.")
    unasked = lines_page({"trait": "Product", "values": [{**one, "asked": False}]}, "icp")
    assert unasked is not None
    assert unasked["words"].endswith("make a better model.")
    assert lines_page({"trait": "Product", "values": [two]}, "icp") is None
    assert lines_page(None, "icp") is None


def test_of_several_disqualifiers_it_is_said_that_one_deal_may_count_with_each(make_card: Make, make_page: Make) -> None:
    card = make_card()
    (one,) = card.disqualifiers
    two = replace(card, disqualifiers=(one, replace(one, feature="rival", reason="uses a competitor")))
    assert "One that meets several counts with each." in render_html(make_page(card=two))["icp.html"]
    assert "One that meets several" not in render_html(make_page(card=card))["icp.html"]
