"""Drift: known answers, planted changes, and no alarm where nothing moved."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from icpfit.drift import Finding, compare
from icpfit.drift.cells import cut
from icpfit.drift.columns import read_column
from icpfit.drift.compare import MIN_ROWS

LETTERS = np.array(list("abcdefgh"), dtype=object)


def company(n: int, rng: np.random.Generator, features: int = 25) -> pd.DataFrame:
    """Correlated features of every kind: normal, counts, categories, flags, skewed with gaps."""
    shared = rng.normal(size=n)
    columns: dict[str, object] = {}
    for j in range(features):
        x = rng.normal(size=n) + (0.6 * shared if j < 8 else 0.0)
        kind = j % 5
        if kind == 0:
            columns[f"x{j}"] = x
        elif kind == 1:
            columns[f"x{j}"] = rng.poisson(np.exp(0.4 * x - 0.5)).astype(float)
        elif kind == 2:
            columns[f"x{j}"] = pd.Series(LETTERS[np.clip(np.round(x * 1.5 + 3), 0, 7).astype(int)], dtype=object)
        elif kind == 3:
            columns[f"x{j}"] = x > 0.8
        else:
            columns[f"x{j}"] = np.where(rng.random(n) < 0.3, np.nan, np.exp(x))
    return pd.DataFrame(columns)


def alarms(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(f.code, f.subject) for f in findings if f.alarm}


def of(findings: list[Finding], subject: str) -> Finding:
    (found,) = [f for f in findings if f.subject == subject]
    return found


@pytest.fixture
def sides() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(3)
    return company(1_000, rng), company(1_000, rng)


def test_a_moved_mean_is_found_by_name(sides):
    reference, current = sides
    current["x0"] += 0.5 * current["x0"].std()
    assert ("DRIFT-FEATURE", "x0") in alarms(compare(reference, current))
    assert {subject for code, subject in alarms(compare(reference, current)) if code == "DRIFT-FEATURE"} == {"x0"}


def test_ten_points_of_a_category_moved_are_found_by_name(sides):
    reference, current = sides
    current.loc[np.random.default_rng(0).random(1_000) < 0.1, "x2"] = "a"
    assert ("DRIFT-FEATURE", "x2") in alarms(compare(reference, current))


def test_a_level_never_seen_before_is_found(sides):
    reference, current = sides
    current.loc[np.random.default_rng(0).random(1_000) < 0.1, "x7"] = "a new industry"
    found = of(compare(reference, current), "x7")
    assert found.alarm
    assert "“a new industry” is new, with 9% of rows now" in found.words, "not the level that lost most"


def test_many_new_levels_of_a_few_rows_each_are_found_together(sides):
    reference, current = sides
    moved = np.flatnonzero(np.random.default_rng(0).random(1_000) < 0.1)
    current.loc[moved, "x7"] = [f"new industry {i % 40}" for i in range(len(moved))]
    found = of(compare(reference, current), "x7")
    assert found.alarm
    assert "x7: has moved; 40 values are new, most often “new industry 0”, with 9% of rows now" in found.words


def test_rare_levels_are_no_news():
    """Of many rare levels, each draw has some that the draw before had not; nothing moved."""

    def p_value(seed: int) -> float:
        rng = np.random.default_rng(seed)
        share = rng.dirichlet(np.ones(400))
        sides = (pd.Series(rng.choice(400, 1_000, p=share).astype(str)) for _ in range(2))
        cells = cut(read_column("city", *sides), 0.5)
        return float(cells.surprise(cells.counts[1][None].astype(float), cells.counts.sum(axis=0).astype(float))[1][0])

    found = sum(p_value(seed) <= 0.05 for seed in range(60))
    assert stats.binomtest(found, 60, 0.05, alternative="greater").pvalue >= 0.01


def test_a_flag_that_rises_by_ten_points_is_found(sides):
    reference, current = sides
    current.loc[np.random.default_rng(0).random(1_000) < 0.15, "x3"] = True
    assert ("DRIFT-FEATURE", "x3") in alarms(compare(reference, current))


def test_more_gaps_are_found_though_the_values_are_as_before(sides):
    reference, current = sides
    current.loc[np.random.default_rng(0).random(1_000) < 0.22, "x4"] = np.nan  # 30 % become 45 %
    found = compare(reference, current)
    assert ("DRIFT-MISSING", "x4") in alarms(found)
    assert not of([f for f in found if f.code == "DRIFT-FEATURE"], "x4").alarm


def test_a_lost_correlation_is_found_though_no_feature_moved():
    rng = np.random.default_rng(8)
    reference, current = company(1_000, rng), company(1_000, rng)
    reference["x9"] = 0.7 * reference["x0"] / reference["x0"].std() + np.sqrt(1 - 0.49) * rng.normal(size=1_000)
    current["x9"] = rng.normal(size=1_000)
    found = compare(reference, current)
    assert [code for code, _ in alarms(found)] == ["DRIFT-CORRELATION"]
    words = of(found, "correlations").words
    assert "x0 and x9" in words
    was, now = (float(number) for number in re.findall(r"[+-]\d\.\d\d", words))
    assert was > 0.6
    assert abs(now) < 0.15


def test_many_small_shifts_are_found_together():
    rng = np.random.default_rng(4)
    reference, current = (pd.DataFrame(rng.normal(size=(1_000, 40)), columns=[f"x{j}" for j in range(40)]) for _ in range(2))
    found = compare(reference, current + 0.05)
    assert [code for code, _ in alarms(found)] == ["DRIFT-WHOLE"]


def test_the_numbers_are_those_of_the_named_tests(sides):
    """A second engine: pandas' contingency table and scipy, straight from the rows."""
    reference, current = sides
    found = compare(reference, current)
    feature = of(found, "x0")
    ks = stats.ks_2samp(reference["x0"], current["x0"])
    assert feature.effect == pytest.approx(ks.statistic, abs=1e-3)
    table = pd.crosstab(np.repeat([0, 1], 1_000), pd.concat([reference["x2"], current["x2"]]).to_numpy())
    chi2 = stats.chi2_contingency(table, correction=False)
    assert of(found, "x2").statistic == pytest.approx(chi2.statistic)
    assert of(found, "x2").p_value == pytest.approx(chi2.pvalue, abs=0.05)  # ours is by permutation
    shares = table.div(table.sum(axis=1), axis=0)
    assert of(found, "x2").effect == pytest.approx((shares.loc[0] - shares.loc[1]).abs().sum() / 2)


