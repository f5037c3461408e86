"""The exported query, run in DuckDB, gives the card's own answer for every row."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cards
import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.config import LAYERS
from icpfit.errors import ScorecardError
from icpfit.scorecard.card import Attribute, Bin, Disqualification, Fidelity, Scorecard, Tier
from icpfit.scorecard.condition import Condition, Rule
from icpfit.scorecard.dialects import DIALECTS, PLAIN_PATTERN
from icpfit.scorecard.reading import NUMBER_PATTERN
from icpfit.scorecard.sql import scorecard_sql
from icpfit.sources.values import flags

GOLDEN = Path(__file__).parent / "golden"
COLUMNS = ["points", *(f"points_{layer}" for layer in LAYERS), "tier", "disqualified"]


def run(card: Scorecard, columns: dict[str, pa.Array]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    features = pa.table({"account_id": pa.array([f"a{i}" for i in range(n)]), "as_of": pa.array(range(n)), **columns})
    with duckdb.connect() as connection:
        connection.register("features", features)
        found = connection.sql(scorecard_sql(card)).fetchall()
    assert [r[1] for r in sorted(found, key=lambda r: r[1])] == list(range(n))
    return pd.DataFrame(sorted(found, key=lambda r: r[1]), columns=["account_id", "as_of", *COLUMNS])


def same(card: Scorecard, columns: dict[str, pa.Array], frame: pd.DataFrame) -> None:
    expected, found = card.score(frame), run(card, columns)
    for column in COLUMNS:
        assert found[column].tolist() == expected[column].tolist(), column


edge = st.one_of(st.integers(-1000, 10**6).map(float), st.floats(-1e300, 1e300))
name = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=6).filter(lambda t: t != "nan")
points_of = st.integers(0, 50)
TEXT_NUMBERS = ["5", " 5.0 ", "1e3", "-1E-3", "+7", ".5", "5.", "0.1", "1e999", "-1e999", "1e-400", "1" + 20 * "0", "\t8\t", "8\n"]
TEXT_NUMBERS += ["inf", "-Infinity", "INF", "nan", "NaN", "", " ", "true", "True", "false", "1_000", "1,000", "0x10", "½", "١"]
TEXT_NUMBERS += ["--1", "e5", "1 2", "1d"]


def cell(points: int, **where: object) -> Bin:
    return Bin("b", points, 0.0, 100.0, 1, None, **where)  # type: ignore[arg-type]


@st.composite
def card_and_rows(draw: st.DrawFn) -> tuple[Scorecard, dict[str, pa.Array], pd.DataFrame]:
    """Two numbers (one column of doubles, one of text), a flag as boolean, a category; points that sum to 100."""
    attributes, columns, frame = [], {}, {}
    n = 25
    for column, stored in (("number", "double"), ("texted", "text")):
        edges = sorted(set(draw(st.lists(edge, max_size=4))))
        ends = [None, *edges, None]
        table = [cell(draw(points_of), low=a, high=b) for a, b in pairwise(ends)]
        attributes.append((column, "number", [*table, cell(draw(points_of), unknown=True)]))
        near = [e for x in edges for e in (x, float(np.nextafter(x, -math.inf)), float(np.nextafter(x, math.inf)))]
        value = st.one_of(st.sampled_from([*near, math.inf, -math.inf, math.nan, 0.0, -0.0]), edge, st.none())
        if stored == "double":
            drawn = draw(st.lists(value, min_size=n, max_size=n))
            columns[column] = pa.array(drawn, pa.float64())
            frame[column] = pd.Series(drawn, dtype=object) if draw(st.booleans()) else pd.Series(drawn, dtype=np.float64)
        else:
            as_text = st.one_of(value.map(lambda v: None if v is None else repr(v)), st.sampled_from(TEXT_NUMBERS), name)
            drawn = draw(st.lists(as_text, min_size=n, max_size=n))
            columns[column] = pa.array(drawn, pa.string())
            frame[column] = pd.Series(drawn, dtype=object)
    flags = draw(st.lists(st.sampled_from([True, False, None]), min_size=n, max_size=n))
    columns["flag"], frame["flag"] = pa.array(flags, pa.bool_()), pd.Series(flags, dtype=object)
    attributes.append(
        ("flag", "flag", [cell(draw(points_of), high=0.5), cell(draw(points_of), low=0.5), cell(draw(points_of), unknown=True)])
    )
    named = draw(st.lists(name, unique=True, min_size=1, max_size=5))
    cut = draw(st.integers(1, len(named)))
    groups = [cell(draw(points_of), values=tuple(g)) for g in (named[:cut], named[cut:]) if g]
    other = [cell(draw(points_of), other=True)] if draw(st.booleans()) else []
    attributes.append(("text", "category", [*groups, *other, cell(draw(points_of), unknown=True)]))
    texts = draw(st.lists(st.one_of(st.sampled_from(named), name, st.sampled_from([None, "", "nan"])), min_size=n, max_size=n))
    columns["text"], frame["text"] = pa.array(texts, pa.string()), pd.Series(texts, dtype=object)
    some = tuple(draw(st.lists(st.one_of(st.sampled_from(named), name), unique=True, min_size=1, max_size=3)))
    out = [
        Disqualification("texted", draw(edge), "it's out", 0, None, None),
        Disqualification("flag", 1.0, 'the "flag"', 0, None, None, is_flag=True),
        Disqualification("number", None, "below", 0, None, None, below=draw(edge)),
        Disqualification("text", None, "by name", 0, None, None, values=some),
        Disqualification("texted", None, "a number by its text", 0, None, None, values=("5", "true", *some)),
        Disqualification("only_here", None, "said nowhere else", 0, None, None, values=some),
    ]
    columns["only_here"], frame["only_here"] = columns["text"], frame["text"]
    low, high = sorted(draw(st.lists(edge, unique=True, min_size=2, max_size=2)))
    both = (Condition("texted", "number", "w", low=low, high=high), Condition("text", "category", "w", values=some))
    points = draw(st.sampled_from([(5, 0), (0, 5)]))
    rule = Rule("texted & text", "both", "intent", both, *points)
    return (
        _card(attributes, tuple(draw(st.permutations(out))), (rule,), draw(st.lists(st.integers(0, 101), min_size=3, max_size=3))),
        columns,
        pd.DataFrame(frame),
    )


def _card(
    table: list[tuple[str, str, list[Bin]]], out: tuple[Disqualification, ...], rules: tuple[Rule, ...], edges: list[int]
) -> Scorecard:
    """Maxima are moved so that they sum to 100, as every card's do."""
    table = [(*a, [replace(b, points=min(b.points, 20)) for b in bins]) for *a, bins in table]  # type: ignore[misc]
    attributes = []
    left = 100 - sum(rule.max_points for rule in rules)
    for i, (column, kind, bins) in enumerate(table):
        most = max(b.points for b in bins)
        add = left - most if i == len(table) - 1 else 0
        left -= most + add
        bins = [replace(b, points=b.points + (add if b.points == most else 0)) for b in bins]
        attributes.append(Attribute(column, column, LAYERS[i % 4], kind, "", "", tuple(bins), 1.0))  # type: ignore[arg-type]
    falling = [*sorted(edges, reverse=True), 0]
    tiers = tuple(Tier(t, e, 0.5, None, 1, None, "", "") for t, e in zip("ABCD", falling, strict=True))  # type: ignore[arg-type]
    weights = {layer: sum(part.max_points for part in (*attributes, *rules) if part.layer == layer) for layer in LAYERS}
    fidelity = Fidelity(1, 1, 0.5, 0.5, 0, 1, 1)
    return Scorecard("win", tuple(attributes), out, tiers, fidelity, weights, weights, 0.0, 1.0, rules=rules)


