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
from icpfit.features.checks import OF_VALUES
from icpfit.features.compile import compile_features
from icpfit.features.plan import Output
from icpfit.features.row_query import WINDOWS_BACK
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
    spec("lowest", "events", "min", column="value", window_days=30),
    spec("rising", "events", "trend", where="event = 'login'", window_days=10),
    spec("worth", "events", "trend", column="value", window_days=10),
    spec("monthly", "events", "rate", window_days=15),
    spec("at_work", "events", "work_hours_share", utc_offset_hours=-5.5),
    spec("to_login", "events", "days_to_first", after="trial_started", where="event = 'login'"),
    spec("last_event", "events", "last", column="event", kind="category"),
    spec("last_value", "events", "last", column="value", where="event <> 'login'", window_days=20),
    spec("growth", "accounts", "change", column="employee_count", window_days=20),
    spec("rival", "accounts", "competitor_domain", domains=("a1.example",), kind="flag"),
    spec("gone", "technologies", "present", where="technology = 'Looker'", kind="flag", hidden=True),
    spec("both", "", "all_of", of=("dbt", "gone", "rising >= 0"), kind="flag"),
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
            as_text = output.finish in ("category", "competitor_domain")
            columns = [answer[c] if as_text else pd.to_numeric(answer[c], errors="coerce") for c in output.columns]
            there = finished(company.connection, output.finish, columns, moments["as_of"].to_numpy(), output.domains)
            if output.feature not in built:
                continue  # hidden
            here = built[output.feature].to_numpy()
            if output.finish == "category":
                assert there.tolist() == here.tolist()
            else:
                np.testing.assert_allclose(there.astype(float), here, rtol=1e-12, err_msg=output.feature)
            compared += int(pd.notna(here).sum())
    assert compared > 500


def test_one_pass_per_table_and_further_ones_for_further_columns_of_distinct_values_and_for_last_values(company: Warehouse) -> None:
    plan = compile_features(company.connection, read_schema(company), SPECS)
    assert [q.table for q in plan.queries] == ["account_history", "accounts", "events", "events", "events", "technologies"]
    computed = [*(o.feature for q in plan.queries for o in q.outputs), *(s.name for s in plan.combinations)]
    assert sorted(computed) == sorted(s.name for s in SPECS)
    assert plan.current_state == ("rival", "industry")


def test_rows_before_the_widest_window_are_left_out_and_change_nothing(company: Warehouse, moments: pd.DataFrame) -> None:
    """A feature without a window makes the same pass look at everything: the others keep their values."""
    windowed = [
        spec(f"{aggregate}_{days}", "events", aggregate, window_days=days, column="value" if aggregate in OF_VALUES else None)
        for aggregate in sorted(WINDOWS_BACK)
        for days in (3, 20)
    ]
    for more, end in (("count", {}), ("count", {"after": "trial_started", "window_days": 2})):
        everything = [*windowed, spec("more", "events", more, **end)]
        (near, last), (far, _) = (compile_features(company.connection, read_schema(company), s).queries for s in (windowed, everything))
        assert f"r._at >= k.as_of - {40 * DAY}" in near.sql  # a trend looks at the window before its own too
        assert f"r._at >= k.as_of - {20 * DAY}" in last.sql
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
        (spec("x", "", "count"), "does not say which table it reads"),
        (spec("x", "events", "rate"), "how long the window of its rate is"),
        (spec("x", "events", "trend", window_days=3, after="login"), "counts from the first 'login', which trend does not"),
        (spec("x", "accounts", "change", column="employee_count"), "how long the window of its change is"),
        (spec("x", "events", "days_to_first"), "does not say from when its days are counted"),
        (spec("x", "events", "last"), "which column to take the last of"),
        (spec("x", "events", "last", column="occurred_at"), "the last of a time"),
        (spec("x", "events", "trend", column="valu", window_days=3), "did you mean 'value'?"),
        (spec("x", "events", "count", utc_offset_hours=2), "which count does not look at"),
        (spec("x", "events", "count", domains=("a.io",)), "which count does not look at"),
        (spec("x", "accounts", "competitor_domain"), "competitor_domains: [rival.com]"),
        (spec("x", "accounts", "competitor_domain", domains=("a.io", "rival")), "names 'rival', which is no domain"),
        (spec("x", "events", "count", of=("logins",)), "is made of other features, which count does not take"),
        (spec("x", "events", "count", hidden=True), "is hidden, and no other feature is made of it"),
        (spec("x", "events", "all_of", of=("dbt",)), "says table, and all_of is made of other features"),
        (spec("x", "", "any_of"), "is made of 0 features"),
        (spec("x", "", "ratio", of=("logins",)), "takes two features"),
        (spec("x", "", "ratio", of=("logins", "order > 1")), "which is no feature name"),
        (spec("x", "", "all_of", of=("logins + 1",)), "which is no condition on a feature"),
        (spec("x", "", "all_of", of=("logns > 1",)), "did you mean 'logins'?"),
        (spec("x", "", "all_of", of=("logins",)), "from where on it is a yes: logins >= 1"),
        (spec("x", "", "all_of", of=("logins = 'a'",)), "compares logins, a number, with a text"),
        (spec("x", "", "any_of", of=("industry",)), "compare it with a text: industry = 'software'"),
        (spec("x", "", "difference", of=("industry", "logins")), "takes industry, a text"),
        (spec("x", "", "all_of", of=("dbt", "x")), "is made of itself"),
    ],
)
def test_what_cannot_be_computed_as_of_a_moment_is_refused_by_name(company: Warehouse, bad: FeatureSpec, words: str) -> None:
    with pytest.raises(FeatureError) as caught:
        compile_features(company.connection, read_schema(company), (*SPECS, bad))
    assert words in str(caught.value)
    assert "'x'" in caught.value.message or ": x" in caught.value.message
    assert caught.value.hint
