"""Creation and close: by the plainest name, filled for both results, in one form of dates that keeps their order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pandas as pd
import pytest

from icpfit.sources.propose_look import Look, date_forms
from icpfit.sources.propose_result import guess_result
from icpfit.sources.propose_times import Times, guess_times

N = 240
OPENED = [dt.datetime(2024, 1, 3) + dt.timedelta(days=2 * i) for i in range(N)]
CLOSED = [day + dt.timedelta(days=14 + 37 * i % 101) for i, day in enumerate(OPENED)]
RESULT = ["Won" if i % 3 == 0 else "Lost" for i in range(N)]
LEFT = ["Yes" if i % 3 == 0 else "No" for i in range(N)]


def written(days: list[dt.datetime], form: str, kept: Callable[[int], bool] = lambda _: True) -> list[str]:
    return [day.strftime(form) if kept(i) else "" for i, day in enumerate(days)]


def times(**columns: list[str]) -> Times:
    looks = [Look.at(header.replace("_", " "), pd.Series(texts, dtype="str")) for header, texts in columns.items()]
    return guess_times(looks, guess_result(looks, "export.csv"))


def doubts(found: Times, setting: str) -> str:
    return "; ".join(words for about, words in found.doubts if about == setting)


FORMS = ["%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%d.%m.%Y", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%d-%b-%Y", "%b %d %Y"]


@pytest.mark.parametrize("form", FORMS)
def test_dates_as_systems_write_them(form: str) -> None:
    found = times(Result=RESULT, Created=written(OPENED, form), Closed=written(CLOSED, form))
    assert (found.created_at, found.closed_at) == ("Created", "Closed")
    assert found.date_format == (None if form == "%Y-%m-%d" else form)
    assert found.doubts == ()


def test_a_form_that_fits_both_ways_is_settled_by_the_other_column_or_by_the_order() -> None:
    early = [day.replace(day=min(day.day, 12)) for day in OPENED]
    assert len(date_forms(Look.at("Created", pd.Series(written(early, "%d/%m/%Y"), dtype="str")))) == 2
    clear = times(Result=RESULT, Created=written(early, "%d/%m/%Y"), Closed=written(CLOSED, "%d/%m/%Y"))
    assert (clear.closed_at, clear.date_format, clear.doubts) == ("Closed", "%d/%m/%Y", ())
    both = [day.replace(day=min(day.day, 12)) for day in CLOSED]
    ordered = times(Result=RESULT, Created=written(early, "%d/%m/%Y"), Closed=written(both, "%d/%m/%Y"))
    assert (ordered.date_format, doubts(ordered, "created_at")) == ("%d/%m/%Y", "")
    alone = times(Result=RESULT, Created=written(early, "%d/%m/%Y"))
    assert doubts(alone, "created_at") == "%d/%m/%Y fits as well: is the month first?"


def test_the_plainest_name_is_the_creation_and_an_expected_close_is_none() -> None:
    found = times(
        Result=RESULT,
        Last_Activity_Date=written(CLOSED, "%Y-%m-%d"),
        Start_Date=written(CLOSED, "%Y-%m-%d"),
        Expected_Close_Date=written(CLOSED, "%Y-%m-%d"),
        Close_Date=written(CLOSED, "%Y-%m-%d"),
        Create_Date=written(OPENED, "%Y-%m-%d"),
    )
    assert (found.created_at, found.closed_at) == ("Create Date", "Close Date")
    plain = times(Result=RESULT, Last_Activity_Date=written(CLOSED, "%Y-%m-%d"), Date=written(OPENED, "%Y-%m-%d"))
    assert plain.created_at == "Date"
    assert "since no column is called so" in doubts(plain, "created_at")


def test_the_close_that_both_results_have_goes_before_one_that_only_wins_have() -> None:
    won, lost = (lambda i: i % 3 == 0), (lambda i: i % 3 != 0)
    split = {"Won_time": written(CLOSED, "%Y-%m-%d", won), "Lost_time": written(CLOSED, "%Y-%m-%d", lost)}
    created = written(OPENED, "%Y-%m-%d")
    assert times(Result=RESULT, Created=created, **split, Closed_on=written(CLOSED, "%Y-%m-%d")).closed_at == "Closed on"
    found = times(Result=RESULT, Created=created, **split)
    assert (found.closed_at, found.doubts, found.outcome_window_days) == (("Won time", "Lost time"), (), None)
    alone = times(Result=RESULT, Created=created, Won_time=split["Won_time"])
    assert alone.closed_at == "Won time"
    assert alone.outcome_window_days is not None
    assert "only good results have 'Won time'" in doubts(alone, "closed_at")


def test_where_two_columns_write_their_dates_in_two_forms_each_has_its_own() -> None:
    found = times(Result=RESULT, Created=written(OPENED, "%d/%m/%Y %I:%M %p"), Closed=written(CLOSED, "%Y-%m-%d"))
    assert (found.created_at, found.closed_at, found.date_format) == ("Created", "Closed", {"Created": "%d/%m/%Y %I:%M %p"})
    assert found.doubts == ()
    early = [day.replace(day=min(day.day, 12)) for day in CLOSED]
    settled = times(Result=RESULT, Created=written(OPENED, "%b %d, %Y"), Closed=written(early, "%d/%m/%Y"))
    assert settled.date_format == {"Created": "%b %d, %Y", "Closed": "%d/%m/%Y"}
    assert doubts(settled, "closed_at") == ""


def test_a_customer_who_stays_has_no_end_so_the_end_is_not_used_as_the_close() -> None:
    found = times(Churned=LEFT, Start_Date=written(OPENED, "%Y-%m-%d"), End_Date=written(CLOSED, "%Y-%m-%d", lambda i: i % 3 == 0))
    assert (found.created_at, found.closed_at) == ("Start Date", None)
    assert "only who left has 'End Date'" in doubts(found, "closed_at")
    assert found.outcome_window_days in range(90, 115)
    assert "counts as kept" in doubts(found, "outcome_window_days")


def test_dates_that_nobody_can_place_are_said() -> None:
    alone = times(Result=RESULT, Close_Date=written(CLOSED, "%Y-%m-%d"))
    assert (alone.created_at, alone.closed_at) == (None, None)
    assert "'Close Date' holds dates; does one say when a deal or a customer began?" in doubts(alone, "created_at")
    serial = times(Result=RESULT, Created_Date=[str(45_000 + i) for i in range(N)])
    assert "'Created Date' holds '45000': not all of it is read as dates" in doubts(serial, "created_at")
    mixed = times(Result=RESULT, Created=[day.strftime(("%Y-%m-%d", "%m/%d/%Y")[i % 2]) for i, day in enumerate(OPENED)])
    assert mixed.created_at is None
    assert "not all of it is read as dates of one form" in doubts(mixed, "created_at")
    assert times(Result=RESULT, Size=[str(i) for i in range(N)]).doubts == ()


def test_dates_of_several_forms_are_said_and_not_passed_over() -> None:
    opened, closed = ([day.strftime(("%m/%d/%y", "%Y-%m-%d")[i % 9 == 0]) for i, day in enumerate(days)] for days in (OPENED, CLOSED))
    found = times(Result=RESULT, Created=written(OPENED, "%Y-%m-%d"), Close_Date=closed)
    assert found.closed_at is None
    assert "'Close Date' holds '20" in doubts(found, "closed_at")
    assert "no column holds the close" not in doubts(found, "closed_at")
    guessed = times(Result=RESULT, Date_in=opened, Date_out=written(CLOSED, "%m/%d/%Y"))
    assert "'Date in' holds '20" in doubts(guessed, "created_at")


def test_what_the_close_tells_is_found_whatever_it_is_called() -> None:
    found = times(
        Result=RESULT,
        Created=written(OPENED, "%Y-%m-%d"),
        Closed=written(CLOSED, "%Y-%m-%d"),
        Zorp=[str((b - a).days) for a, b in zip(OPENED, CLOSED, strict=True)],
        Weeks=[str(round((b - a).days / 7)) for a, b in zip(OPENED, CLOSED, strict=True)],
        Period=[f"Q{(day.month - 1) // 3 + 1}-{day.year}" for day in CLOSED],
        Cohort=[f"Q{(day.month - 1) // 3 + 1}-{day.year}" for day in OPENED],
        Size=[str(i * 7 % 50) for i in range(N)],
        Region=[("EMEA", "APAC")[i % 2] for i in range(N)],
        Plan=["Basic"] * N,
    )
    assert set(found.told) == {"Zorp", "Weeks", "Period"}
    assert found.told["Zorp"] == "counts the days from 'Created' to 'Closed', which are known only at the end"
