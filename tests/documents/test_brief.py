"""The first screen: who fits, how sure it is, what to do; and what it may not claim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from icpfit.documents import Market, summarise
from icpfit.documents.market import Segment
from icpfit.moments import parse_moment

Make = Callable[..., Any]
CHANCES = "By the card, 67% of such deals are won and kept, and 4.5% of those in tier D."
WORK = "work tier A first (80 points or more): call today (account executive, within 4 hours)"


def test_who_fits_is_the_weightiest_groups_that_stand_out(make_page: Make, make_card: Make) -> None:
    assert make_page()["brief"]["fits"] == [
        ("Has a data warehouse", "yes"),
        ("Employees", "50 employees or more"),
        ("Region", "NA"),
    ]
    card = make_card()
    vague = tuple(replace(a, bins=tuple(replace(b, points_low=0.0, points_high=90.0) for b in a.bins)) for a in card.attributes)
    assert make_page(card=replace(card, attributes=vague))["brief"]["fits"] == []


@pytest.mark.parametrize(
    ("proposed", "said"),
    [(False, f"W{WORK[1:]}. {CHANCES}"), (True, f"Sign it off or reject it. Once it is in force, {WORK}. {CHANCES}")],
)
def test_what_to_do_is_the_work_of_the_first_tier(make_page: Make, proposed: bool, said: str) -> None:
    assert make_page(gates=[], proposed=proposed)["brief"]["todo"] == said


def test_a_profile_that_failed_a_gate_is_nothing_to_work_from(make_page: Make) -> None:
    page = make_page()
    assert page["alerts"]
    assert page["brief"]["todo"] == "Do not work from it yet: read first what it failed."


def test_a_tier_out_of_reach_is_not_sent_to_work(make_page: Make, make_card: Make) -> None:
    card = make_card()
    a, b, c, d = card.tiers
    page = make_page(gates=[], card=replace(card, tiers=(replace(a, from_points=101, rows=0), b, c, d)))
    assert page["brief"]["todo"].startswith(
        "Work tier B first (55 points or more): sequence this week (SDR, within 24 hours). By the card, 34%"
    )
    flat = tuple(replace(t, rows=0) for t in (a, b, c))
    assert make_page(gates=[], card=replace(card, tiers=(*flat, d)))["brief"]["todo"].startswith("Its points do not part accounts")


def test_a_card_of_staying_speaks_of_customers(make_page: Make, make_card: Make) -> None:
    todo = make_page(gates=[], card=make_card("retention"))["brief"]["todo"]
    assert todo.endswith("By the card, 67% of such customers stay, and 4.5% of those in tier D.")


def test_without_a_signal_the_lead_is_a_count_in_plain_words(make_metrics: Make, make_outcome: Make, pages: dict[str, Any]) -> None:
    failed = make_outcome(verdict="no signal", auc=0.51, auc_low=0.48, auc_high=0.54, signal=None)
    page = summarise(make_metrics(verdict="no signal", words="AUC 0.51, p = 0.3", win=failed), None)
    assert page["lead"] == [
        "Ranked by what is in this data, 51.0 of 100 pairs come in the right order, a won deal above a lost one (90% range 48.0 to 54.0); "
        "drawing lots gives 50. That is not enough to tell a pattern from luck."
    ]
    assert page["brief"] is None
    few = pages["too little data"]
    assert few["lead"] == ["All rows have the same outcome (9 wins, 0 losses): there is nothing to compare."]
    assert few["evidence"] == "patterns only (9 deals won and 0 deals lost)"
    assert few["needed"].startswith(
        "From 20 deals of each outcome, and enough in all, a model is made; 50 of each are enough to act on with care, 100 to tell"
    )


def test_without_a_signal_the_figure_that_decides_is_named(make_metrics: Make, make_outcome: Make) -> None:
    test = {"auc": 0.626, "p_value": 0.013, "rows": 1139, "quarters": ["2025Q1"], "words": ""}

    def lead(low: float) -> str:
        failed = make_outcome(verdict="no signal", auc=0.744, auc_low=low, auc_high=0.786, signal=test)
        (said,) = summarise(make_metrics(verdict="no signal", win=failed), None)["lead"]
        return str(said)

    assert "; drawing lots gives 50. What decides are the 1,139 deals that had no part in building the model they test" in lead(0.49)
    assert "model they test: 62.6 there, and drawing lots does" in lead(0.49)
    assert lead(0.49).endswith("as well at most 1.3 times in 100. Up to 1 would be enough to tell a pattern from luck.")
    assert lead(0.705).endswith("tell a pattern from luck. There may be a pattern that more deals would show.")
    test["p_value"] = 0.228
    assert lead(0.705).endswith("as well at most 22.8 times in 100. Up to 1 would be enough to tell a pattern from luck.")


def test_of_few_deals_the_lots_that_all_of_them_were_laid_beside_are_named(make_page: Make, make_metrics: Make, make_outcome: Make) -> None:
    test = {"auc": 0.626, "p_value": 0.013, "rows": 96, "quarters": ["2025Q1"], "words": "", "associated": 1_280}
    failed = make_outcome(verdict="no signal", auc=0.626, auc_low=0.49, auc_high=0.7, signal=test)
    (said,) = summarise(make_metrics(verdict="no signal", win=failed), None)["lead"]
    assert said.endswith(
        "drawing lots gives 50. Of so few, what decides is whether what is known of all 1,280 deals goes with how they ended: outcomes "
        "dealt by lot seem to go with it as closely 1.3 times in 100. Up to 1 would be enough to tell a pattern from luck."
    )
    assert "had no part" not in said
    luck = luck_of(make_page(metrics=make_metrics(win=make_outcome(signal={**test, "p_value": 0.002}), retention=None)))
    assert luck == ("p = 0.002", "how often outcomes dealt by lot would seem as closely tied to what is known of all 1,280 deals")
    _, said = luck_of(make_page())
    assert said == "how often, at most, chance alone would do as well on 210 deals that had no part in building the model"


def luck_of(page: dict[str, Any]) -> tuple[str, str]:
    """What the row of the outcome's page says that asks whether it could be luck."""
    ((value, said),) = [tuple(row[1:]) for row in page["outcomes"][0]["figures"] if row[0] == "Could it be luck?"]
    return value, said


