from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from icpfit.config import ScorecardSettings
from icpfit.errors import ConfigError
from icpfit.exports.fields import tier_rows
from icpfit.moments import DAY
from icpfit.scorecard.build import build_scorecards
from icpfit.scorecard.card import tier_index
from icpfit.scorecard.tiers import capacity_words, empty_tier_words, make_tiers, quarterly_rows, tier_edges, with_shares

Company = Any

SHARES = (0.1, 0.2, 0.3, 0.4)
TIERS = ScorecardSettings().tiers


@given(st.lists(st.integers(0, 100), min_size=1, max_size=300))
def test_edges_fall_and_no_edge_comes_nearer_to_its_share(points: list[int]) -> None:
    totals = np.array(points)
    edges = tier_edges(totals, SHARES)
    assert list(edges) == sorted(edges, reverse=True)
    assert edges[3] == 0
    nearest = min(abs((totals >= e).mean() - 0.1) for e in totals)
    assert abs((totals >= edges[0]).mean() - 0.1) <= nearest + 1e-9


def test_shares_are_met_where_points_are_many() -> None:
    points = np.random.default_rng(0).integers(0, 101, 5000)
    a, b, c, _ = tier_edges(points, SHARES)
    for edge, share in ((a, 0.1), (b, 0.3), (c, 0.6)):
        assert abs((points >= edge).mean() - share) < 0.01
    assert empty_tier_words((a, b, c, 0), points, TIERS) is None


def test_too_few_totals_leave_a_tier_empty_and_say_so() -> None:
    points = np.array([20] * 50 + [80] * 50)
    edges = tier_edges(points, SHARES)
    words = empty_tier_words(edges, points, TIERS)
    assert words is not None
    assert "tier B" in words


def test_a_share_of_none_is_out_of_reach() -> None:
    points = np.arange(100)
    assert tier_edges(points, (0.0, 0.3, 0.3, 0.4))[:2] == (101, 70)
    tiers = tuple(t.model_copy(update={"share": s}) for t, s in zip(TIERS, (0.0, 0.3, 0.3, 0.4), strict=True))
    assert empty_tier_words(tier_edges(points, (0.0, 0.3, 0.3, 0.4)), points, tiers) is None


@given(st.lists(st.integers(0, 101), min_size=3, max_size=3))
@example([101, 40, 40])
def test_a_tier_is_within_reach_where_any_points_lead_to_it(make_bundle: Any, edges: list[int]) -> None:
    edges = [*sorted(edges, reverse=True), 0]
    card = make_bundle().card
    card = replace(card, tiers=tuple(replace(t, from_points=e) for t, e in zip(card.tiers, edges, strict=True)))
    reached = set(tier_index(np.arange(101), edges).tolist())
    assert card.within_reach == tuple(i in reached for i in range(4))
    assert [row[2] != "—" for row in tier_rows(card)] == list(card.within_reach)


def test_rates_are_of_the_rows_in_the_tier() -> None:
    points = np.array([90, 90, 60, 40, 10, 10])
    label = np.array([1.0, 0.0, 1.0, np.nan, 0.0, 0.0])
    tiers = make_tiers(ScorecardSettings().tiers, (80, 50, 30, 0), points, points / 100, label, np.arange(101) / 100)
    assert [t.rows for t in tiers] == [2, 1, 1, 2]
    assert [t.observed_rate for t in tiers] == [0.5, 1.0, None, 0.0]
    assert [t.expected_rate for t in tiers] == [0.9, 0.6, 0.4, 0.1]


def tiers_of(**said: object) -> ScorecardSettings:
    """Default tiers with other beginnings: ``A={"accounts": 40}``; D says nothing."""
    tiers = [{"name": t.name, "share": t.share} | ({"share": None} if t.name == "D" else {}) for t in TIERS]
    for t in tiers:
        t |= {"share": None} | dict(said[str(t["name"])]) if t["name"] in said else {}  # type: ignore[call-overload]
    more = {k: v for k, v in said.items() if k not in "ABCD"}
    return ScorecardSettings.model_validate({"tiers": tiers, **more})


