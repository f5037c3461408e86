"""Which groups of a card may be offered as a fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.documents.brief import brief
from icpfit.documents.profile_page import profile_page, stands_out
from icpfit.scorecard.binning import MIN_ROWS
from icpfit.scorecard.card import Attribute, Bin
from icpfit.scorecard.condition import Condition, Rule

Make = Callable[..., Any]
Cell = tuple[int, float, float, int]


def attribute(*cells: Cell, unknown: Cell = (0, 0.0, 0.0, 0)) -> Attribute:
    """Cells as (points, low, high, rows), named a, b, c, … in turn."""
    bins = tuple(Bin(chr(97 + i), *cell, rate=0.25, values=(chr(97 + i),)) for i, cell in enumerate(cells))
    return Attribute("x", "X", "firmographic", "category", "", "", (*bins, Bin("unknown", *unknown, rate=None, unknown=True)), 0.9)


def named(found: Attribute) -> tuple[str | None, str | None]:
    best, worst = stands_out(found)
    return (best.label if best else None), (worst.label if worst else None)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([(10, 8.0, 11.0, 100), (0, 0.0, 0.0, 900)], ("a", "b")),
        ([(4, 0.0, 8.0, 500), (0, 0.0, 2.0, 500)], (None, None)),  # the ranges overlap: nothing is said
        ([(4, 2.0, 8.0, 500), (0, 0.0, 2.0, 500)], (None, None)),  # they touch
        ([(10, 8.0, 11.0, MIN_ROWS - 1), (0, 0.0, 0.0, 900)], (None, "b")),  # too few rows to be named, but b lies below them
        ([(10, 8.0, 11.0, MIN_ROWS), (0, 0.0, 0.0, 900)], ("a", "b")),
        ([(10, 8.0, 11.0, 900), (0, 0.0, 0.0, 0)], (None, None)),  # nobody to be compared with
        # the others have (200 * 12 + 100 * 0) / 300 = 8 at their high ends
        ([(12, 8.1, 14.0, 50), (6, 5.0, 12.0, 200), (0, 0.0, 0.0, 100)], ("a", "c")),
        ([(12, 7.9, 14.0, 50), (6, 4.0, 12.0, 200), (0, 0.0, 0.0, 100)], (None, "c")),
        # the cell of most points is too unsure: the next one that stands out is named, not this one
        ([(12, 2.0, 22.0, 50), (9, 8.0, 10.0, 200), (0, 0.0, 0.0, 500)], ("b", "c")),
    ],
)
def test_a_group_is_named_where_its_range_is_clear_of_the_rest(cells: list[Cell], said: tuple[str | None, str | None]) -> None:
    assert named(attribute(*cells)) == said


def test_accounts_of_which_nothing_is_known_are_compared_with_and_never_named() -> None:
    assert named(attribute((5, 4.0, 6.0, 100), unknown=(9, 8.0, 10.0, 900))) == (None, "a")
    assert named(attribute((5, 4.0, 6.0, 100), unknown=(0, 0.0, 1.0, 900))) == ("a", None)


cell = st.tuples(st.integers(0, 20), st.floats(0, 5), st.floats(0, 5), st.integers(0, 60)).map(
    lambda c: (c[0], max(c[0] - c[1], 0.0), c[0] + c[2], c[3])
)


@settings(max_examples=200, deadline=None)
@given(cells=st.lists(cell, min_size=1, max_size=5), wider=st.floats(0, 10))
def test_less_certainty_never_names_more(cells: list[Cell], wider: float) -> None:
    found = attribute(*cells)
    best, worst = stands_out(found)
    vague = replace(found, bins=tuple(replace(b, points_low=b.points_low - wider, points_high=b.points_high + wider) for b in found.bins))
    still = stands_out(vague)
    assert best is not None or still[0] is None
    assert worst is not None or still[1] is None
    assert best is None or best is not worst


def test_the_page_says_what_was_left_out_and_what_points_the_other_way(make_card: Make) -> None:
    card = make_card()
    region, employees, warehouse = card.attributes
    vague = replace(region, bins=tuple(replace(b, points_low=0.0, points_high=25.0) for b in region.bins))
    turned = replace(warehouse, bins=tuple(replace(b, rate=None if b.rate is None else 0.5 - b.rate) for b in warehouse.bins))
    page = profile_page(replace(card, attributes=(vague, employees, turned)))
    assert [r["label"] for r in page["rows"]] == ["Has a data warehouse", "Employees"]
    assert page["remarks"] == [
        "Left out here: Region. No group of it stands out, so who fits by it is not known. Its lines are on the scorecard.",
        "For Has a data warehouse the counted shares point the other way: the points compare deals that are alike in all else, "
        "the shares do not.",
    ]
    assert page["rule"].startswith("A group is named only where it holds at least 20 deals and the range of its points")


def test_where_no_group_stands_out_no_one_is_said_to_fit(make_card: Make, make_page: Make) -> None:
    card = make_card()
    vague = tuple(replace(a, bins=tuple(replace(b, points_low=0.0, points_high=90.0) for b in a.bins)) for a in card.attributes)
    page = profile_page(replace(card, attributes=vague))
    assert page["rows"] == []
    assert page["remarks"] == [
        "Left out here: Has a data warehouse, Employees and Region. No group of them stands out, so who fits by them is not known. "
        "Their lines are on the scorecard."
    ]


def test_a_rule_of_two_stands_where_its_weight_puts_it_and_speaks_for_what_it_asks(make_card: Make) -> None:
    """A region that counts only with a warehouse is no attribute of which nothing is known."""
    card = make_card()
    region, employees, warehouse = card.attributes
    vague = replace(region, bins=tuple(replace(b, points_low=0.0, points_high=25.0) for b in region.bins))
    both = (Condition(region.name, region.kind, "Region: x", values=("x",)), Condition(warehouse.name, warehouse.kind, "yes", low=0.5))
    rule = Rule("rule_1", "Region: x and warehouse: yes", "intent", both, 99, 0, 90.0, 105.0, 40, 0.6, 0.15)

    def page_with(rule: Rule) -> tuple[Any, dict[str, Any]]:
        made: Any = SimpleNamespace(kind=card.kind, attributes=(vague, employees, warehouse), rules=(rule,), tiers=card.tiers)
        return made, profile_page(made)

    made, page = page_with(rule)
    sides = {k: page["rows"][0][k] for k in ("label", "best", "best_rate", "worst", "worst_rate", "points", "interval")}
    assert list(sides.values()) == [rule.label, "both", "60%", "not both", "15%", "99", "90 to 105"]
    assert "Region" not in " ".join(page["remarks"])
    assert brief(made, page, proposed=False, failed=False)["fits"][0] == (rule.label, "both")
    assert page_with(replace(rule, points=0, otherwise=99))[1]["rows"][0]["best"] == "not both"
    _, page = page_with(replace(rule, points_low=0.0))
    assert rule.label not in [r["label"] for r in page["rows"]]
    assert "Region" in " ".join(page["remarks"])