def test_the_same_table_twice_has_not_moved(sides):
    reference, _ = sides
    found = compare(reference, reference)
    assert not alarms(found)
    assert all(f.p_value is None or f.p_value > 0.9 for f in found)


def test_neither_the_order_of_rows_nor_their_index_changes_anything(sides):
    reference, current = sides
    current = current.iloc[:130]
    shuffled = [side.sample(frac=1, random_state=1) for side in (reference, current)]
    assert [asdict(f) for f in compare(*shuffled, seed=5)] == [asdict(f) for f in compare(reference, current, seed=5)]


def test_neither_changes_anything_where_rows_are_sampled():
    rng = np.random.default_rng(2)
    reference, current = company(9_000, rng, 6), company(5_000, rng, 6)
    once = compare(reference, current, seed=1)
    assert [asdict(f) for f in compare(reference.iloc[::-1], current.sample(frac=1, random_state=3), seed=1)] == [asdict(f) for f in once]


def test_text_category_bool_and_nullable_columns_answer_alike():
    rng = np.random.default_rng(6)
    text = pd.Series(rng.choice(np.array(["1", "2", "30"], dtype=object), 300), dtype=object)
    gap = pd.Series(rng.random(300) < 0.1)
    written = {
        "object": text.mask(gap, None),
        "str": text.mask(gap, None).astype("str"),
        "category": text.mask(gap, None).astype("category"),
        "mixed": text.map(lambda t: int(t) if t == "2" else t).mask(gap, None).astype(object),
    }
    flag = pd.Series(rng.random(300) < 0.4)
    flags = {
        "bool": flag.astype(object).mask(gap, None),
        "boolean": flag.astype("boolean").mask(gap, pd.NA),
        "number": flag.astype(float).mask(gap, np.nan),
        "Int64": flag.astype("Int64").mask(gap, pd.NA),
    }
    for columns in (written, flags):
        answers = {
            name: [(f.statistic, f.p_value, f.effect) for f in compare(pd.DataFrame({"a": c[:200]}), pd.DataFrame({"a": c[200:]}))][:2]
            for name, c in columns.items()
        }
        assert len({str(a) for a in answers.values()}) == 1, answers


