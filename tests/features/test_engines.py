"""The same text on real servers: PostgreSQL and Spark give the features that DuckDB gives, to the last bit."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pandas as pd
import psycopg
import pyarrow as pa
import pytest
import worlds
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpfit.config import Config, FeatureSpec
from icpfit.errors import FeatureError
from icpfit.features.build import build_features
from icpfit.features.engines import DuckDBEngine, Engine
from icpfit.features.postgres import PostgresEngine
from icpfit.features.spark import SETTINGS, SparkEngine
from icpfit.features.sqltext import lower_case
from icpfit.moments import parse_moment
from icpfit.simulate import simulate_company
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.warehouse import Warehouse

ROOT = Path(__file__).parents[2]
RANDOM = st.randoms(use_true_random=False)
REPEATABLE = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def same(house: Warehouse, specs: tuple[FeatureSpec, ...], moments: pd.DataFrame, engine: Engine) -> pd.DataFrame:
    """What the engine gives is what DuckDB gives, to the last bit; a zero may not even change its sign."""
    here, there = build_features(house, specs, moments), build_features(house, specs, moments, engine=engine)
    pd.testing.assert_frame_equal(here, there, check_exact=True)
    for name in here.columns[here.dtypes == "float64"]:
        known = here[name].notna().to_numpy()
        assert here[name].to_numpy()[known].tobytes() == there[name].to_numpy()[known].tobytes(), name
    return there


def in_a_world(random: Random, **size: Any) -> tuple[Warehouse, pd.DataFrame]:
    world = worlds.make_world(random, **size)
    return worlds.warehouse(world), worlds.moments_frame(worlds.make_asked(random, world, most=10 * len(world["accounts"])))


@pytest.fixture(scope="module")
def database(postgres_server) -> str:
    """Its language orders texts as English dictionaries do; the features must not."""
    return postgres_server.new_database("en-US")


@settings(REPEATABLE, max_examples=8)
@given(RANDOM)
def test_postgres_gives_the_same_features_in_random_worlds(database: str, random: Random) -> None:
    house, moments = in_a_world(random)
    with PostgresEngine(database, house) as engine:
        same(house, worlds.SPECS, moments, engine)


@pytest.fixture(scope="module")
def large() -> tuple[Warehouse, pd.DataFrame]:
    return in_a_world(Random(1), accounts=30, rows=600)


def test_postgres_gives_the_same_features_in_a_large_world(database: str, large: tuple[Warehouse, pd.DataFrame]) -> None:
    with PostgresEngine(database, large[0]) as engine:
        features = same(large[0], worlds.SPECS, large[1], engine)
    few = {name: features[name].nunique() for name in features if features[name].nunique() < 2}
    assert set(few) == {f"where_{i}" for i, where in enumerate(worlds.CONDITIONS) if where == "FALSE"}, "these tell nothing apart"


def test_spark_gives_the_same_features_in_a_large_world(spark, large: tuple[Warehouse, pd.DataFrame]) -> None:
    same(large[0], worlds.SPECS, large[1], SparkEngine(spark, large[0]))


@pytest.mark.parametrize("rows", [0, 8])
def test_spark_gives_the_same_features_in_small_and_empty_worlds(spark, rows: int) -> None:
    house, moments = in_a_world(Random(2), rows=rows)
    same(house, worlds.SPECS, moments, SparkEngine(spark, house))


@pytest.mark.verify
@settings(REPEATABLE, max_examples=500)
@given(RANDOM)
def test_postgres_gives_the_same_features_in_many_worlds(database: str, random: Random) -> None:
    house, moments = in_a_world(random)
    with PostgresEngine(database, house) as engine:
        same(house, worlds.SPECS, moments, engine)


@pytest.mark.verify
@settings(REPEATABLE, max_examples=40)
@given(RANDOM)
def test_spark_as_it_comes_gives_the_same_features_in_many_worlds(spark, random: Random) -> None:
    """The quick tests run without compiled code, which tiny tables do not repay."""
    for name in ("spark.sql.codegen.wholeStage", "spark.sql.adaptive.enabled", "spark.sql.codegen.factoryMode"):
        spark.conf.unset(name)
    house, moments = in_a_world(random, accounts=10, rows=100)
    same(house, worlds.SPECS, moments, SparkEngine(spark, house))


@pytest.fixture(scope="module")
def company() -> tuple[Warehouse, tuple[FeatureSpec, ...], pd.DataFrame]:
    """A simulated company with the features of the demo."""
    body = yaml.safe_load((ROOT / "configs" / "demo.yaml").read_text(encoding="utf-8"))
    specs = Config.model_validate({"source": body["source"], "features": body["features"]}).features
    house = warehouse_from_frames(simulate_company(accounts=150, seed=5).tables)
    accounts = house.frame("accounts")["account_id"].tolist()
    days = [parse_moment(day) for day in ("2023-05-17", "2024-11-03T10:20:30.123456", "2025-09-01")]
    return house, specs, worlds.moments_frame([(a, day) for a in accounts for day in days])


def test_postgres_gives_the_features_of_a_simulated_company(database: str, company) -> None:
    house, specs, moments = company
    with PostgresEngine(database, house) as engine:
        assert same(house, specs, moments, engine).notna().any().all()


def test_spark_gives_the_features_of_a_simulated_company(spark, company) -> None:
    house, specs, moments = company
    same(house, specs, moments, SparkEngine(spark, house))


def letters(engine: Engine) -> list[str]:
    """The lower case of every letter that has another case, alone and at the end of a word."""
    cased = [c for c in map(chr, range(sys.maxunicode + 1)) if c.lower() != c or c.upper() != c]
    engine.load("_letters", pa.table({"_i": list(range(len(cased))), "_text": cased}))
    ending = "_text || 'Ab' || _text"
    both = f"{lower_case('_text')} AS a, {lower_case(ending)} AS b"
    answer = engine.run(f"SELECT _i, {both} FROM _letters ORDER BY _i")
    engine.drop("_letters")
    assert answer.num_rows == len(cased) > 2500
    return [*answer["a"].to_pylist(), *answer["b"].to_pylist()]


def test_small_letters_are_the_same_everywhere(database: str, spark, large: tuple[Warehouse, pd.DataFrame]) -> None:
    expected = letters(DuckDBEngine(duckdb.connect()))
    assert letters(SparkEngine(spark)) == expected
    with PostgresEngine(database, large[0]) as engine:
        assert letters(engine) == expected


def test_tables_that_are_already_there_are_read_where_they_are(postgres_url: str, spark) -> None:
    house, moments = in_a_world(Random(4))
    views = SparkEngine(spark)
    with PostgresEngine(postgres_url) as engine, psycopg.connect(postgres_url, autocommit=True) as connection:
        for table in house.columns:
            rows = house.connection.sql(f"SELECT * FROM {table}").to_arrow_table()
            views.load(table, rows)
            engine.load(table, rows)
            connection.execute(f"CREATE TABLE public.{table} AS SELECT 1 AS account_id")  # hidden by the session's own
        same(house, worlds.SPECS, moments, engine)
    try:
        same(house, worlds.SPECS, moments, views)
    finally:
        for table in house.columns:
            views.drop(table)


def test_a_server_is_left_as_it_was(database: str, spark, large: tuple[Warehouse, pd.DataFrame]) -> None:
    spark.conf.set("spark.sql.ansi.doubleQuotedIdentifiers", "false")
    before = {name: spark.conf.get(name) for name in SETTINGS}
    with PostgresEngine(database, large[0]) as engine:
        same(*large_with_few_features(large), engine)
    same(*large_with_few_features(large), SparkEngine(spark, large[0]))
    assert not spark.catalog.tableExists("events")
    assert {name: spark.conf.get(name) for name in SETTINGS} == before
    with psycopg.connect(database) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchone() == (0,)


def large_with_few_features(large: tuple[Warehouse, pd.DataFrame]) -> tuple[Warehouse, tuple[FeatureSpec, ...], pd.DataFrame]:
    return large[0], worlds.SPECS[:1], large[1]


def test_a_database_that_orders_texts_by_a_language_is_refused_where_its_own_tables_are_read(database: str) -> None:
    with pytest.raises(FeatureError, match="orders or lower-cases texts in another way") as caught:
        PostgresEngine(database)
    assert "LOCALE 'C.UTF-8'" in str(caught.value.hint)


def test_what_cannot_be_made_equal_is_refused_in_words(database: str, spark, large: tuple[Warehouse, pd.DataFrame]) -> None:
    house, moments = large
    upper = (worlds.spec("shouted", "events", "count", where="upper(event) = 'STRASSE'"),)
    build_features(house, upper, moments)
    with PostgresEngine(database, house) as postgres:
        for engine in (postgres, SparkEngine(spark, house)):
            with pytest.raises(FeatureError, match=f"upper, which {engine.name} means differently"):
                build_features(house, upper, moments, engine=engine)


def test_what_a_server_cannot_do_is_said_with_the_feature(database: str, large: tuple[Warehouse, pd.DataFrame]) -> None:
    house, moments = large
    tiny = (worlds.spec("tiny", "events", "count", where="value * 1e-99 * 1e-99 * 1e-99 * 1e-99 > 0 OR value > 0"),)
    with PostgresEngine(database, house) as engine, pytest.raises(FeatureError, match="features of events cannot be computed") as caught:
        build_features(house, tiny, moments, engine=engine)
    assert "tiny" in str(caught.value.hint)
    nothing = worlds.warehouse({"accounts": [{**dict.fromkeys(worlds.COLUMNS["accounts"]), "account_id": "a\0b"}]})
    with pytest.raises(FeatureError, match="the tables cannot be copied to PostgreSQL"):
        PostgresEngine(database, nothing)
    with pytest.raises(FeatureError, match="PostgreSQL cannot be reached"):
        PostgresEngine("postgresql://nobody@127.0.0.1:1/none")


@pytest.mark.parametrize(("module", "make", "extra"), [("psycopg", PostgresEngine, "postgres"), ("pyspark.errors", SparkEngine, "spark")])
def test_a_missing_extra_is_named(module: str, make: Any, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(FeatureError) as caught:
        make(None)
    assert caught.value.hint == f"pip install 'icpfit[{extra}]'"