@settings(max_examples=40, deadline=None)
@given(card_and_rows())
def test_the_query_gives_the_cards_answer_for_every_row(case: tuple[Scorecard, dict[str, pa.Array], pd.DataFrame]) -> None:
    same(*case)


def test_every_way_to_write_yes_or_no(small_card: Scorecard) -> None:
    """As the sources read it: free_mail is a yes/no, and employees is a number, of which yes is none."""
    written = [*cards.FLAGS, *cards.NO_FLAGS]
    columns = {"employees": written, "country": ["US"] * len(written), "free_mail": written}
    frame = pd.DataFrame(columns, dtype=object)
    same(small_card, {k: pa.array(v, pa.string()) for k, v in columns.items()}, frame)
    scored = small_card.score(frame)
    read = flags(pd.Series(cards.FLAGS), frozenset())
    assert not read.bad.any()
    assert (scored["disqualified"] != "").tolist() == [*(read.values == 1), *[False] * len(cards.NO_FLAGS)]
    spelled = ["true", "false"]
    unknown = small_card.attributes[0].bins[-1].points
    assert all((p == unknown) == (t not in spelled) for p, t in zip(scored["points_firmographic"], written, strict=True))


def test_every_way_to_write_a_number(small_card: Scorecard) -> None:
    columns = {"employees": TEXT_NUMBERS, "country": ["US"] * len(TEXT_NUMBERS), "free_mail": TEXT_NUMBERS}
    same(small_card, {k: pa.array(v, pa.string()) for k, v in columns.items()}, pd.DataFrame(columns, dtype=object))