def test_times_are_compared_as_numbers():
    rng = np.random.default_rng(1)
    days = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, 600), unit="D"))
    late = days + pd.Timedelta(days=120)
    moved = of(compare(pd.DataFrame({"t": days}), pd.DataFrame({"t": late})), "t")
    numbers = [pd.DataFrame({"t": s.to_numpy().astype("datetime64[us]").astype(np.float64)}) for s in (days, late)]
    assert moved.alarm
    assert moved.statistic == of(compare(*numbers), "t").statistic


NUMBERS = np.arange(100)
DATES = [date(2024, 1, 1) + timedelta(int(i)) for i in NUMBERS]


@pytest.mark.parametrize(
    ("plain", "objects"),
    [
        (NUMBERS * 1.5, [Decimal(int(i)) * Decimal("1.5") for i in NUMBERS]),
        (pd.DatetimeIndex(DATES), DATES),
        (NUMBERS, pd.to_timedelta(NUMBERS, unit="D")),
        (NUMBERS, pd.Series([timedelta(int(i)) for i in NUMBERS], dtype=object)),
        (NUMBERS % 2, NUMBERS % 2 == 1),
        (NUMBERS % 2, pd.Series([bool(i % 2) for i in NUMBERS], dtype=object)),
        ([str([i % 3]) for i in NUMBERS], [[i % 3] for i in NUMBERS]),
    ],
    ids=["decimals", "dates", "durations", "objects of durations", "flags", "objects of flags", "lists"],
)
def test_columns_of_objects_are_compared_as_what_these_are(plain, objects):
    """As the plain column is, whichever side has it."""
    as_plain, as_objects = (pd.DataFrame({"a": values}) for values in (plain, objects))
    moved = as_plain.iloc[[*range(50, 100)] * 2]
    assert compare(as_objects, as_objects)[0].statistic == compare(as_plain, as_objects)[0].statistic == pytest.approx(0, abs=0.1)
    assert compare(as_objects, moved)[0].p_value == compare(as_plain, moved)[0].p_value
    assert compare(as_objects, moved)[0].power == compare(as_plain, moved)[0].power


def test_times_beside_numbers_are_refused():
    with pytest.raises(ValueError, match="'a' has times on one side and numbers on the other"):
        compare(pd.DataFrame({"a": DATES}), pd.DataFrame({"a": NUMBERS}))


def test_a_small_change_of_a_correlation_does_not_hide_one_that_matters():
    """The first goes together so closely that a tenth less is the surer change."""
    rng = np.random.default_rng(5)

    def side(close: float, loose: float) -> pd.DataFrame:
        a, b, c, d = rng.normal(size=(4, 4_000))
        return pd.DataFrame({"a": a, "b": close * a + np.sqrt(1 - close**2) * b, "c": c, "d": loose * c + np.sqrt(1 - loose**2) * d})

    found = of(compare(side(0.97, 0.3), side(0.87, 0.05)), "correlations")
    assert found.alarm
    assert "the correlation of c and d was +0." in found.words
    found = of(compare(side(0.97, 0.3), side(0.87, 0.3)), "correlations")
    assert not found.alarm
    assert "too little to matter: the correlation of a and b" in found.words


@pytest.mark.parametrize("n", [0, 1, 3, MIN_ROWS - 1])
def test_tiny_tables_say_cannot_tell(sides, n):
    reference, current = sides
    found = compare(reference, current.iloc[:n])
    assert not alarms(found)
    assert all(f.p_value is None and f.q_value is None and f.effect is None for f in found)
    assert all("cannot tell" in f.words and "needed" in f.words for f in found)
    assert all("cannot tell" in f.words for f in compare(current.iloc[:n], reference))


def test_a_feature_that_is_all_gaps_says_cannot_tell():
    rng = np.random.default_rng(1)
    reference, current = company(200, rng, 5), company(200, rng, 5)
    current["x0"] = None
    found = compare(reference, current)
    assert "cannot tell; 0 values are known now and 200 before" in found[0].words
    assert ("DRIFT-MISSING", "x0") in alarms(found)


def test_a_large_table_needs_an_effect_beside_significance():
    rng = np.random.default_rng(0)
    reference, current = (pd.DataFrame({"x": rng.normal(shift, 1, 100_000)}) for shift in (0.0, 0.03))
    found = of(compare(reference, current), "x")
    assert found.p_value < 1e-6
    assert not found.alarm
    assert "too little to matter" in found.words


def test_columns_that_are_not_there_or_there_twice_are_refused(sides):
    reference, current = sides
    with pytest.raises(ValueError, match="current has no column 'x1'"):
        compare(reference, current.drop(columns="x1"))
    with pytest.raises(ValueError, match="'x0' stands there twice"):
        compare(reference, pd.concat([current, current[["x0"]]], axis=1))
    with pytest.raises(ValueError, match="alpha"):
        compare(reference, current, alpha=0)


