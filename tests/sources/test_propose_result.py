"""The column that says how it ended: found by what its texts say, also where they say one thing only."""

from __future__ import annotations

import pandas as pd
import pytest

from icpfit.errors import SourceError
from icpfit.sources.propose_look import Look
from icpfit.sources.propose_result import Result, guess_result


def looks(columns: dict[str, list[str]]) -> list[Look]:
    return [Look.at(header, pd.Series(texts, dtype="str")) for header, texts in columns.items()]


def guess(**columns: list[str]) -> Result:
    return guess_result(looks({h.replace("_", " "): texts for h, texts in columns.items()}), "export.csv")


OTHERS = {"Type": ["New", "Existing"] * 30, "Has CRM": ["Yes", "No", "No"] * 20}


@pytest.mark.parametrize(
    ("header", "only", "positive", "negative"),
    [
        ("Stage", "Closed Won", ("Closed Won",), ("Closed Lost",)),
        ("Stage", "Closed Lost", ("Closed Won",), ("Closed Lost",)),
        ("Stage", "7 - Closed Won (New Business)", ("7 - Closed Won (New Business)",), ("lost",)),
        ("Is Won", "TRUE", ("TRUE",), ("FALSE",)),
        ("converted", "1", ("1",), ("0",)),
        ("Churned", "No", ("No",), ("Yes",)),
    ],
)
def test_one_outcome_in_every_row_is_still_the_result(header: str, only: str, positive: tuple[str, ...], negative: tuple[str, ...]) -> None:
    result = guess_result(looks({**OTHERS, header: [only] * 60}), "export.csv")
    assert (result.header, result.positive, result.negative) == (header, positive, negative)
    assert f"{only!r} is the only outcome in the file" in result.doubt


def test_wins_and_open_deals_are_one_outcome_and_no_open_stage_is_taken_for_lost() -> None:
    result = guess(Stage=["Closed Won"] * 40 + ["Negotiation"] * 12 + ["Legal Review"] * 3, Has_CRM=["Yes"] * 55)
    assert (result.positive, result.negative) == (("Closed Won",), ("Closed Lost",))
    assert "only outcome" in result.doubt
    assert "'Negotiation', 'Legal Review' are neither" in result.doubt
    two = guess(Result=["Won"] * 40 + ["Open"] * 12)
    assert (two.positive, two.negative) == (("Won",), ("Lost",))


def test_no_decided_deal_is_a_fault_and_no_other_column_steps_in() -> None:
    with pytest.raises(SourceError, match="no deal in it is decided: 'Stage' holds 'Negotiation', 'Prospecting'"):
        guess(Stage=["Prospecting", "Negotiation"] * 30, Has_CRM=["Yes", "No"] * 30)


@pytest.mark.parametrize(
    ("won", "lost"),
    [
        ("6 - Closed Won", "7 - Closed Lost"),
        ("Closed Won (Sales Pipeline)", "Closed Lost (Sales Pipeline)"),
        ("Closed - Converted", "Closed - Not Converted"),
        ("Won - upsell", "Lost to competitor"),
        ("Ganada", "Perdida"),
        ("Gagnée", "Perdue"),
        ("Won", "No decision"),
    ],
)
def test_stages_as_systems_write_them(won: str, lost: str) -> None:
    result = guess(Deal_Stage=[won, lost, lost, "3. Demo"] * 10)
    assert (result.positive, result.negative) == ((won,), (lost,))


def test_an_active_deal_is_open_beside_won_ones_and_an_active_customer_is_kept() -> None:
    deals = guess(Status=["Won", "Lost", "Active"] * 10)
    assert (deals.outcome, deals.positive) == ("win", ("Won",))
    customers = guess(Status=["Active", "Canceled"] * 10)
    assert (customers.outcome, customers.positive) == ("retention", ("Active",))


def test_a_second_result_that_agrees_is_no_doubt_and_one_that_differs_is() -> None:
    stage = ["Closed Won", "Closed Lost", "Proposal"] * 20
    agrees = guess(Stage=stage, Is_Won=["true", "false", "false"] * 20)
    assert agrees.header == "Stage"
    assert agrees.also == ("Is Won",)
    assert "Is Won" not in agrees.doubt
    differs = guess(Status=["Active", "Inactive", "Inactive"] * 20, Stage=["Closed Won", "Closed Lost"] * 30)
    assert (differs.header, differs.outcome, differs.also) == ("Stage", "win", ("Status",))
    assert "'Status' could be the result too, and says otherwise in 30 of 60 rows" in differs.doubt


def test_a_flag_of_winning_that_is_no_for_open_deals_too_is_doubted() -> None:
    flags = guess(Is_Won=["true", "false", "false"] * 20, Is_Closed=["true", "true", "false"] * 20)
    assert flags.header == "Is Won"
    assert "20 of the 40 rows taken as lost are still open, says 'Is Closed'" in flags.doubt
    lost = guess(Won=["1", "0", "0"] * 20, Lost=["0", "1", "0"] * 20)
    assert "20 of the 40 rows taken as lost are still open, says 'Lost'" in lost.doubt
    settled = guess(Is_Won=["true", "false"] * 20, Is_Closed=["true"] * 40)
    assert settled.doubt == ""


def test_a_stage_whose_texts_nobody_knows_is_named_when_another_column_is_taken() -> None:
    result = guess(Stage=["Alpha", "Beta", "Gamma"] * 20, VIP=["Y", "N"] * 30)
    assert result.header == "VIP"
    assert "no column says clearly how a deal ended" in result.doubt
    assert "'Stage' holds 'Alpha', 'Beta', 'Gamma': if it is the result, name it" in result.doubt


def test_what_is_known_to_say_something_else_is_never_taken_for_the_result() -> None:
    with pytest.raises(SourceError, match=r"no column looks like the outcome .*; 'Stage' holds 'Alpha', 'Beta', 'Gamma'"):
        guess(Stage=["Alpha", "Beta", "Gamma"] * 20, Region=["North", "South"] * 30)
