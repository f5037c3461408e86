"""The servers that tests start are real, and what a company has: another zone than UTC, texts in the order of a language."""

from __future__ import annotations

import psycopg
import pytest


def ask(url: str, sql: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def test_postgres_answers_and_every_test_has_its_own_database(postgres_server):
    one, two = postgres_server.new_database(), postgres_server.new_database()
    with psycopg.connect(one) as connection:
        connection.execute("CREATE TABLE t AS SELECT 7 AS a")
    assert ask(one, "SELECT a FROM t") == 7
    with pytest.raises(psycopg.errors.UndefinedTable):
        ask(two, "SELECT a FROM t")
    assert ask(one, "SHOW timezone") != "UTC"
    assert ask(one, "SHOW server_encoding") == "UTF8"


def test_a_database_may_order_texts_as_a_language_does(postgres_server):
    assert ask(postgres_server.new_database(), "SELECT 'b' < 'C'") is False
    assert ask(postgres_server.new_database("en-US"), "SELECT 'b' < 'C'") is True


def test_spark_answers_with_its_own_rules(spark):
    assert spark.sql("SELECT 1 + 1 AS a").collect()[0].a == 2
    assert spark.conf.get("spark.sql.ansi.enabled") == "true"
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
