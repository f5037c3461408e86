"""Row faults, cell by cell: what is read, what is unknown, what leaves a row out and in which words."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from icpfit.moments import parse_moment
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.warehouse import Warehouse

Frames = dict[str, pd.DataFrame]


def reasons(warehouse: Warehouse, table: str) -> dict[str, int]:
    return dict(next(c for c in warehouse.counts if c.table == table).left_out)


def words(warehouse: Warehouse, code: str) -> str:
    return next(f.words for f in warehouse.findings if f.code == code)


def with_deal(company: Frames, **cells: object) -> Frames:
    """The company with other cells in its third deal, D-3: created 2026-03-03, open."""
    deals = company["deals"].astype(object)
    for name, cell in cells.items():
        deals.loc[2, name] = cell
    return {"accounts": company["accounts"], "deals": deals}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-03", "2026-03-03"),
        (" 2026-03-03 ", "2026-03-03"),
        ("2026-03-03T12:30", "2026-03-03T12:30:00"),
        ("2026-03-03 12:30:00.25", "2026-03-03T12:30:00.250000"),
        ("2026-03-03T12:30:00Z", "2026-03-03T12:30:00+00:00"),
        ("2026-03-03T01:30:00+02:00", "2026-03-02T23:30:00"),
        ("2026-03-03T01:30:00-0330", "2026-03-03T05:00:00"),
        ("2026-03-03 12:30:00.123456789", "2026-03-03T12:30:00.123456"),
    ],
)
def test_dates_as_text(company: Frames, text: str, moment: str) -> None:
    deals = warehouse_from_frames(with_deal(company, created_at=text, stage="open")).frame("deals")
    assert deals.loc[deals["deal_id"] == "D-3", "created_at"].item() == parse_moment(moment) if text[0] != "9" else True


@pytest.mark.parametrize("text", ["soon", "03/04/2026", "2026-02-30", "20260303", "46084", "infinity", "epoch", "99999-01-01", "12:00"])
def test_what_is_no_date_leaves_the_row_out(company: Frames, text: str) -> None:
    warehouse = warehouse_from_frames(with_deal(company, created_at=text))
    assert reasons(warehouse, "deals") == {"bad date": 1}
    sentence = f"deals: 1 of 6 rows has a date that cannot be read, e.g. row 3, deal 'D-3': created_at '{text}'. It was left out."
    assert words(warehouse, "ROWS-BAD-DATE").startswith(sentence)


def test_a_date_format_of_ones_own(company: Frames) -> None:
    company["deals"]["created_at"] = company["deals"]["created_at"].dt.strftime("%d.%m.%Y")
    plain = warehouse_from_frames(company, date_format="%d.%m.%Y", max_left_out=0)  # the other columns are dates already
    assert plain.frame("deals")["created_at"].min() == parse_moment("2026-01-03")


def test_a_date_format_is_not_guessed_past(company: Frames) -> None:
    """With year, day, month a text is not read as year, month, day where the first fails."""
    company["deals"]["created_at"] = "2026-01-03"  # the first of March
    for text, bad in (("2026-15-03", 0), ("2026-03-15", 1)):
        warehouse = warehouse_from_frames(with_deal(company, created_at=text, closed_at=None), date_format="%Y-%d-%m")
        assert reasons(warehouse, "deals").get("bad date", 0) == bad


def test_for_ever_is_an_end_like_another(company: Frames) -> None:
    company["subscriptions"] = company["subscriptions"].astype(object)
    company["subscriptions"].loc[1, "ended_at"] = "9999-12-31"
    subscriptions = warehouse_from_frames(company).frame("subscriptions")
    assert subscriptions["ended_at"].max() == parse_moment("9999-12-31")


@pytest.mark.parametrize("number", ["12,5", "$12", "1,200", "12 USD", "twelve", "inf", "-Infinity", "1e999", "true", math.inf])
def test_what_is_no_number_leaves_the_row_out(company: Frames, number: object) -> None:
    warehouse = warehouse_from_frames(with_deal(company, amount=number))
    assert reasons(warehouse, "deals") == {"bad number": 1}
    assert f"e.g. row 3, deal 'D-3': amount '{number}'. It was left out." in words(warehouse, "ROWS-BAD-NUMBER")


@pytest.mark.parametrize("number", ["", " ", "nan", "NaN", "NULL", "None", "<NA>", "\\N", None, math.nan])
def test_what_says_nothing_is_unknown(company: Frames, number: object) -> None:
    warehouse = warehouse_from_frames(with_deal(company, amount=number))
    assert reasons(warehouse, "deals") == {}
    assert warehouse.frame("deals")["amount"].isna().tolist() == [False, True, True, False, False, False]


def test_a_number_column_of_infinities_in_its_own_type(company: Frames) -> None:
    company["deals"]["amount"] = [math.inf, math.nan, -math.inf, 1.0, 2.0, -0.0]
    warehouse = warehouse_from_frames(company)
    assert reasons(warehouse, "deals") == {"bad number": 2}
    assert math.copysign(1, warehouse.frame("deals")["amount"].iloc[-1]) == 1


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"deal_id": None}, "no deal_id"),
        ({"deal_id": "  "}, "no deal_id"),
        ({"account_id": None}, "no account"),
        ({"account_id": "Z"}, "unknown account"),
        ({"created_at": None}, "no created_at"),
        ({"stage": None}, "no stage"),
        ({"stage": "Closed Won"}, "bad stage"),
        ({"deal_type": "New Business"}, "bad deal_type"),
        ({"stage": "won", "closed_at": "2026-01-01"}, "closed before created"),
        ({"closed_at": "never"}, "bad date"),
        ({"recorded_at": "never"}, "bad date"),
        ({"deal_id": "D-2"}, "repeated key"),
    ],
)
def test_one_reason_for_each_fault(company: Frames, cells: dict[str, object], reason: str) -> None:
    company["deals"]["deal_type"] = None
    company["deals"]["recorded_at"] = None
    warehouse = warehouse_from_frames(with_deal(company, **cells))
    assert reasons(warehouse, "deals") == {reason: 1}
    assert warehouse.left_out[0].rows["reason"].tolist() == [reason]
    assert warehouse.left_out[0].rows["row"].tolist() == [3]


def test_closed_before_created_shows_both_dates(company: Frames) -> None:
    sentence = (
        "deals: 1 of 6 rows closes before it was created, e.g. row 3, deal 'D-3': created_at 2026-03-03, closed_at 2026-01-01."
        " It was left out. If the two columns are swapped, say so in the configuration under source.columns.deals."
    )
    faulty = with_deal(company, stage="lost", closed_at="2026-01-01")
    assert words(warehouse_from_frames(faulty), "ROWS-CLOSED-BEFORE-CREATED") == sentence


def test_other_ends_before_their_beginnings(company: Frames) -> None:
    company["subscriptions"]["ended_at"] = pd.to_datetime(["2026-01-01", None])
    company["technologies"] = pd.DataFrame(
        {"account_id": "A", "technology": ["x", "y"], "first_seen_at": "2026-02-01", "last_seen_at": ["2026-01-31", "2026-02-01"]}
    )
    warehouse = warehouse_from_frames(company)
    assert reasons(warehouse, "subscriptions") == {"ended before started": 1}
    assert reasons(warehouse, "technologies") == {"last seen before first seen": 1}


def test_a_deal_is_closed_only_when_its_close_is_known(company: Frames) -> None:
    """So a close that is blanked because it lies in the future leaves an open deal behind, as it was then."""
    blanked = warehouse_from_frames(with_deal(company, stage="won", closed_at=None))
    as_it_was = warehouse_from_frames(with_deal(company, stage="open", closed_at=None))
    assert blanked.fingerprint == as_it_was.fingerprint
    assert "1 of 6 deals are closed without a date, e.g. row 3, deal 'D-3'" in words(blanked, "DEALS-NO-CLOSE")


def test_the_closing_date_of_an_open_deal_is_a_forecast(company: Frames) -> None:
    plain = warehouse_from_frames(with_deal(company))
    forecast = warehouse_from_frames(with_deal(company, stage="open", closed_at="2031-01-01"))
    assert (forecast.fingerprint, forecast.newest) == (plain.fingerprint, plain.newest)
    assert "'D-3'" in words(forecast, "DEALS-FORECAST")
    early = warehouse_from_frames(with_deal(company, stage="open", closed_at="2020-01-01"))
    assert reasons(early, "deals") == {}


def test_stages_in_any_capitals_and_in_other_words(company: Frames) -> None:
    expected = warehouse_from_frames(company).fingerprint
    company["deals"]["stage"] = ["Won", "LOST", "Negotiation", "won ", "lost", "open"]
    stages = {"deals": {"stage": {"Negotiation": "open"}}}
    assert warehouse_from_frames(company, values=stages).fingerprint == expected


def test_values_translate_any_column_and_can_blank(company: Frames) -> None:
    company["accounts"]["employee_count"] = ["10", "250", "unknown", "70"]
    company["accounts"]["industry"] = ["retail", "software", "Select", "retial"]
    values = {"accounts": {"employee_count": {"unknown": ""}, "industry": {"Select": "", "retial": "retail"}}}
    accounts = warehouse_from_frames(company, values=values).frame("accounts")
    assert accounts["industry"].fillna("(none)").tolist() == ["retail", "software", "(none)", "retail"]
    assert accounts["employee_count"].isna().tolist() == [False, False, True, False]


def test_empty_deal_type_is_new_logo(company: Frames) -> None:
    without = warehouse_from_frames(company)
    company["deals"]["deal_type"] = [None, "", "new_logo", "New_Logo", None, None]
    assert warehouse_from_frames(company).fingerprint == without.fingerprint
    assert set(without.frame("deals")["deal_type"]) == {"new_logo"}


def test_visible_is_the_later_of_own_time_and_recorded(company: Frames) -> None:
    company["events"]["recorded_at"] = ["2026-05-01", None, "2025-01-01", None]
    company["accounts"]["recorded_at"] = [None, "2026-01-01", None, None]
    warehouse = warehouse_from_frames(company)
    day = parse_moment
    events = warehouse.frame("events").sort_values("visible_at")
    assert events["visible_at"].tolist()[1:3] == [day("2026-02-01"), day("2026-05-01")]
    accounts = warehouse.frame("accounts")["visible_at"]
    assert accounts.isna().tolist() == [True, False, True, True]
    assert accounts.iloc[1] == day("2026-01-01")


def test_ids_that_a_program_made_floats(company: Frames) -> None:
    company["accounts"]["account_id"] = [1, 2, 3, 4]
    company["deals"]["account_id"] = [1.0, 2.0, math.nan, 4.0, 1.0, 2.0]
    for table in ("events", "subscriptions"):
        company[table]["account_id"] = 1
    warehouse = warehouse_from_frames(company)
    assert reasons(warehouse, "deals") == {"no account": 1}
    assert warehouse.frame("deals")["account_id"].tolist() == ["1", "2", "4", "1", "2"]


def test_lists_structs_bytes_and_truths_in_cells_are_read_as_text(company: Frames) -> None:
    company["accounts"]["tags"] = [["a", "b"], [], None, ["c"]]
    company["accounts"]["more"] = [{"x": 1}, None, {"x": 2}, {"x": 3}]
    company["accounts"]["raw"] = [b"x", b"y", None, b"z"]
    company["accounts"]["flag"] = [True, False, None, True]
    company["accounts"]["mixed"] = [1, "x", 2.5, None]
    accounts = warehouse_from_frames(company).frame("accounts")
    assert accounts["tags"].iloc[0] == "[a, b]"
    assert accounts["flag"].iloc[0] == "true"
    assert accounts["mixed"].iloc[1] == "x"
    assert accounts["more"].iloc[3] == "{'x': 3}"


def test_a_column_that_bears_the_warehouses_own_name(company: Frames) -> None:
    company["events"]["visible_at"] = "2020-01-01"
    warehouse = warehouse_from_frames(company)
    assert warehouse.frame("events")["visible_at"].min() == parse_moment("2026-01-01T10:00:00.25")
    assert "'visible_at'" in words(warehouse, "COLUMN-IGNORED")
