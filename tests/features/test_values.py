"""Fields of accounts, what a list says of them, and numbers out of texts: known answers."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from icpfit.config import FeatureSpec
from icpfit.errors import FeatureError
from icpfit.features.build import build_features, current_state
from icpfit.features.values import FIRST_YEAR, finished
from icpfit.moments import DAY, parse_moment
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.warehouse import Warehouse

NOW = parse_moment("2024-06-01")
nan = float("nan")


def spec(name: str, aggregate: str, **more: Any) -> FeatureSpec:
    return FeatureSpec(name=name, label=name, layer="firmographic", aggregate=aggregate, **{"table": "accounts", **more})  # type: ignore[arg-type]


FIELDS = (
    spec("employees", "value", column="employee_count"),
    spec("industry", "value", column="industry", kind="category"),
    spec("seats", "value", column="seats"),
    spec("partner", "value", column="is_partner", kind="flag"),
    spec("age", "age_years"),
    spec("free", "free_email_domain", kind="flag"),
    spec("logins", "count", table="events", where="event = 'login'"),
)


def asked(*accounts: str | None) -> pd.DataFrame:
    return pd.DataFrame({"account_id": pd.Series(accounts, dtype=object), "as_of": np.full(len(accounts), NOW)})


def test_fields_of_accounts_as_they_stand(company: Warehouse) -> None:
    built = build_features(company, FIELDS, asked("A0", "A1", "A2", "A3", None, "unheard"))
    np.testing.assert_array_equal(built["employees"], [nan, 0, 1, 2, nan, nan])
    assert built["industry"].tolist() == ["retail", "software", None, "retail", None, None]
    np.testing.assert_array_equal(built["seats"], [5, nan, 7.5, 5, nan, nan])
    np.testing.assert_array_equal(built["partner"], [1, 0, nan, nan, nan, nan])
    np.testing.assert_array_equal(built["age"], [34, nan, nan, nan, nan, nan])  # 1990; 0 is no year; 2030 is not yet; none
    np.testing.assert_array_equal(built["free"], [1, nan, 0, 0, nan, nan])
    assert built["logins"].isna().tolist() == [False] * 4 + [True] * 2
    assert [str(d) for d in built.dtypes] == ["float64", "object", "float64", "float64", "float64", "float64", "float64"]


def test_what_a_list_says_goes_before_what_the_table_says(company: Warehouse) -> None:
    """Empty says nothing; what cannot be read is unknown; dated rows are not the list's to say."""
    moments = asked("A3", "A3", "A3", None).set_index(pd.Index([9, 3, 3, 7]))
    said = pd.DataFrame(
        {
            "employee_count": ["120", " ", "50-200", "7"],
            "industry": [None, "farming", "", "mining"],
            "founded_year": ["2014", None, "soon", "2023"],
            "domain": ["", "x@GMAIL.com", "not a domain", "https://www.acme.example/"],
        }
    )
    built = build_features(company, FIELDS, moments, said)
    assert built.index.tolist() == [9, 3, 3, 7]
    np.testing.assert_array_equal(built["employees"], [120, 2, nan, 7])
    assert built["industry"].tolist() == ["retail", "farming", "retail", "mining"]
    np.testing.assert_array_equal(built["age"], [10, nan, nan, 1])
    np.testing.assert_array_equal(built["free"], [0, 1, nan, 0])
    pd.testing.assert_series_equal(built["logins"], build_features(company, FIELDS, moments)["logins"])
    with pytest.raises(ValueError, match="4 moments, but 1 rows of overrides"):
        build_features(company, FIELDS, moments, said.head(1))


def test_a_list_goes_before_the_history_too(company: Warehouse) -> None:
    then = (spec("then", "value", column="employee_count", history=True),)
    assert build_features(company, then, asked("A1"), pd.DataFrame({"employee_count": ["77"]}))["then"].tolist() == [77.0]


def test_no_moments_give_no_rows_with_the_right_types(company: Warehouse) -> None:
    empty = build_features(company, FIELDS, asked().astype({"as_of": np.int64}), pd.DataFrame({"industry": []}))
    assert empty.shape == (0, len(FIELDS))
    assert empty["industry"].dtype == object
    assert empty["employees"].dtype == np.float64
    with pytest.raises(ValueError, match="whole microseconds"):
        build_features(company, FIELDS, asked("A0").astype({"as_of": float}))


@pytest.mark.parametrize("aggregate", ["sum", "mean", "max"])
def test_sums_are_the_same_to_the_bit_for_any_order_and_any_number_of_threads(
    frames: dict[str, pd.DataFrame], moments: pd.DataFrame, aggregate: str
) -> None:
    """Binary fractions of any size: as doubles their sum would depend on who adds first."""
    events = frames["events"].copy()
    events["value"] = np.random.default_rng(1).normal(size=len(events)) * 10.0 ** np.random.default_rng(2).integers(-3, 12, len(events))
    total = (spec("total", aggregate, table="events", column="value"),)
    built = []
    for threads, order in ((1, 0), (2, 1), (4, 2)):
        house = warehouse_from_frames({**frames, "events": events.sample(frac=1, random_state=order)})
        house.connection.execute(f"SET threads = {threads}").fetchall()
        built.append(build_features(house, total, moments)["total"])
    assert built[0].notna().sum() > 20
    pd.testing.assert_series_equal(built[0], built[1], check_exact=True)
    pd.testing.assert_series_equal(built[0], built[2], check_exact=True)


def test_numbers_too_large_for_exact_sums_are_unknown(frames: dict[str, pd.DataFrame]) -> None:
    events = frames["events"].head(2).assign(account_id="A0", value=[1e18, 2.5], recorded_at=pd.NaT)
    house = warehouse_from_frames({**frames, "events": events})
    specs = [spec(a, a, table="events", column="value") for a in ("sum", "mean", "max")]
    assert build_features(house, specs, asked("A0")).iloc[0].tolist() == [2.5, 2.5, 2.5]


@pytest.mark.parametrize(("year", "age"), [(FIRST_YEAR, 1024.0), (FIRST_YEAR - 1, nan), (2024, 0.0), (2025, nan)])
def test_age_counts_calendar_years(year: int, age: float) -> None:
    column = pd.Series([float(year)])
    np.testing.assert_array_equal(finished(duckdb.connect(), "age_years", [column], np.array([NOW + 200 * DAY])), [age])


def test_a_fault_of_the_engine_is_told_in_words(company: Warehouse) -> None:
    overflow = spec("too_large", "count", table="events", where="occurred_at * 999999999999999999 > 1")
    with pytest.raises(FeatureError, match="the features of events cannot be computed") as caught:
        build_features(company, (overflow,), asked("A0"))
    assert caught.value.hint == "look at too_large"
    assert build_features(company, FIELDS, asked("A0")).shape == (1, len(FIELDS))


def test_what_has_no_recorded_past_is_current_state(frames: dict[str, pd.DataFrame], company: Warehouse) -> None:
    then = spec("then", "value", column="industry", history=True, kind="category")
    assert current_state(company, (*FIELDS, then)) == ("employees", "industry", "seats", "partner", "age", "free")
    house = warehouse_from_frames({t: f for t, f in frames.items() if t != "account_history"})
    assert current_state(house, (*FIELDS, then))[-1] == "then"
    assert build_features(house, (then,), asked("A0"))["then"].tolist() == ["retail"]
