"""What is planted is found and named; where nothing is true the table is silent; the order of rows and the ids tell nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from icpfit.segments.deals import SegmentDeals
from icpfit.segments.table import LEAST_ODDS, Cell, Row, Table, segment_table
from icpfit.segments.words import churn_findings, row_words

Make = Callable[..., Any]


def row_of(table: Table, **of: str) -> Row:
    return next(r for r in table.rows if dict(r.of) == of)


def odd_rows(table: Table) -> list[Row]:
    return [r for r in table.rows if r.status]


def any_odd(deals: SegmentDeals) -> bool:
    return bool(odd_rows(segment_table(deals)))


def test_a_segment_that_wins_more_and_stays_more_is_confirmed(make_company: Make, one_if: Make) -> None:
    def better(v: Any) -> Any:
        return 1.2 * one_if(v["industry"], "industry 2")

    table = segment_table(make_company(3_000, 3, win=better, keep=better))
    row = row_of(table, industry="industry 2")
    assert row.status == "confirmed"
    assert row.direction == 1
    assert row_words(row) == "won more often, stays more often"
    assert row.cells["win_rate"].value > row.cells["win_rate"].against
    assert [r for r in odd_rows(table) if r.direction == 1] == [row]


def test_a_segment_that_wins_more_and_leaves_more_is_mixed(make_company: Make, one_if: Make) -> None:
    def good(v: dict[str, Any]) -> Any:
        return 1.2 * one_if(v["region"], "region 1")

    row = row_of(segment_table(make_company(3_000, 4, win=good, keep=lambda v: -1.5 * good(v))), region="region 1")
    assert row.status == "mixed"
    assert row.direction == 0
    assert row_words(row) == "won more often, leaves more often"


def test_churn_in_one_segment_is_found_and_named(make_company: Make, one_if: Make) -> None:
    deals = make_company(3_000, 5, keep=lambda v: -1.5 * one_if(v["size"], "size 0"))
    (finding,) = churn_findings(segment_table(deals))
    inside = one_if(deals.traits[2].values, "size 0").astype(bool) & ~np.isnan(deals.retained)
    assert (finding.code, finding.answer, finding.segment) == ("CHURN-SEGMENT", "yes", "Size: size 0")
    assert finding.customers == inside.sum()
    assert finding.left == (deals.retained[inside] == 0).sum()
    assert f"{finding.left} of its {finding.customers} customers left" in finding.words


def test_churn_everywhere_alike_is_no_finding_and_too_little_of_it_cannot_be_told(make_company: Make) -> None:
    deals = make_company(1_500, 6)
    assert [f.answer for f in churn_findings(segment_table(deals))] == ["no"]
    young = replace(deals, retained=np.where(np.cumsum(~np.isnan(deals.retained)) <= 9, deals.retained, np.nan))
    (finding,) = churn_findings(segment_table(young))
    assert finding.answer == "cannot tell"
    assert "more who left" in finding.words
    assert [f.answer for f in churn_findings(segment_table(replace(deals, retained=np.full(len(deals), np.nan))))] == ["cannot tell"]


def test_a_pair_that_is_only_the_product_of_its_parts_is_not_flagged(make_company: Make, one_if: Make) -> None:
    def both(v: dict[str, Any]) -> Any:
        return 1.2 * one_if(v["product"], "product 1") + 1.2 * one_if(v["crm"], "in use")

    table = segment_table(make_company(4_000, 7, win=both))
    assert row_of(table, product="product 1").status == "flag"
    assert row_of(table, crm="in use").status == "flag"
    pair = row_of(table, product="product 1", crm="in use")
    assert pair.status == ""
    assert pair.cells["win_rate"].value == pytest.approx(pair.cells["win_rate"].against, abs=0.04)
    assert pair.cells["win_rate"].value > row_of(table, crm="in use").cells["win_rate"].value
    assert not [r for r in odd_rows(table) if len(r.of) == 2]


def test_a_pair_that_exceeds_its_parts_is_flagged(make_company: Make, one_if: Make) -> None:
    table = segment_table(make_company(4_000, 8, win=lambda v: 2.0 * one_if(v["region"], "region 0") * one_if(v["crm"], "in use")))
    pair = row_of(table, region="region 0", crm="in use")
    assert pair.cells["win_rate"].odd == 1
    assert pair.status == "flag"


def test_a_segment_of_three_deals_has_the_companys_rate(make_company: Make) -> None:
    deals = make_company(1_000, 9)
    values = np.where(np.isin(np.arange(len(deals)), np.flatnonzero(deals.won == 1)[:3]), "rare", deals.traits[0].values).astype(object)
    thin = replace(deals.traits[0], values=values, shown=(*deals.traits[0].shown, "rare"))
    table = segment_table(replace(deals, traits=(thin, *deals.traits[1:])))
    cell = row_of(table, region="rare").cells["win_rate"]
    overall = table.overall["win_rate"][2]
    assert (cell.rows, cell.hits, cell.counted, cell.p) == (3, 3, 1.0, None)
    assert cell.value == pytest.approx(overall, abs=0.03)
    assert cell.low < overall < cell.high


def test_a_difference_below_the_floor_is_no_flag_however_sure(make_company: Make, one_if: Make) -> None:
    deals = make_company(60_000, 10, win=lambda v: 0.12 * one_if(v["product"], "product 1"))
    cell = row_of(segment_table(deals), product="product 1").cells["win_rate"]
    assert cell.p is not None
    assert cell.p < 1e-4
    assert np.log(LEAST_ODDS) > 0.12
    assert cell.odd == 0


def test_the_order_of_the_rows_and_the_ids_change_nothing(make_company: Make, in_other_order: Make) -> None:
    deals = make_company(800, 11, alike=0.8, per_account=2.0)
    order = np.random.default_rng(1).permutation(len(deals))
    assert segment_table(in_other_order(deals, order)) == segment_table(deals)
    renamed = segment_table(in_other_order(deals, order, lambda a: f"z{a[::-1]}"))
    for one, other in zip(segment_table(deals).rows, renamed.rows, strict=True):
        assert (one.of, one.status, one.deals, one.accounts) == (other.of, other.status, other.deals, other.accounts)
        for name, cell in one.cells.items():
            assert (cell.rows, cell.hits) == (other.cells[name].rows, other.cells[name].hits)
            assert other.cells[name].value == pytest.approx(cell.value, rel=1e-9)


def test_a_rate_that_moves_with_time_is_no_segments_doing(make_company: Make) -> None:
    """A region that came late, as every win rate fell: beside deals of its own days it is like the others."""
    deals = make_company(4_000, 12)
    rng = np.random.default_rng(0)
    late = (deals.period >= 8) & (rng.random(len(deals)) < 0.5)
    region = replace(deals.traits[0], values=np.where(late, "new", "old").astype(object), shown=("old", "new"))
    won = (rng.random(len(deals)) < np.where(deals.period >= 8, 0.1, 0.35)).astype(np.float64)
    nothing = np.full(len(deals), np.nan)
    table = segment_table(replace(deals, traits=(region,), won=won, value=nothing, cycle=nothing, retained=nothing))
    cell = row_of(table, region="new").cells["win_rate"]
    assert cell.value < 0.15
    assert cell.against is not None
    assert cell.against > 0.25
    assert cell.odd == 0


def test_where_nothing_is_true_the_table_is_silent(make_company: Make) -> None:
    """At most 5 % of companies may show any row: of 36, more than 5 would have a chance of 1 in 100."""
    assert sum(any_odd(make_company(400, seed)) for seed in range(36)) <= 5


def test_accounts_that_come_again_and_again_are_not_taken_for_many(make_company: Make) -> None:
    """Deals of one account are won alike: counted as if each stood alone, segments would differ in one company of three."""
    assert sum(any_odd(make_company(600, seed, alike=1.5, per_account=6.0)) for seed in range(16)) <= 3


@pytest.mark.verify
@pytest.mark.parametrize(
    ("n", "settings"),
    [(400, {}), (1_500, {}), (1_500, {"win_rate": 0.05}), (1_500, {"alike": 1.5, "per_account": 5.0})],
    ids=["400 deals", "1,500 deals", "few wins", "accounts that repeat"],
)
def test_at_most_one_company_in_twenty_shows_a_row_of_chance(make_company: Make, n: int, settings: dict[str, float]) -> None:
    """Of 1,000 companies without any truth at most 5 % show a row, give or take two standard errors."""
    assert sum(any_odd(make_company(n, 10_000 + seed, **settings)) for seed in range(1_000)) <= 50 + 14


def test_a_cell_cannot_be_odd_without_a_test() -> None:
    with pytest.raises(ValueError, match="not odd"):
        Cell(rows=3, hits=3, counted=1.0, value=0.4, low=0.2, high=0.6, against=0.2, p=None, leans=1, odd=1)
