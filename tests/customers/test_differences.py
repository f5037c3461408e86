"""What tells two groups apart: the known test, chance at its right size, and planted differences found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

from icpfit.config import FeatureSpec
from icpfit.customers.differences import compare_groups, van_elteren


def spec(name: str, kind: str = "number", unit: str = "") -> FeatureSpec:
    return FeatureSpec.model_validate(
        {"name": name, "label": name.upper(), "layer": "intent", "table": "signals", "aggregate": "count", "kind": kind, "unit": unit}
    )


def accounts(n: int) -> np.ndarray:
    return np.array([f"A{i}" for i in range(n)], dtype=object)


@pytest.mark.parametrize("seed", range(4))
def test_within_one_stratum_it_is_the_test_of_mann_and_whitney(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, first = rng.integers(0, 9, 80).astype(float), rng.random(80) < 0.4
    found = mannwhitneyu(x[first], x[~first], use_continuity=False, method="asymptotic")
    superiority, p = van_elteren(x, first, np.zeros(80, dtype=np.int64))
    assert superiority == pytest.approx(found.statistic / (first.sum() * (~first).sum()))
    assert p == pytest.approx(found.pvalue)


def test_what_moved_from_year_to_year_is_no_difference() -> None:
    rng = np.random.default_rng(1)
    year = rng.integers(0, 3, 3_000)
    first = rng.random(3_000) < np.choose(year, [0.2, 0.5, 0.8])
    x = rng.normal(year * 2.0)
    assert van_elteren(x, first, np.zeros(3_000, dtype=np.int64))[1] < 1e-20
    assert van_elteren(x, first, year)[1] > 0.01


def test_without_a_difference_any_is_named_in_one_comparison_of_twenty() -> None:
    named = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({f"f{i}": rng.integers(0, 6, 300).astype(float) for i in range(15)})
        first = rng.random(300) < 0.3
        specs = [spec(n) for n in frame.columns]
        named += bool(compare_groups(frame, specs, accounts(300), first, ~first, rng.integers(0, 3, 300)).found)
    assert named <= 10, named


def test_a_planted_difference_is_found_and_said_in_shares() -> None:
    rng = np.random.default_rng(3)
    n = 400
    first = np.arange(n) < 150
    frame = pd.DataFrame(
        {
            "size": np.where(first, rng.integers(60, 140, n), rng.integers(10, 100, n)).astype(float),
            "twin": np.zeros(n),
            "region": np.where(rng.random(n) < np.where(first, 0.7, 0.3), "EMEA", "APAC").astype(object),
            "noise": rng.normal(size=n),
            "few": np.where(np.arange(n) % 40 == 0, 1.0, np.nan),
        }
    )
    frame["twin"] = frame["size"] * 1_000 + rng.normal(size=n)
    specs = [spec("size", unit="employees"), spec("twin"), spec("region", "category"), spec("noise"), spec("few")]
    got = compare_groups(frame, specs, accounts(n), first, ~first, np.zeros(n, dtype=np.int64))
    assert {d.feature for d in got.found} == {"size", "twin", "region"}
    assert got.asked == 5, "two regions are two comparisons; what is known of ten accounts is not compared"
    assert [d.feature for d in got.named] in (["size", "region"], ["twin", "region"]), "two that say the same are named once"
    size = next(d for d in got.found if d.feature == "size")
    assert size.said.endswith("employees or more")
    cut = float(size.said.split()[0])
    assert size.first_share == pytest.approx((frame["size"][first] >= cut).mean())
    assert size.superiority > 0.8


def test_rows_names_and_monotone_scales_change_nothing() -> None:
    rng = np.random.default_rng(5)
    n = 200
    first, year = rng.random(n) < 0.5, rng.integers(0, 2, n)
    frame = pd.DataFrame({"a": rng.lognormal(size=n) + first, "b": rng.normal(size=n)})
    names = accounts(n)
    plain = compare_groups(frame, [spec("a"), spec("b")], names, first, ~first, year)
    mixed = rng.permutation(n)
    again = compare_groups(frame.iloc[mixed], [spec("a"), spec("b")], names[mixed], first[mixed], ~first[mixed], year[mixed])
    assert [d.values() for d in again.found] == [d.values() for d in plain.found]
    scaled = compare_groups(frame.assign(a=np.log(frame["a"])), [spec("a"), spec("b")], names, first, ~first, year)
    assert [d.p_value for d in scaled.found] == [d.p_value for d in plain.found]


def test_an_account_counts_once_and_never_on_both_sides() -> None:
    names = np.array(["A", "A", "B", "C", "C"], dtype=object)
    first = np.array([True, True, True, True, False])
    got = compare_groups(pd.DataFrame({"a": np.arange(5.0)}), [spec("a")], names, first, ~first, np.zeros(5, dtype=np.int64))
    assert got.sizes == (2, 0), "A counts once, C stands in both"
    assert got.report()["needed"] == 20
