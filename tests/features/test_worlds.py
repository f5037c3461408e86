"""Time, order and names in random worlds, with every aggregate and every condition that there is."""

from __future__ import annotations

from functools import cache
from random import Random

import pandas as pd
import pytest
import worlds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import icpfit.features.build
from icpfit.features.build import build_features
from icpfit.features.compile import compile_features
from icpfit.features.schema import read_schema
from icpfit.moments import DAY
from icpfit.sources.warehouse import Warehouse

RANDOM = st.randoms(use_true_random=False)
WITHOUT_CONDITIONS = [s for s in worlds.SPECS if not s.name.startswith("where_") and s.table]
REPEATABLE = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def equal(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_exact=True)


@settings(REPEATABLE, max_examples=6)
@given(RANDOM)
def test_deleting_the_future_changes_no_feature(random: Random) -> None:
    world = worlds.make_world(random)
    asked = worlds.make_asked(random, world)
    cutoff, moments = max(moment for _, moment in asked), worlds.moments_frame(asked)
    whole, cut = (worlds.warehouse(w) for w in (world, worlds.without_future(world, cutoff)))
    equal(build_features(whole, worlds.SPECS, moments), build_features(cut, worlds.SPECS, moments))


@settings(REPEATABLE, max_examples=4)
@given(RANDOM)
def test_the_order_of_rows_and_the_names_of_accounts_change_no_feature(random: Random) -> None:
    """Rows of one time and one visibility among them, where something else has to decide."""
    world = worlds.make_world(random)
    asked = worlds.make_asked(random, world)
    names = [r["account_id"] for r in world["accounts"]]
    new = dict(zip([*names, "stranger", None], [*random.sample(["zz", "Zz", "ä 'q'", *names], len(names)), "nobody", None], strict=True))
    shuffled = {table: [{**r, "account_id": new[r["account_id"]]} for r in random.sample(rows, len(rows))] for table, rows in world.items()}
    order = random.sample(range(len(asked)), len(asked))
    other = worlds.moments_frame([(new[asked[i][0]], asked[i][1]) for i in order]).set_index(pd.Index(order))
    here = build_features(worlds.warehouse(world), worlds.SPECS, worlds.moments_frame(asked))
    equal(here, build_features(worlds.warehouse(shuffled), worlds.SPECS, other).sort_index())


@settings(REPEATABLE, max_examples=2)
@given(RANDOM)
def test_a_moment_has_one_value_whatever_it_is_asked_with(random: Random) -> None:
    world = worlds.make_world(random)
    asked, house = worlds.make_asked(random, world, most=4), worlds.warehouse(world)
    together = build_features(house, worlds.SPECS, worlds.moments_frame(asked))
    for i, row in enumerate(asked):
        equal(build_features(house, worlds.SPECS, worlds.moments_frame([row])), together.iloc[[i]].reset_index(drop=True))


# Mutations: take each filter away, and see the future come in.


@cache
def large() -> tuple[Warehouse, Warehouse, pd.DataFrame]:
    """A world with and without its future, and every account at many moments until then."""
    world = worlds.make_world(Random(8), accounts=50, rows=1200)
    cutoff = 9 * DAY
    names = [r["account_id"] for r in world["accounts"]]
    moments = worlds.moments_frame([(name, moment) for name in names for moment in range(5 * DAY, cutoff + 1, DAY)])
    return worlds.warehouse(world), worlds.warehouse(worlds.without_future(world, cutoff)), moments


@cache
def filters() -> list[tuple[str, str]]:
    house = worlds.warehouse(worlds.make_world(Random(8)))
    plan = compile_features(house.connection, read_schema(house), WITHOUT_CONDITIONS)
    return list(dict.fromkeys((query.table, words) for query in plan.queries for words in worlds.mutants(query.sql)))


def without_one(table: str, words: str, monkeypatch: pytest.MonkeyPatch | None) -> list[pd.DataFrame]:
    """The features over a table, with and without the future; ``words`` names the filter that is not there."""
    whole, cut, moments = large()
    specs = [s for s in WITHOUT_CONDITIONS if s.table == {"account_history": "accounts"}.get(table, table)]
    if monkeypatch is not None:
        monkeypatch.setattr(icpfit.features.build, "compile_features", worlds.plan_without(table, words))
    return [build_features(house, specs, moments) for house in (whole, cut)]


@pytest.mark.parametrize("table", sorted({table for table, _ in filters()}))
def test_with_its_filters_a_table_keeps_the_future_out(table: str) -> None:
    equal(*without_one(table, "", None))


@pytest.mark.parametrize(("table", "words"), filters())
def test_without_any_one_filter_the_future_comes_in(table: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, known = without_one(table, words, monkeypatch)
    assert not seen.equals(known), f"{table}: without {words} nothing changes: the test could not see the filter fail"