def test_what_the_team_can_work_becomes_a_share_of_what_comes_in_a_quarter(win: Company) -> None:
    coming = quarterly_rows(win.training)
    position = win.training.position
    assert coming == pytest.approx((position > position.max() - 365 * DAY).sum() / 4)
    shared = with_shares(tiers_of(A={"accounts": 25}, B={"accounts": 75}), win.training)
    assert [t.share for t in shared.tiers[:3]] == [25 / coming, 75 / coming, 0.3]
    card = build_scorecards(win.taught, None, tiers_of(A={"accounts": 25}, B={"accounts": 75}), seed=7)["win"]
    newest = win.training.features[position > position.max() - 365 * DAY]
    tier = card.score(newest)["tier"]
    assert (tier == "A").sum() / 4 == pytest.approx(25, abs=4)
    assert (tier == "B").sum() / 4 == pytest.approx(75, abs=8)
    cut = "Cut by what the team can work: tier A holds 25 and tier B holds 75 of some"
    assert card.words[-1].startswith(f"{cut} {coming:,.0f} deals a quarter that it learned from. Where more accounts come")


def test_what_the_configuration_says_of_a_quarter_goes_before(win: Company) -> None:
    shared = with_shares(tiers_of(A={"accounts": 100}, accounts_per_quarter=1000), win.training)
    assert shared.tiers[0].share == 0.1
    words = capacity_words(tiers_of(A={"accounts": 1000}, accounts_per_quarter=1000), win.training)
    assert words == "Cut by what the team can work: tier A holds 1,000 of the 1,000 accounts a quarter that the configuration names."
    assert with_shares(tiers_of(A={"accounts": 1000}, accounts_per_quarter=1000), win.training).tiers[0].share == 1


def test_of_fewer_deals_than_the_team_can_work_a_tier_holds_what_is_left(win: Company) -> None:
    coming = quarterly_rows(win.training)
    assert coming is not None
    most = int(coming) - 10
    asked = tiers_of(A={"accounts": most}, B={"accounts": 400}, C={"accounts": 7})
    words = capacity_words(asked, win.training)
    left = f"{coming - most:,.0f}"
    assert words is not None
    assert f"tier A holds {most:,} and tier B holds {left}, not 400, and tier C holds none, not 7, of some {coming:,.0f} deals" in words
    assert words.endswith("The team can work more accounts than come: the lower tiers are empty.")
    assert [t.share for t in with_shares(asked, win.training).tiers[:3]] == pytest.approx([most / coming, 1 - most / coming, 0])


def test_without_dates_nobody_knows_how_many_come(win: Company) -> None:
    undated = replace(win.training, timing="none")
    with pytest.raises(ConfigError, match=r"scorecard.tiers.1.accounts: how many accounts come in a quarter") as told:
        with_shares(tiers_of(B={"accounts": 75}), undated)
    assert told.value.hint is not None
    assert "accounts_per_quarter" in told.value.hint


def test_a_tier_by_its_chance_begins_where_the_card_promises_it(win: Company) -> None:
    card = build_scorecards(win.taught, None, tiers_of(A={"expected": 0.6}, B={"expected": 0.4}), seed=7)["win"]
    a, b = (t.from_points for t in card.tiers[:2])
    for edge, least in ((a, 0.6), (b, 0.4)):
        assert card.probability(np.array([edge]))[0] >= least > card.probability(np.array([edge - 1]))[0]
    scored = card.score(win.training.features)
    observed = win.training.label[(scored["tier"] == "A").to_numpy()].mean()
    assert observed == pytest.approx(card.tiers[0].expected_rate, abs=0.08)


def test_a_chance_that_none_reaches_leaves_the_tier_empty_and_says_so(win: Company) -> None:
    card = build_scorecards(win.taught, None, tiers_of(A={"expected": 0.999}), seed=7)["win"]
    assert card.tiers[0].from_points == 101
    assert card.tiers[0].rows == 0
    assert any("No account reaches tier A: none has a chance of 100%" in w or "tier A: none has a chance" in w for w in card.words)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"A": {"share": 0.1, "accounts": 10}}, "one of: share, accounts, expected"),
        ({"A": {}}, "one of: share, accounts, expected"),
        ({"A": {"expected": 0.3}, "B": {"expected": 0.5}}, "fall from A to C"),
        ({"D": {"accounts": 3}}, "tier D is what is left"),
        ({"A": {"accounts": 3}, "D": {"share": 0.4}}, "what the others leave"),
        ({"A": {"share": 0.9}}, "must not sum to more than 1"),
        (
            {"A": {"accounts": 900}, "B": {"accounts": 400}, "accounts_per_quarter": 1000},
            "tiers A and B take 1,300 accounts a quarter, and accounts_per_quarter is 1,000",
        ),
        ({"A": {"accounts": 1001}, "accounts_per_quarter": 1000}, "tier A takes 1,001 accounts a quarter"),
    ],
)
def test_tiers_that_cannot_be_cut_are_refused(said: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        tiers_of(**said)
