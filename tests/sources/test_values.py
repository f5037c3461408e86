"""Texts to values."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpfit.errors import ConfigError
from icpfit.moments import parse_moment
from icpfit.sources.values import moments, numbers, parse_number

NONE: frozenset[str] = frozenset()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_float_is_read_back(x: float) -> None:
    assert parse_number(repr(x)) == x


@given(st.integers(-(10**12), 10**12))
def test_thousands_signs_change_nothing(n: int) -> None:
    assert parse_number(f"{n:,}") == parse_number(f"${n:,}") == parse_number(f" {n:,} USD") == n


@given(st.text(max_size=10))
def test_any_text_is_a_finite_number_or_unknown_or_bad(text: str) -> None:
    value = parse_number(text)
    assert value is None or math.isnan(value) or math.isfinite(value)


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e999", "0x1A", "1_000", "12-15", "1,5", "1.2.3", "12 34", "abc"])
def test_what_is_no_number_is_bad(text: str) -> None:
    parsed = numbers(pd.Series([text, "1"], dtype="str"), NONE)
    assert parsed.bad.tolist() == [True, False]


def test_missing_texts_are_unknown_not_bad() -> None:
    parsed = numbers(pd.Series(["Select", "", "NaN", "3"], dtype="str"), frozenset({"Select"}))
    assert not parsed.bad.any()
    assert parsed.values[3] == 3
    assert all(math.isnan(v) for v in parsed.values[:3])


@given(st.datetimes())
def test_iso_moments_agree_with_the_one_place_that_knows_time(moment: dt.datetime) -> None:
    texts = pd.Series([str(moment), moment.isoformat(), moment.isoformat() + "+02:00"], dtype="str")
    found = moments(texts, NONE, None)
    for i, text in enumerate(texts[:2]):
        assert found.known[i]
        assert found.micros[i] == parse_moment(text)
    shifted = found.micros[1] - 2 * 3_600_000_000
    assert not found.known[2] or found.micros[2] == shifted


@pytest.mark.parametrize("text", ["now", "today", "2026", "2026-02-30", "31/01/2026", "epoch", "1519675134", "9999-99-99"])
def test_what_is_no_iso_date_is_bad(text: str) -> None:
    assert moments(pd.Series([text], dtype="str"), NONE, None).bad.tolist() == [True]


def test_a_configured_form_of_dates() -> None:
    found = moments(pd.Series(["7/22/2017", "", "22/7/2017"], dtype="str"), NONE, "%m/%d/%Y")
    assert found.micros[0] == parse_moment("2017-07-22")
    assert (found.known.tolist(), found.bad.tolist()) == ([True, False, False], [False, False, True])


@pytest.mark.parametrize("form", ["month first", "%Q/%d"])
def test_a_form_that_is_none_is_a_configuration_error(form: str) -> None:
    with pytest.raises(ConfigError, match="date_format"):
        moments(pd.Series(["7/22/2017"], dtype="str"), NONE, form)


def test_the_far_future_and_the_far_past_are_held() -> None:
    found = moments(pd.Series(["9999-12-31", "0001-01-01"], dtype="str"), NONE, None)
    assert found.micros.tolist() == [parse_moment("9999-12-31"), parse_moment("0001-01-01")]
