"""The findings as cards: what needs action first, what cannot be told with its power, and what is still."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from icpfit.documents.drift_page import drift_page, most_changed
from icpfit.documents.drift_values import DriftPictures
from icpfit.documents.drift_words import CODES, code_of, group_of

OLD = {"subject": "", "statistic": None, "q_value": None, "effect": None, "n_reference": 10, "n_current": 5}


def old(**values: Any) -> dict[str, Any]:
    """A finding as records from before have it: the fixed eleven keys."""
    return {"code": "MODEL-WINRATE", **OLD, "p_value": None, "alarm": False, **values}


@pytest.mark.parametrize(
    ("found", "state", "headline"),
    [
        (None, "not asked", "Whether something has moved was not asked."),
        ([], "cannot tell", "Whether something has moved cannot be told yet."),
        ([old(words="50 are needed")], "cannot tell", "Whether something has moved cannot be told yet."),
        ([old(p_value=0.5, words="as before")], "still", "Nothing has moved beyond chance."),
        ([old(alarm=True, p_value=0.001, words="moved"), old(p_value=0.5, words="same")], "moved", "One thing has moved and needs action."),
    ],
)
def test_still_is_not_unasked_and_not_untold(found: list[dict[str, Any]] | None, state: str, headline: str) -> None:
    page = drift_page(found)
    assert (page["state"], page["headline"]) == (state, headline)
    assert bool(page["asked"]) == (state in ("still", "moved"))
    assert [c["headline"] for g in page["groups"] for c in g["cards"]] == (["Moved."] if state == "moved" else [])


def test_a_finding_that_knows_nothing_but_its_words_is_told_too() -> None:
    page = drift_page([{"alarm": True, "p_value": 0.001, "words": "it moved"}, {"alarm": False, "p_value": None, "words": "50 are needed"}])
    (group,) = page["groups"]
    assert group["title"] == "Other findings"
    assert group["cards"][0]["headline"] == "It moved."
    assert page["open"] == ["50 are needed."]


def test_an_alarm_says_who_then_and_now_what_to_do_and_names_a_few(findings: list[dict[str, Any]]) -> None:
    card = drift_page(findings)["groups"][0]["cards"][0]
    assert card["headline"] == "Retail is won less often."
    assert card["words"] == "14% (9% to 21%) now, 26% then."
    assert card["who"] == "deals in Retail · 90 newer deals beside 400 before"
    assert card["todo"] == "Stop buying lists of Retail."
    assert (card["rows"], card["more"]) == (["D-0", "D-1", "D-2", "D-3", "D-4"], " and 2 more")


def test_what_the_cohort_counts_is_not_counted_twice_and_a_band_is_of_the_attribute_alone(pictures: DriftPictures) -> None:
    told = old(code="TRADE-UPMARKET", subject="Employees", words="Employees: moving up-market; 39% now", alarm=True, p_value=0.001)
    said = drift_page([{**told, "cohort": "508 new deals, beside 578 before", "n_current": 508, "n_reference": 578}], pictures)
    card = said["groups"][0]["cards"][0]
    assert card["who"] == "508 new deals, beside 578 before"
    assert card["words"] == "39% now."


def test_what_moved_comes_in_the_order_of_what_it_is_worth(findings: list[dict[str, Any]]) -> None:
    page = drift_page(list(reversed(findings)))
    assert page["headline"] == "3 things have moved and need action."
    assert [g["title"] for g in page["groups"]] == ["The market and the deals", "The data"]


def test_attributes_that_ask_for_the_same_are_one_card_with_a_line_each(findings: list[dict[str, Any]], pictures: DriftPictures) -> None:
    (card,) = drift_page(findings, pictures)["groups"][1]["cards"]
    assert card["headline"] == "2 attributes have moved."
    assert card["lines"] == [
        "Employees: 20% of rows lie elsewhere than before; most changed: 50 employees or more, 30% then, 55% now.",
        "Revenue: 30% of rows lie elsewhere than before.",
    ]
    assert card["todo"].endswith("retrain.")
    assert most_changed(None) == {}


def test_what_cannot_be_told_says_how_many_it_lacks_and_how_often_a_change_would_be_found(findings: list[dict[str, Any]]) -> None:
    assert drift_page(findings)["open"] == [
        "The tiers: 31 new deals have an outcome. 19 more deals are needed. "
        "A change that matters would be found in 10 of 100 such periods.",
        "20 wins where 22 were expected. A change of 8 points would be found in 24 of 100 such periods. 310 more deals are needed.",
    ]


def test_a_number_that_the_words_have_is_not_said_twice() -> None:
    said = drift_page([old(words="cannot tell yet; 1,900 more are needed, found in 20 of 100", needed=1_900, power=0.2)])["open"]
    assert said == ["The win rate: 1,900 more are needed, found in 20 of 100."]
    (one,) = drift_page([old(code="TRADE-CHURN", words="too few", needed=1)])["open"]
    assert one == "Too few. 1 more customer is needed."


def test_many_that_could_be_missed_are_one_line() -> None:
    many = [old(code="DRIFT-FEATURE", subject=f"a{i}", words=f"a{i}: as before", p_value=0.5, power=0.2 + i / 100) for i in range(12)]
    page = drift_page(many)
    assert page["open"] == ["12 attributes: nothing seen. A change that matters would be found in 20 to 31 of 100 such periods."]
    assert "attributes" not in page["asked"], "what may well have been missed is not called still"
    sure = drift_page([{**f, "power": 0.9} for f in many])
    assert sure["open"] == []
    assert sure["asked"].startswith("Nothing needs action; of 12 findings 12 are still.")
    assert sure["asked"].endswith("No change that matters in: 12 attributes.")


def test_many_that_cannot_be_told_are_one_line_too() -> None:
    many = [old(code="ICP-POINTS", subject=f"a{i}", words=f"a{i}: cannot tell; too few", p_value=None, power=i / 100) for i in range(12)]
    assert drift_page(many)["open"] == [
        "12 attributes of the card: too little is new, or was known before, to tell. "
        "A change that matters would be found in 0 to 11 of 100 such periods.",
    ]


def test_a_trigger_proposes_and_is_no_alarm_of_its_own(findings: list[dict[str, Any]]) -> None:
    launch = [f for f in findings if f["code"] == "TRIGGER-LAUNCH"]
    page = drift_page(launch)
    assert page["headline"] == "Whether something has moved cannot be told yet, but something is proposed."
    assert page["groups"] == []
    assert [(c["headline"], c["todo"]) for c in page["proposed"]] == [
        ("The product was launched on 2026-02-01.", "Retrain off cycle."),
    ]
    assert "only once leadership has signed it off" in page["by_itself"]
    silent = drift_page([{**launch[0], "action": "", "words": "cannot tell; no date of a launch is given"}])
    assert silent["proposed"] == []
    assert silent["open"] == ["Launch: no date of a launch is given."]


def test_what_is_to_be_looked_at_first_is_no_alarm_and_nothing_that_cannot_be_told() -> None:
    words = "37 rows have the result “Gewonnen!”; fewer seem to be won"
    fact = {**old(code="DRIFT-RESULTS", subject="results", words=words, p_value=None), "action": "name it", "n_current": 37, "alarm": False}
    page = drift_page([fact])
    assert page["groups"] == page["open"] == page["proposed"] == []
    (card,) = page["first"]
    assert (card["headline"], card["words"], card["todo"]) == (
        "37 rows have the result “Gewonnen!”.",
        "Fewer seem to be won.",
        "Name it.",
    )
    assert card["who"] == "", "these are no newer deals beside others"
    assert page["headline"] == "Whether something has moved cannot be told yet, but something in the data must be looked at first."
    moved = drift_page([fact, old(alarm=True, words="the win rate fell")])
    assert moved["state"] == "moved"
    assert moved["headline"].endswith("needs action, but something in the data must be looked at first.")


def test_a_line_that_was_crossed_is_counted_as_the_command_counts_it() -> None:
    crossed = old(code="TRIGGER-CHURN", subject="Churn", words="Churn: more leave; 26% a year", alarm=True, p_value=0.001, action="call")
    page = drift_page([crossed])
    assert page["headline"] == "One thing has moved and needs action."
    assert [g["title"] for g in page["groups"]] == ["Lines that you drew"]
    assert page["proposed"] == []
    assert page["asked"] == "1 of 1 finding needs action."


def test_of_several_things_that_are_not_asked_none_is_dropped() -> None:
    (said,) = drift_page([old(code="TRADE-DATA", words="cannot tell of churn: there are no subscriptions; of cycles: no dates")])["open"]
    assert said == "Cannot tell of churn: there are no subscriptions; of cycles: no dates."


def test_words_that_are_whole_sentences_have_no_subject_before_them() -> None:
    leave = old(code="TRADE-CHURN", subject="all customers", words="More customers leave than before; 86 left", alarm=True, p_value=0.001)
    card = drift_page([leave])["groups"][0]["cards"][0]
    assert (card["headline"], card["words"]) == ("More customers leave than before.", "86 left.")


def test_what_speaks_for_the_same_is_proposed_once(findings: list[dict[str, Any]]) -> None:
    (launch,) = [f for f in findings if f["code"] == "TRIGGER-LAUNCH"]
    reached = {**launch, "code": "TRIGGER-CUSTOMERS", "words": "100 customers are reached", "n_reference": 93, "n_current": 104}
    (card,) = drift_page([launch, reached])["proposed"]
    assert (card["headline"], card["todo"]) == ("Retrain off cycle.", "")
    assert card["lines"] == ["The product was launched on 2026-02-01.", "100 customers are reached."]
    assert drift_page([reached])["proposed"][0]["who"] == str(launch.get("cohort") or ""), "customers reached are no newer deals"


def test_every_known_code_has_a_group_something_to_do_and_a_place_in_the_docs() -> None:
    told = (Path(__file__).parents[2] / "docs" / "drift.md").read_text(encoding="utf-8")
    for name, code in CODES.items():
        assert f"`{name}`" in told
        assert group_of(name) != "Other findings"
        assert code.one
        assert code.action
    assert code_of("TRADE-LOST-DEALS").one == "lost deals"