@pytest.mark.parametrize("kind", [pa.int8(), pa.int64(), pa.float32(), pa.decimal128(24, 2)])
def test_columns_of_any_number_type(small_card: Scorecard, kind: pa.DataType) -> None:
    employees = pa.array([0, 49, 50, 100, 119, 120, None]).cast(kind)
    columns = {"employees": employees, "country": pa.array(["US"] * 7), "free_mail": pa.array([0] * 7)}
    frame = pd.DataFrame({"employees": [0.0, 49.0, 50.0, 100.0, 119.0, 120.0, np.nan], "country": "US", "free_mail": 0})
    same(small_card, columns, frame)


def test_a_card_made_from_a_model(small_card: Scorecard, make_features: Callable[[int], pd.DataFrame]) -> None:
    frame = make_features(400).assign(free_mail=0.0)
    columns = {c: pa.array(frame[c].astype(object).where(frame[c].notna(), None).tolist()) for c in frame}
    same(small_card, columns, frame)


def test_a_dialect_that_is_not_known_is_not_offered(small_card: Scorecard) -> None:
    with pytest.raises(ScorecardError, match="oracle"):
        scorecard_sql(small_card, "oracle")


def test_a_pattern_without_backslashes_is_the_same_pattern() -> None:
    assert "\\" not in PLAIN_PATTERN
    for text in [*TEXT_NUMBERS, " \t1.5e3\t ", "x1", "1x", "\\"]:
        assert bool(re.fullmatch(PLAIN_PATTERN, text)) == bool(re.fullmatch(NUMBER_PATTERN, text))


# Snowflake and BigQuery cannot be run here. What the query says in them was read against their documentation and is kept as it was
# read, and no function but these is in it. Names: Snowflake, "Identifier requirements"; texts: "String constants" and BigQuery, "Lexical
# structure", where a backslash starts an escape; REGEXP_LIKE of Snowflake matches the whole text, REGEXP_CONTAINS of BigQuery a part.
REVIEWED = {
    "snowflake": {
        *("AS_DOUBLE", "CAST", "COALESCE", "IS_DOUBLE", "NULLIF", "REGEXP_INSTR", "REGEXP_LIKE", "TO_VARIANT", "TRIM", "TRY_TO_DOUBLE"),
    },
    "bigquery": {"CAST", "COALESCE", "REGEXP_CONTAINS", "SAFE_CAST", "TRIM"},
}


@pytest.mark.parametrize("dialect", REVIEWED)
def test_what_cannot_be_run_is_what_was_reviewed(dialect: str) -> None:
    card = cards.full_card()
    sql = scorecard_sql(card, dialect)
    assert sql == (GOLDEN / f"scorecard_{dialect}.sql").read_text(encoding="utf-8")
    plain = re.sub(r"'(?:[^'\\]|\\.)*'", "''", sql)
    assert not re.search(r"[^\x20-\x7e\n]", plain)
    quote = "`" if dialect == "bigquery" else '"'
    plain = re.sub(f"{quote}(?:[^{quote}\\\\]|\\\\.|{quote}{quote})*{quote}", "name", plain)
    functions = set(re.findall(r"\b([A-Z_]+) ?\(", plain)) - {"FROM", "IN", "AND", "WHEN", "NOT", "AS", "SELECT"}
    assert functions == REVIEWED[dialect]
    assert plain.count("(") == plain.count(")")
    words = set(re.findall(r"[A-Za-z_]\w*", plain)) - functions
    known = "account_id as_of points tier disqualified features read_values cells layers totals texts name".split()
    known += [f"points_{layer}" for layer in LAYERS] + "VARCHAR STRING FLOAT FLOAT64".split()
    keywords = "SELECT FROM AS CASE WHEN THEN ELSE END IS NULL IN NOT AND".split()
    assert words <= {*known, *keywords}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_edge_is_written_so_that_it_is_read_as_the_same_number(dialect: str) -> None:
    literal = DIALECTS[dialect].literal
    assert [literal(v) for v in (50.0, -3.0, 0.0, -0.0)] == ["50", "-3", "0", "0"]
    for value in (0.1, 1 / 3, 1e300, -2.5e-300, 5e-324, 2.0**60):
        (found,) = re.findall(r"-?[0-9][0-9.e+-]*", literal(value).removesuffix("64)"))[:1]
        assert float(found) == value
