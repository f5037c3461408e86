"""Who is buying, against plain counting; and the voices."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.documents import Market, market_of
from icpfit.documents.market import FEW, MOST_BARS, OTHERS, SIZE_BANDS, YEAR, Segment
from icpfit.moments import DAY, parse_moment

AS_OF = parse_moment("2026-01-01")
INDUSTRIES = [f"industry {i}" for i in range(12)]

deal = st.fixed_dictionaries(
    {
        "account": st.integers(0, 14),
        "deal_type": st.sampled_from(["new_logo", "expansion", "renewal", None]),
        "stage": st.sampled_from(["won", "won", "lost", "lost", "open"]),
        "age": st.integers(-100, 800),
        "length": st.integers(0, 200),
        "amount": st.none() | st.integers(0, 10_000),
        "reason": st.none() | st.sampled_from([f"reason {i}" for i in range(11)]),
        "late": st.booleans(),
    }
)


def tables(rows: list[dict[str, object]], sizes: list[float | None]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As a warehouse has them. The last account is in no table; the first has no industry."""
    deals = pd.DataFrame(
        {
            "deal_id": [f"d{i}" for i in range(len(rows))],
            "account_id": [f"a{r['account']}" for r in rows],
            "deal_type": [r["deal_type"] for r in rows],
            "stage": [r["stage"] for r in rows],
            "closed_at": [None if r["stage"] == "open" else AS_OF - r["age"] * DAY for r in rows],
            "created_at": [AS_OF - (r["age"] + r["length"]) * DAY for r in rows],
            "amount": [r["amount"] for r in rows],
            "loss_reason": [r["reason"] for r in rows],
            "visible_at": [AS_OF + DAY if r["late"] else AS_OF - 900 * DAY for r in rows],
            "industry": ["the deal's own word"] * len(rows),
        }
    )
    accounts = pd.DataFrame(
        {
            "account_id": [f"a{i}" for i in range(14)],
            "industry": [None, *(INDUSTRIES * 2)[:13]],
            "employee_count": [(sizes * 14)[i] for i in range(14)],
        }
    )
    return deals, accounts


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(deal, min_size=1, max_size=60),
    sizes=st.lists(st.none() | st.sampled_from([0, 1, 10, 11, 49.5, 200, 201, 500, 1_000, 5_001, 9e5]), min_size=1),
)
def test_against_counting_one_by_one(rows: list[dict[str, object]], sizes: list[float | None]) -> None:
    deals, accounts = tables(rows, sizes)
    market = market_of(deals, accounts, AS_OF)
    industry = dict(zip(accounts["account_id"], accounts["industry"], strict=True))
    size = dict(zip(accounts["account_id"], accounts["employee_count"], strict=True))
    inside, before = [], Counter()
    for r in rows:
        age = r["age"]
        if r["deal_type"] not in ("new_logo", None) or r["stage"] == "open" or r["late"] or age <= 0:
            continue
        if age <= 365:
            inside.append(r)
        elif age <= 730:
            before[r["stage"]] += 1
    won = [r for r in inside if r["stage"] == "won"]
    assert (market.won, market.lost) == (len(won), len(inside) - len(won))
    assert market.before == (before["won"], before["lost"])
    assert market.win_rate == (len(won) / len(inside) if inside else None)
    amounts = [r["amount"] for r in won if r["amount"] is not None]
    assert market.mean_value == (pytest.approx(sum(amounts) / len(amounts)) if amounts else None)
    assert market.valued == len(amounts)
    for segments in (market.by_industry, market.by_size):
        assert not segments or sum(s.valued for s in segments) == len(amounts)
    lengths = sorted(r["length"] for r in won)
    half = len(lengths) // 2
    middle = None if not lengths else (lengths[half] + lengths[-half - 1]) / 2 if len(lengths) % 2 == 0 else lengths[half]
    assert market.median_cycle_days == middle

    def name(r: dict[str, object]) -> str:
        found = industry.get(f"a{r['account']}")
        return found if isinstance(found, str) else "not known"

    wins, closed = Counter(name(r) for r in won), Counter(name(r) for r in inside)
    shown = [s for s in market.by_industry if s.name != OTHERS]
    assert len(market.by_industry) == min(len(closed), MOST_BARS)
    for s in shown:
        assert (s.won, s.closed) == (wins[s.name], closed[s.name])
        assert s.win_rate == (s.won / s.closed if s.closed >= FEW else None)
    assert [(-s.won, s.name) for s in shown] == sorted((-wins[n], n) for n in closed)[: len(shown)]

    def band(r: dict[str, object]) -> str:
        n = size.get(f"a{r['account']}")
        return next((b for low, high, b in SIZE_BANDS if n is not None and low <= n < high), "not known")

    assert {(s.name, s.closed) for s in market.by_size} == set(Counter(band(r) for r in inside).items())
    order = [*(b for _, _, b in SIZE_BANDS), "not known"]
    assert [s.name for s in market.by_size] == sorted((s.name for s in market.by_size), key=order.index)
    said = Counter(r["reason"] for r in inside if r["stage"] == "lost")
    if set(said) - {None}:
        assert sum(n for _, n in market.loss_reasons) == market.lost
        assert all(n == said[None if why == "no reason given" else why] for why, n in market.loss_reasons if why != OTHERS)
    else:
        assert market.loss_reasons == ()


def test_no_closed_deal_is_an_empty_market() -> None:
    deals = pd.DataFrame({"account_id": ["a"], "stage": ["open"], "created_at": [AS_OF - DAY], "closed_at": [None]})
    accounts = pd.DataFrame({"account_id": ["a"], "industry": ["Software"], "employee_count": [50.0]})
    for rows in (deals, deals.iloc[:0]):
        assert market_of(rows, accounts, AS_OF) == Market(AS_OF, 0, 0, None, None, None, (0, 0), (), (), ())


def test_the_year_is_half_open() -> None:
    def closed(at: int) -> Market:
        deals = pd.DataFrame({"account_id": ["a"], "stage": ["won"], "created_at": [at - DAY], "closed_at": [at]})
        return market_of(deals, pd.DataFrame({"account_id": ["a"]}), AS_OF)

    assert [closed(AS_OF - YEAR).won, closed(AS_OF - YEAR - 1).won, closed(AS_OF - 1).won, closed(AS_OF).won] == [1, 0, 1, 0]
    assert closed(AS_OF - YEAR - 1).before == (1, 0)
    assert closed(AS_OF - 1).by_industry == ()


def test_deals_after_the_moment_change_nothing() -> None:
    rows = [
        {"account": i % 5, "deal_type": None, "stage": "won", "age": i, "length": 3, "amount": 5, "reason": None, "late": False}
        for i in (5, 9, 40)
    ]
    later = [{**rows[0], "age": -3, "stage": "lost", "reason": "price"}, {**rows[0], "age": 0, "amount": 10**6}]
    assert market_of(*tables([*rows, *later], [50]), AS_OF) == market_of(*tables(rows, [50]), AS_OF)


def test_a_market_holds_every_deal_once() -> None:
    with pytest.raises(ValueError, match="every closed deal once"):
        Market(AS_OF, 2, 1, None, None, None, (0, 0), (Segment("a", 1, 3, None, None),), (), ())
    with pytest.raises(ValueError, match="every lost deal once"):
        Market(AS_OF, 2, 1, None, None, None, (0, 0), (), (), (("price", 2),))
    with pytest.raises(ValueError, match="3 won of 2 closed"):
        Segment("a", 3, 2, None, None)
