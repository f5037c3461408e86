"""Where customers stood by the card of their own time, and what past wins lack."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icpfit.criteria import fits_by_tier, overlap, shortfall
from icpfit.criteria.standing import CANNOT, LIKE, STAYERS, UNLIKE


def test_every_customer_stands_in_the_table_once() -> None:
    fit = np.repeat(["best fit", "good fit", "stretch deal", "left"], [10, 8, 6, 4])
    customers = pd.DataFrame({"deal_id": [f"D{i}" for i in range(28)], "fit": fit})
    read = np.array([f"D{i}" for i in range(0, 28, 2)] + ["lost"], dtype=object)
    tier = np.array((["A"] * 3 + ["B"] * 2 + ["C"] * 4 + ["D"] * 2 + ["A"] * 1 + ["D"] * 2) + ["A"], dtype=object)
    told = fits_by_tier(customers, read, tier)
    assert [f["customers"] for f in told["fits"]] == [10, 8, 6, 4]
    assert [f["tiers"] for f in told["fits"]] == [
        {"A": 3, "B": 2, "C": 0, "D": 0},
        {"A": 0, "B": 0, "C": 4, "D": 0},
        {"A": 0, "B": 0, "C": 0, "D": 2} | {"A": 1},
        {"A": 0, "B": 0, "C": 0, "D": 2},
    ]
    assert told["fits"][0]["in_ab"]["share"] == 1
    assert told["not_read"] == 14
    assert sum(f["read"] for f in told["fits"]) + told["not_read"] == 28


def test_without_ltv_there_is_no_best_fit() -> None:
    for customers in (None, pd.DataFrame(), pd.DataFrame({"deal_id": ["D0"], "fit": [""]})):
        assert fits_by_tier(customers, np.array(["D0"], dtype=object), np.array(["A"], dtype=object))["can_tell"] is False


def parts(seed: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Two quarters whose cards ask differently; wins below the line lack the warehouse, and the new quarter's card asks for trials."""
    rng = np.random.default_rng(seed)
    n = 400
    period = np.repeat(np.array(["Q1", "Q2"], dtype=object), n // 2)
    below = np.arange(n) % 3 == 0
    warehouse = np.where(rng.random(n) < np.where(below, 0.2, 0.8), 12, 0)
    trial = np.where((period == "Q2") & (rng.random(n) < np.where(below, 0.4, 0.7)), 8, 0)
    return {"trial": trial, "warehouse": warehouse, "noise": rng.integers(0, 5, n)}, period, below


def test_what_all_attributes_lack_is_what_the_totals_lack() -> None:
    given, period, below = parts()
    told = shortfall(given, period, ~below, below, np.arange(400), seed=7)
    total = np.sum(list(given.values()), axis=0)
    sides = [(total[(period == p) & ~below].mean() - total[(period == p) & below].mean()) for p in ("Q1", "Q2")]
    weight = [1 / (1 / ((period == p) & ~below).sum() + 1 / ((period == p) & below).sum()) for p in ("Q1", "Q2")]
    assert sum(one["points"] for one in told) == pytest.approx(np.average(sides, weights=weight))
    assert [one["name"] for one in told][:2] == ["warehouse", "trial"]
    assert told[0]["points"] == pytest.approx(12 * 0.6, abs=1.5)
    assert told[0]["low"] > 0
    noise = next(one for one in told if one["name"] == "noise")
    assert noise["low"] < 0 < noise["high"]


def test_a_card_that_counts_higher_in_another_quarter_says_nothing_of_what_wins_lack() -> None:
    given, period, below = parts()
    shifted = {**given, "warehouse": given["warehouse"] + np.where(period == "Q2", 30, 0)}
    first, second = (shortfall(g, period, ~below, below, np.arange(400), seed=7) for g in (given, shifted))
    assert [one["points"] for one in first] == pytest.approx([one["points"] for one in second])


def test_with_one_side_only_nothing_is_blamed() -> None:
    given, period, below = parts()
    assert shortfall(given, period, period == "Q1", (period == "Q2") & below, np.arange(400), seed=7) == []


def customers(lead: float, seed: int = 1) -> dict[str, np.ndarray]:
    """120 customers who grow, 100 who are gone, 180 in between, over two periods; who grows has ``lead`` points more than who left."""
    rng = np.random.default_rng(seed)
    growth = np.repeat([1.5, 0.0, 1.0], [120, 100, 180])
    points = np.round(50 + rng.normal(0, 10, 400) + lead * (growth > 1))
    tier = np.where(points >= 60, "A", np.where(points >= 50, "B", "D")).astype(object)
    return {"points": points, "tier": tier, "period": np.tile(np.array(["Q1", "Q2"], dtype=object), 200), "growth": growth}


def asked(lead: float, **more: object) -> dict[str, object]:
    given = {**customers(lead), **more}
    stayed = np.where(customers(lead)["growth"] > 0, 1.0, 0.0)
    return overlap(given["points"], given["tier"], given["period"], np.arange(400), given["growth"], stayed, 7)  # type: ignore[arg-type]


@pytest.mark.parametrize(("lead", "verdict"), [(8.0, LIKE), (0.0, CANNOT), (-8.0, UNLIKE)])
def test_the_verdict_is_the_side_on_which_the_whole_range_lies(lead: float, verdict: str) -> None:
    told = asked(lead)
    assert told["verdict"] == verdict
    given = customers(lead)
    high = np.isin(given["tier"], ("A", "B"))
    assert told["strongest"]["share"] == high[:120].mean()  # type: ignore[index]
    assert told["churned"]["share"] == high[120:220].mean()  # type: ignore[index]
    better, pairs = 0.0, 0
    for p in ("Q1", "Q2"):
        inside = given["period"] == p
        strong, gone = (given["points"][inside & part] for part in (given["growth"] > 1, given["growth"] == 0))
        better += (strong[:, None] > gone).sum() + (strong[:, None] == gone).sum() / 2
        pairs += len(strong) * len(gone)
    assert told["auc"] == pytest.approx(better / pairs)


def test_without_revenue_who_stayed_stands_for_who_grows() -> None:
    told = asked(8.0, growth=None)
    assert (told["by"], told["verdict"], told["line"]) == ("stayed", STAYERS, None)
    assert told["strongest"]["rows"] == 300  # type: ignore[index]


def test_where_nobody_grew_nothing_is_told() -> None:
    told = asked(8.0, growth=np.repeat([1.0, 0.0], [300, 100]))
    assert (told["auc"], told["verdict"]) == (None, CANNOT)
    assert told["why"] == "0 strong customers and 100 who left have a card of their own time; 20 of each are needed"
