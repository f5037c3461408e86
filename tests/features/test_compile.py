"""What a declaration compiles to, and which declarations are refused in words."""

from __future__ import annotations

import sqlite3
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.config import FeatureSpec
from icpfit.errors import FeatureError
from icpfit.features.build import build_features
from icpfit.features.compile import compile_features
from icpfit.features.plan import Output
from icpfit.features.row_query import WITHIN
from icpfit.features.schema import read_schema
from icpfit.features.values import finished
from icpfit.moments import DAY
from icpfit.sources.warehouse import Warehouse


def spec(name: str, table: str, aggregate: str, **more: Any) -> FeatureSpec:
    return FeatureSpec(name=name, label=name, layer="behavioral", table=table, aggregate=aggregate, **more)  # type: ignore[arg-type]


SPECS = (
    spec("logins", "events", "count", where="event = 'login'", window_days=7),
    spec("order", "events", "distinct", where="event <> 'it''s' AND (value BETWEEN -1 AND 2.5 OR value IS NULL)", window_days=30),
    spec("kinds", "events", "distinct", column="event"),
    spec("since", "events", "recency_days", where="event IN ('login', 'trial_started') AND NOT user_id LIKE 'u%'"),
    spec("oldest", "events", "days_since_first", window_days=20),
    spec("early", "events", "count", after="trial_started", window_days=2.5),
    spec("ever", "events", "any", where="value / 2 > 1.5 AND lower(event) = 'login'", kind="flag"),
    spec("total", "events", "sum", column="value", where="coalesce(value, 0) + 1 > -1e1"),
    spec("average", "events", "mean", column="value", window_days=30),
    spec("highest", "events", "max", column="value"),
    spec("dbt", "technologies", "present", where="technology = 'dbt'", kind="flag"),
    spec("employees", "accounts", "value", column="employee_count", history=True),
    spec("industry", "accounts", "value", column="industry", kind="category"),
)


def test_the_same_text_gives_the_same_values_on_another_engine(company: Warehouse, moments: pd.DataFrame) -> None:
    """SQLite knows nothing that only DuckDB knows."""
    lite = sqlite3.connect(":memory:")
    for table, columns in company.columns.items():
        rows = company.connection.sql(f"SELECT * FROM {table}").fetchall()
        lite.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
        lite.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)
    lite.execute("CREATE TABLE _moments (_moment, account_id, as_of)")
    lite.executemany("INSERT INTO _moments VALUES (?, ?, ?)", [(i, a, int(t)) for i, (a, t) in enumerate(moments.itertuples(index=False))])
    built = build_features(company, SPECS, moments)
    compared = 0
    for query in compile_features(company.connection, read_schema(company), SPECS).queries:
        answer = pd.read_sql_query(query.sql, lite, index_col="_moment").reindex(np.arange(len(moments)))
        for output in query.outputs:
            columns = [answer[c] if output.finish == "category" else pd.to_numeric(answer[c], errors="coerce") for c in output.columns]
            there = finished(company.connection, output.finish, columns, moments["as_of"].to_numpy())
            here = built[output.feature].to_numpy()
            if output.finish == "category":
                assert there.tolist() == here.tolist()
            else:
                np.testing.assert_allclose(there.astype(float), here, rtol=1e-12, err_msg=output.feature)
            compared += int(pd.notna(here).sum())
    assert compared > 500


def test_one_pass_per_table_and_a_further_one_per_further_column_of_distinct_values(company: Warehouse) -> None:
    plan = compile_features(company.connection, read_schema(company), SPECS)
    assert [q.table for q in plan.queries] == ["account_history", "accounts", "events", "events", "technologies"]
    assert sorted(o.feature for q in plan.queries for o in q.outputs) == sorted(s.name for s in SPECS)
    assert plan.current_state == ("industry",)


def test_rows_before_the_widest_window_are_left_out_and_change_nothing(company: Warehouse, moments: pd.DataFrame) -> None:
    """A feature without a window makes the same pass look at everything: the others keep their values."""
    windowed = [
        spec(f"{aggregate}_{days}", "events", aggregate, window_days=days, column="value" if aggregate in ("sum", "mean", "max") else None)
        for aggregate in sorted(WITHIN)
        for days in (3, 20)
    ]
    for more, end in (("count", {}), ("count", {"after": "trial_started", "window_days": 2})):
        everything = [*windowed, spec("more", "events", more, **end)]
        (near,), (far,) = (compile_features(company.connection, read_schema(company), s).queries for s in (windowed, everything))
        assert f"r._at >= k.as_of - {20 * DAY}" in near.sql
        assert "r._at >=" not in far.sql
        both = build_features(company, windowed, moments), build_features(company, everything, moments).drop(columns="more")
        pd.testing.assert_frame_equal(*both)
        assert both[0].notna().to_numpy().sum() > 500


def test_the_text_depends_on_the_declarations_alone(company: Warehouse) -> None:
    schema = read_schema(company)
    first, second = (compile_features(company.connection, schema, SPECS) for _ in range(2))
    assert first == second


def test_a_mean_is_made_of_two_columns() -> None:
    with pytest.raises(ValueError, match="mean is not made of 1 columns"):
        Output("x", ("a",), "mean")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (spec("x", "deals", "max", column="amount"), "a target account has no deal"),
        (spec("x", "deals", "count"), "outcomes.deal_attributes"),
        (spec("x", "signals", "count"), "the table signals is not there, and 1 feature read it: x"),
        (spec("x", "event", "count"), "did you mean 'events'?"),
        (spec("x", "events", "column"), "a column of a flat file"),
        (spec("x", "accounts", "count"), "whose rows have no time"),
        (spec("x", "contacts", "count"), "add recorded_at"),
        (spec("x", "accounts", "value"), "which column of accounts"),
        (spec("x", "accounts", "value", column="industri"), "did you mean 'industry'?"),
        (spec("x", "accounts", "value", column="visible_at"), "says nothing of the company"),
        (spec("x", "accounts", "value", column="industry", window_days=3), "has a window"),
        (spec("x", "accounts", "value", column="industry", where="1 = 1"), "leave out where"),
        (spec("x", "accounts", "age_years", kind="category"), "gives a number"),
        (spec("x", "events", "value", column="event"), "only an account has fields"),
        (spec("x", "events", "count", kind="category"), "count gives a number"),
        (spec("x", "events", "count", history=True), "asks for the history"),
        (spec("x", "events", "count", column="value"), "say it in where"),
        (spec("x", "events", "sum"), "which column to take the sum of"),
        (spec("x", "events", "sum", column="valu"), "did you mean 'value'?"),
        (spec("x", "events", "max", column="occurred_at"), "the max of a time"),
        (spec("x", "events", "present"), "whose rows have no end"),
        (spec("x", "technologies", "distinct"), "technologies.user_id, which is not there"),
        (spec("x", "technologies", "present", window_days=30), "has a window"),
        (spec("x", "technologies", "present", where="last_seen_at IS NULL"), "would see the future"),
    ],
)
def test_what_cannot_be_computed_as_of_a_moment_is_refused_by_name(company: Warehouse, bad: FeatureSpec, words: str) -> None:
    with pytest.raises(FeatureError) as caught:
        compile_features(company.connection, read_schema(company), (*SPECS, bad))
    assert words in str(caught.value)
    assert "'x'" in caught.value.message or ": x" in caught.value.message
    assert caught.value.hint
