"""One card, ten thousand accounts, and the same points, layers, tier and reason wherever the card is taken."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import cards
import duckdb
import numpy as np
import psycopg
import pyarrow as pa
import pytest
from crm_formulas import computed, hubspot, salesforce
from databases import quoted
from xlsxwriter.worksheet import CellFormulaTuple, Worksheet

from icpfit.exports.calculator_sheets import FIRST_ACCOUNT
from icpfit.exports.fields import Input
from icpfit.exports.hubspot import hubspot_names, hubspot_properties
from icpfit.exports.salesforce import salesforce_fields, salesforce_names
from icpfit.exports.workbook import card_workbook
from icpfit.scorecard.card import Scorecard
from icpfit.scorecard.serialise import card_from_json, card_to_json
from icpfit.scorecard.sql import scorecard_sql

ACCOUNTS = 10_000
ARROW = {"bigint": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(), "text": pa.string()}
POSTGRES = {"double": "double precision"}
QUERY = "as_of, " + ", ".join(cards.RESULTS)


@pytest.fixture(scope="module")
def card() -> Scorecard:
    return cards.full_card()


@pytest.fixture(scope="module")
def rows() -> cards.Rows:
    return cards.rows(ACCOUNTS, 7)


@pytest.fixture(scope="module")
def expected(card: Scorecard, rows: cards.Rows) -> list[cards.Row]:
    return cards.by_hand(card, rows.columns)


def same(found: list[cards.Row], expected: list[cards.Row], columns: dict[str, list[Any]]) -> None:
    wrong = [(i, a, b, {k: v[i] for k, v in columns.items()}) for i, (a, b) in enumerate(zip(found, expected, strict=True)) if a != b]
    assert not wrong, (len(wrong), *wrong[:3])


def table(rows: cards.Rows) -> pa.Table:
    made = {name: pa.array(values, ARROW[rows.types[name]]) for name, values in rows.columns.items()}
    n = len(next(iter(rows.columns.values())))
    return pa.table({"account_id": [f"a{i}" for i in range(n)], "as_of": list(range(n)), **made})


def test_the_rows_try_everything(card: Scorecard, expected: list[cards.Row]) -> None:
    """Else equal answers say little."""
    assert set(Counter(r[-1] for r in expected)) == {"", *(d.reason for d in card.disqualifiers)} - {"the number says no number"}
    assert set(Counter(r[-2] for r in expected)) == set("ABCD")
    assert len({r[0] for r in expected}) > 60


def test_the_score_is_that_of_the_table(card: Scorecard, rows: cards.Rows, expected: list[cards.Row]) -> None:
    for each in (card, card_from_json(card_to_json(card, "v"))):
        found = each.score(rows.frame)
        same(list(zip(*(found[c].tolist() for c in cards.RESULTS), strict=True)), expected, rows.columns)


def test_duckdb(card: Scorecard, rows: cards.Rows, expected: list[cards.Row]) -> None:
    with duckdb.connect() as connection:
        connection.register("features", table(rows))
        found = connection.sql(f"SELECT {QUERY} FROM ({scorecard_sql(card)}) ORDER BY as_of").fetchall()
    same([r[1:] for r in found], expected, rows.columns)


def test_postgres(postgres_url: str, card: Scorecard, rows: cards.Rows, expected: list[cards.Row]) -> None:
    types = [POSTGRES.get(t, t) for t in rows.types.values()]
    columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in zip(rows.columns, types, strict=True))
    with psycopg.connect(postgres_url) as connection:
        connection.execute(f"CREATE TEMP TABLE features (account_id text, as_of bigint, {columns})".encode())
        with connection.cursor().copy("COPY features FROM STDIN") as copy:
            for i, values in enumerate(zip(*rows.columns.values(), strict=True)):
                copy.write_row((f"a{i}", i, *values))
        for strict in ("on", "off"):
            connection.execute(f"SET standard_conforming_strings = {strict}".encode())
            found = connection.execute(
                f"SELECT {QUERY} FROM ({scorecard_sql(card, 'postgres')}) AS scored ORDER BY as_of".encode()
            ).fetchall()
            same([r[1:] for r in found], expected, rows.columns)


SPARK_SETTINGS = (
    {},
    {"spark.sql.ansi.enabled": "false", "spark.sql.parser.escapedStringLiterals": "true"},
    {"spark.sql.ansi.doubleQuotedIdentifiers": "true", "spark.sql.legacy.consecutiveStringLiterals.enabled": "true"},
)


@pytest.mark.parametrize("settings", SPARK_SETTINGS, ids=["as it comes", "not ansi", "as the standard has it"])
def test_spark(spark, card: Scorecard, rows: cards.Rows, expected: list[cards.Row], settings: dict[str, str]) -> None:
    session = spark.newSession()
    for name, value in settings.items():
        session.conf.set(name, value)
    session.createDataFrame(table(rows)).createOrReplaceTempView("features")
    found = session.sql(scorecard_sql(card, "spark")).toArrow().sort_by("as_of").select(cards.RESULTS).to_pydict()
    same(list(zip(*found.values(), strict=True)), expected, rows.columns)


def held(names: dict[Input, str], rows: cards.Rows, *, boxes: bool = False) -> list[dict[str, Any]]:
    """The accounts as a CRM holds them: a number, or a text, or nothing; a number beyond all others for infinity. ``boxes``: a yes/no is
    a checkbox that is ticked, not ticked, or empty."""

    def value(i: Input, found: Any) -> Any:
        if i.is_text:
            return cards.text(found)
        read = cards.number_or_flag(found, i.kind)
        if boxes and i.kind == "flag":
            return None if read is None else {0.0: False, 1.0: True}[read]
        return None if read is None else Decimal(repr(max(min(read, 1.7e308), -1.7e308)))

    n = len(next(iter(rows.columns.values())))
    return [{name: value(i, rows.columns[i.feature][k]) for i, name in names.items()} for k in range(n)]


def shown(accounts: list[dict[str, Any]], ending: str = "") -> list[cards.Row]:
    names = [f"icpfit_{column}{ending}" for column in cards.RESULTS]
    return [tuple(v if isinstance(v := a.get(name), str) else "" if v is None else int(v) for name in names) for a in accounts]


@pytest.mark.parametrize("most", [3_900, 300])
def test_salesforce_by_an_interpreter_of_ours(card: Scorecard, rows: cards.Rows, expected: list[cards.Row], most: int) -> None:
    fields = salesforce_fields(card, most)
    assert max(len(f.formula) for f in fields) <= most
    assert any(f.name.startswith("icpfit_part_") for f in fields) is (most < 3_900)
    accounts = computed([(f.name, f.formula) for f in fields], salesforce, held(salesforce_names(card), rows))
    same(shown(accounts, "__c"), expected, rows.columns)
    chances = card.probability(np.array([r[0] for r in expected]))
    assert np.allclose([float(a["icpfit_chance__c"]) for a in accounts], chances, rtol=1e-12)


def test_hubspot_by_an_interpreter_of_ours(card: Scorecard, rows: cards.Rows, expected: list[cards.Row]) -> None:
    fields = [(f.name, f.formula) for f in hubspot_properties(card)]
    same(shown(computed(fields, hubspot, held(hubspot_names(card), rows, boxes=True))), expected, rows.columns)


def test_the_workbook_recalculated_by_libreoffice(
    office, monkeypatch: pytest.MonkeyPatch, card: Scorecard, rows: cards.Rows, expected: list[cards.Row]
) -> None:
    def as_it_is(sheet: Worksheet, row: int, column: int, formula: str, style: Any = None, value: Any = 0) -> None:
        sheet._check_dimensions(row, column)
        sheet.table[row][column] = CellFormulaTuple(formula.removeprefix("="), style, value)

    # What takes the writer most of its time is to look for functions of newer Excels, which no formula of ours has.
    whole = card_workbook(card, "v")
    monkeypatch.setattr(Worksheet, "write_formula", as_it_is)
    assert card_workbook(card, "v") == whole
    accounts = [{"account_id": f"a{i}", **{k: v[i] for k, v in rows.columns.items()}} for i in range(ACCOUNTS)]
    found = office.calculated(card_workbook(card, "v", accounts), 3)[FIRST_ACCOUNT : FIRST_ACCOUNT + ACCOUNTS]
    assert [r[0] for r in found] == [a["account_id"] for a in accounts]
    # points, tier, disqualified, chance, layers
    same([(*map(int, (r[1], *r[5:9])), r[2], r[3]) for r in found], expected, rows.columns)
    chances = card.probability(np.array([r[0] for r in expected]))
    assert np.allclose([float(r[4].removesuffix("%")) / 100 for r in found], chances, rtol=1e-9)


@pytest.mark.parametrize("kind", ["smallint", "integer", "numeric(24, 2)", "numeric", "real", "varchar(9)", "char(9)"])
def test_postgres_columns_of_any_type(postgres_url: str, card: Scorecard, kind: str) -> None:
    values = [0, 49, 50, 100, 119, 120, None]
    asked = {n: [None] * 7 for n in cards.rows(1, 1).columns} | {"employees": values}
    with psycopg.connect(postgres_url) as connection:
        others = ", ".join(f"NULL::text AS {quoted(n)}" for n in asked if n != "employees")
        source = "unnest(%s::text[]) WITH ORDINALITY AS t(x, i)"
        table = f"CREATE TEMP TABLE features AS SELECT i AS account_id, i AS as_of, x::{kind} AS employees, {others} FROM {source}"
        connection.execute(table.encode(), [[None if v is None else str(v) for v in values]])
        query = f"SELECT {QUERY} FROM ({scorecard_sql(card, 'postgres')}) AS scored ORDER BY as_of"
        found = connection.execute(query.encode()).fetchall()
    same([r[1:] for r in found], cards.by_hand(card, asked), asked)
