"""A condition over one row passes, with its meaning kept; anything else is refused with the reason."""

from __future__ import annotations

import pytest

from icpfit.errors import FeatureError
from icpfit.features.conditions import row_condition
from icpfit.features.schema import read_schema
from icpfit.sources.warehouse import Warehouse


def written(company: Warehouse, where: str, table: str = "events") -> str:
    return row_condition(company.connection, "x", table, read_schema(company).tables[table], where)


GOOD = [
    "event = 'login'",
    "events.event <> 'it''s' -- the quote",
    "Event IN ('login', 'trial_started') AND value > -1.5",
    "event NOT IN ('login') OR user_id IS NOT NULL",
    "NOT (value BETWEEN 0 AND 2) AND value NOT BETWEEN 3 AND 4",
    "event LIKE 'log%' AND event NOT LIKE '%x' AND event ILIKE 'LOGIN' AND event NOT ILIKE 'Q%'",
    "user_id IS DISTINCT FROM 'u' AND (user_id IS NULL) = FALSE",
    "coalesce(value, 0) * 2 + 1 - abs(value) >= -value / 2",
    "CASE WHEN value > 1 THEN event = 'login' ELSE TRUE END",
    "lower(trim(event)) = upper('a') OR event = NULL OR value < 1e2",
    "occurred_at > 1000000000000000",
]


@pytest.mark.parametrize("where", GOOD)
def test_what_is_written_again_means_what_was_written(company: Warehouse, where: str) -> None:
    plain = company.connection.sql(f"SELECT count(*) FROM events WHERE ({where}\n)").fetchall()
    assert company.connection.sql(f"SELECT count(*) FROM events t WHERE {written(company, where)}").fetchall() == plain


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("event = 'a'; DROP TABLE events", "cannot be read"),
        ("event = 'a'); DELETE FROM events WHERE (1=1", "cannot be read"),
        ("event = 'a'); SELECT 1 FROM events WHERE (1=1", "more than a condition"),
        ("event = 'a') UNION SELECT 1 FROM events WHERE (TRUE", "more than a condition"),
        ("event = 'a') GROUP BY (event", "more than a condition"),
        ("event = ", "cannot be read"),
        (" ", "is empty"),
        ("value", "not a yes-or-no condition"),
        ("event AND TRUE", "for a yes or no"),
        ("EXISTS (SELECT 1 FROM deals)", "another query"),
        ("event IN (SELECT event FROM events)", "another query"),
        ("count(*) > 1", "uses count_star"),
        ("row_number() OVER () = 1", "looks at other rows"),
        ("occurred_at < now()", "asks the clock"),
        ("occurred_at < current_timestamp", "asks the clock"),
        ("random() < 0.5", "asks the clock or chance"),
        ("evnt = 'login'", "did you mean 'event'?"),
        ('event = "login"', "single quotes"),
        ("deals.stage = 'won'", "only columns of events"),
        ("minutes > 5", "compares t.minutes, a text, with 5, a number"),
        ("event IN ('a', 1)", "compares"),
        ("lower(value) = 'a'", "which takes a text"),
        ("CAST(minutes AS DOUBLE) > 5", "changes a column's type"),
        ("event SIMILAR TO 'a.*'", "not among the functions"),
        ("lower(DISTINCT event) = 'a'", "not among the functions"),
        ("value > 99999999999999999999", "cannot be used"),
        ("event = $1", "placeholder"),
        ("* = 1", "names all columns"),
    ],
)
def test_anything_else_is_refused(company: Warehouse, where: str, words: str) -> None:
    with pytest.raises(FeatureError) as caught:
        written(company, where)
    assert words in str(caught.value)
    assert caught.value.message.startswith(f"feature 'x': the condition {where!r} ")


def test_an_end_that_is_written_later_cannot_be_asked_for(company: Warehouse) -> None:
    with pytest.raises(FeatureError, match="last_seen_at, which is written after the row itself"):
        written(company, "technology = 'dbt' AND last_seen_at IS NULL", "technologies")