def test_a_layer_without_data_is_not_said_to_weigh_nothing(make_page: Make, make_metrics: Make, make_outcome: Make) -> None:
    assert make_page()["layers_without_data"] == ""
    partial = make_outcome(without_layer={"firmographic": 0.02, "intent": 0.0})
    assert make_page(metrics=make_metrics(win=partial, retention=None))["layers_without_data"] == "technographic and behavioral"
    untold = make_outcome(without_layer={})
    assert make_page(metrics=make_metrics(win=untold, retention=None))["layers_without_data"] == ""


def test_averages_of_a_handful_of_deals_are_not_shown(make_page: Make) -> None:
    def tiles(won: int, valued: int) -> list[str]:
        crowd = Market(parse_moment("2026-04-01"), won, 12, 9_552.0, 505.0, won / (won + 12), (13, 150), (), (), (), valued=valued)
        return [said for tile in make_page(market=crowd)["market"]["tiles"][2:] for said in tile[1:]]

    assert tiles(9, 9) == ["too few", "of a won deal", "too few", "from created to closed"]
    assert tiles(10, 10) == ["USD 9,552", "of a won deal", "505 days", "from created to closed"]
    assert tiles(40, 9)[:2] == ["too few", "of the 9 won deals whose value is known"]
    assert tiles(40, 10)[:2] == ["USD 9,552", "of the 10 won deals whose value is known"]


def test_a_segments_average_is_of_deals_of_known_value(make_page: Make) -> None:
    def value(valued: int) -> str:
        segment = Segment("Media", 40, 52, 40 / 52, 9_552.0, valued)
        crowd = Market(parse_moment("2026-04-01"), 40, 12, 9_552.0, 505.0, 40 / 52, (13, 150), (segment,), (), (), valued=valued)
        return str(make_page(market=crowd)["market"]["segments"][0]["rows"][0]["value"])

    assert (value(9), value(10)) == ("too few", "USD 9,552")