def test_an_alarm_without_a_test_cannot_exist():
    with pytest.raises(ValueError, match="an alarm needs a test"):
        Finding("DRIFT-FEATURE", "x", None, None, None, None, 1, 1, True, "")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(), st.booleans(), st.text(max_size=3), st.integers(-5, 5)), min_size=0, max_size=60),
    st.lists(st.one_of(st.none(), st.floats(), st.text(max_size=3)), min_size=0, max_size=60),
)
def test_any_column_of_any_kind_gets_an_answer(before, now):
    found = compare(pd.DataFrame({"a": pd.Series(before, dtype=object)}), pd.DataFrame({"a": pd.Series(now, dtype=object)}))
    assert [f.code for f in found] == ["DRIFT-FEATURE", "DRIFT-MISSING", "DRIFT-CORRELATION", "DRIFT-WHOLE"]
    for f in found:
        assert f.p_value is None or 0 <= f.p_value <= 1
        assert f.effect is None or 0 <= f.effect <= 1


def false_alarms(calls: int, n: int, features: int) -> int:
    rng = np.random.default_rng([n, features])
    return sum(bool(alarms(compare(company(1_000, rng, features), company(n, rng, features), seed=s))) for s in range(calls))


@pytest.mark.parametrize("n", [60, 200])
def test_without_change_few_calls_raise_any_alarm(n):
    """A thinned form of the experiment below: fails when "at most 5 %" is refuted at 1 %."""
    calls = 24
    assert stats.binomtest(false_alarms(calls, n, 8), calls, 0.05, alternative="greater").pvalue >= 0.01


@pytest.mark.verify
@pytest.mark.parametrize("n", [60, 200, 1_000, 10_000])
def test_without_change_at_most_one_call_in_twenty_raises_any_alarm(n):
    calls = 1_000
    assert stats.binomtest(false_alarms(calls, n, 25), calls, 0.05, alternative="greater").pvalue >= 0.01


@pytest.mark.parametrize("kind", ["number", "level"])
def test_a_column_that_few_of_very_many_rows_know_is_judged_by_all_of_its_rows(kind):
    """Chance is drawn on some thousands of rows, among which it hardly is."""
    found = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        sides = []
        for _ in range(2):
            values = rng.normal(size=24) if kind == "number" else rng.choice(["a", "b"], 24)
            column = np.full(40_000, None, dtype=object)
            column[:24] = values
            sides.append(pd.DataFrame({"x": column.astype(float) if kind == "number" else column}))
        found += compare(*sides, seed=seed)[0].p_value <= 0.05
    assert stats.binomtest(found, 25, 0.05, alternative="greater").pvalue >= 0.01


@pytest.mark.parametrize("what", ["correlations", "all features together"])
def test_how_often_a_change_would_be_found_is_how_often_it_is(what):
    """The power that is told, beside how many of 60 planted changes of that size are sure."""
    sure, told = 0, []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        a, b = rng.normal(size=(1_000, 6)), rng.normal(size=(150, 6))
        if what == "correlations":
            b[:, 1] = 0.3 * b[:, 0] + np.sqrt(1 - 0.09) * b[:, 1]
        else:
            b += 0.1
        found = of(compare(*(pd.DataFrame(side, columns=list("abcdef")) for side in (a, b)), seed=seed), what)
        sure += found.q_value <= 0.05
        told.append(found.power)
    low, high = stats.binomtest(sure, 60).proportion_ci(0.999)
    assert low <= np.mean(told) <= high
    assert 0.1 < np.mean(told) < 0.95, "a power that is nearly 0 or 1 would tell nothing"


def test_as_many_more_rows_as_are_said_are_enough():
    rng = np.random.default_rng(2)
    sides = [pd.DataFrame(rng.normal(size=(n, 6)), columns=list("abcdef")) for n in (1_000, 100)]
    few = of(compare(*sides), "correlations")
    assert few.power < 0.8
    enough = pd.DataFrame(rng.normal(size=(100 + few.needed, 6)), columns=list("abcdef"))
    assert of(compare(sides[0], enough), "correlations").power == pytest.approx(0.8, abs=0.05)
    assert f"would be noticed {round(100 * few.power)} times in 100; {few.needed:,} more rows are needed" in few.words
