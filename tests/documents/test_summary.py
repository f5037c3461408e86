"""What the pages say, by value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from icpfit.documents import Market, summarise
from icpfit.documents.market import Segment
from icpfit.moments import parse_moment

Make = Callable[..., Any]


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for v in value.values():
            yield from texts(v)
    elif isinstance(value, (list, tuple)):
        for v in value:
            yield from texts(v)
    elif isinstance(value, str):
        yield value


def test_the_verdict_says_who_buys_and_who_stays_with_counted_deals(make_page: Make) -> None:
    page = make_page()
    assert page["headline"] == "The deals of the past show who buys and who stays."
    assert page["lead"] == [
        # of 40 deals each 30 and 1 were won: Beta(30.5, 10.5) and Beta(1.5, 39.5); and 100 of 400
        "Of the tenth of deals that the model ranks highest, 74% were won (90% range 63% to 85%); "
        "of the tenth that it ranks lowest, 2.0% (0.4% to 9.4%); of all deals tested, 25%.",
        # two groups are no tenths
        "The customers that the model ranks highest stayed 1.2 times as often as the average; of all customers tested, 80%.",
    ]
    assert page["evidence"] == "established, enough to tell what goes with the outcome (300 deals won and 900 deals lost teach it)"
    assert page["tiles"][0] == (
        "Pairs in the right order",
        "80.0 of 100",
        "a won deal above a lost one (90% range 76.0 to 84.0); chance gives 50",
    )


def test_where_the_held_back_deals_are_ranked_no_better_than_by_lot_may_do_the_headline_does_not_boast(
    make_page: Make, make_metrics: Make, make_outcome: Make
) -> None:
    page = make_page(metrics=make_metrics(win=make_outcome(auc=0.574, auc_low=0.435, auc_high=0.689)))
    assert page["headline"] == "Something that is known of the deals goes with who buys. How well it ranks new ones is not shown yet."


def test_the_best_tenth_is_that_of_the_ranking_which_is_each_periods_own(make_page: Make, make_metrics: Make, make_outcome: Make) -> None:
    ranked = [[0.1 * i, 0.05 * (i + 1), 20] for i in range(10)]
    page = make_page(metrics=make_metrics(win=make_outcome(tenths=ranked)))
    assert "Of the tenth of deals that the model ranks highest, 50% were won" in page["lead"][0]
    assert "of the tenth that it ranks lowest, 5.0%" in page["lead"][0]


@pytest.mark.parametrize(
    ("win", "retention", "said"),
    [
        ("signal", None, "The deals of the past show who buys."),
        ("signal", "no signal", "The deals of the past show who buys, but not who stays."),
        ("signal", "too little data", "The deals of the past show who buys, but not who stays."),
        (None, "signal", "The customers of the past show who stays."),
        ("no signal", "signal", "The data shows no pattern that holds."),
        ("too little data", None, "There is too little data to learn from."),
    ],
)
def test_the_headline_claims_no_more_than_the_verdicts(
    make_metrics: Make, make_outcome: Make, win: str | None, retention: str | None, said: str
) -> None:
    reports = {name: None if v is None else make_outcome(verdict=v) for name, v in (("win", win), ("retention", retention))}
    page = summarise(make_metrics(verdict=win or retention, **reports), None)
    assert page["headline"] == said
    assert bool(page["tiles"]) == ("show who" in said)


@pytest.mark.parametrize(
    ("level", "said"),
    [("established", "enough for a strong pattern to show"), ("hypotheses", "which is little to find a pattern in")],
)
def test_without_a_signal_the_evidence_is_what_was_looked_at(make_metrics: Make, level: str, said: str) -> None:
    page = summarise(make_metrics(verdict="no signal", evidence={"level": level, "wins": 30, "losses": 1_900}), None)
    assert page["evidence"] == f"30 deals won and 1,900 deals lost were looked at, {said}"


def test_figures_of_an_outcome(make_page: Make) -> None:
    win, stay = make_page()["outcomes"]
    figures = {name: said for name, said, _ in win["figures"]}
    assert figures == {
        "Pairs in the right order, of 100": "80.0 (76.0 to 84.0)",
        "… by a simpler model": "75.0",
        "… by firmographics alone": "62.0",
        "The best tenth holds": "3.0 times",
        "The best fifth holds": "51% (42% to 59%)",
        "… and of their value": "45% (30% to 60%)",
        "Does it pass the trade's rule?": "no",
        "Are its percentages right?": "1.03",
        "Could it be luck?": "p = 0.002",
        "Tested on": "400",
    }
    assert win["base_rate"] == "25.0% (23.0% to 27.0%)"
    assert win["caution"] is None
    assert [(layer, lost) for layer, _, lost in win["layers"]] == [
        ("behavioral", "4.8 fewer"),
        ("technographic", "3.5 fewer"),
        ("firmographic", "2.0 fewer"),
        ("intent", "no loss"),
    ]
    assert [without for _, without, _ in win["layers"]] == ["75.2", "76.5", "78.0", "80.1"]
    assert win["left_out"] == [("still open", "500"), ("another kind of deal (expansion or renewal)", "300")]
    stays = {name: said for name, said, _ in stay["figures"]}
    assert stays["Are its percentages right?"] == "unknown"
    assert stays["… by firmographics alone"] == "not measured"
    assert "… and of their value" not in stays
    assert stay["caution"] == "A simpler model, logistic regression, ranks these customers at least as well."


def test_the_profile_is_the_heaviest_first_with_its_best_and_worst_cell(make_page: Make) -> None:
    profile = make_page()["profile"]
    assert [(r["label"], r["best"], r["best_rate"], r["worst"], r["worst_rate"], r["points"], r["interval"]) for r in profile["rows"]] == [
        ("Has a data warehouse", "yes", "41%", "no", "12%", "45", "43 to 47"),
        ("Employees", "50 employees or more", "33%", "under 50 employees", "8.8%", "35", "33 to 37"),
        ("Region", "NA", "30%", "any other", "20%", "20", "18 to 22"),
    ]
    assert profile["remarks"] == []


def test_tiers_say_what_is_not_known_yet(make_page: Make, make_card: Make) -> None:
    old, young = make_page()["card"], make_page(card=make_card(observed=None))["card"]
    assert not old["tiers_too_young"]
    assert young["tiers_too_young"]
    assert [t["observed"] for t in old["tiers"]] == ["30%"] * 4
    assert [t["observed"] for t in young["tiers"]] == ["—"] * 4
    assert [t["share"] for t in old["tiers"]] == ["10%", "20%", "30%", "40%"]
    assert [t["expected"] for t in old["tiers"]] == ["67%", "34%", "15%", "4.5%"]
    assert [t["todo"] for t in old["tiers"]] == [
        "call today (account executive, within 4 hours)",
        "sequence this week (SDR, within 24 hours)",
        "within 72 hours",
        "do not work",
    ]


@pytest.mark.parametrize(("kind", "were"), [("icp", "were won and kept"), ("win", "were won"), ("retention", "stayed")])
def test_words_fit_the_kind_of_card(make_page: Make, make_card: Make, kind: str, were: str) -> None:
    card = make_page(card=make_card(kind))["card"]
    assert card["were"] == were
    assert card["many"] == ("customers" if kind == "retention" else "deals")


def test_an_undated_page_knows_no_date(pages: dict[str, Any]) -> None:
    page = pages["undated"]
    assert page["as_of"] is None
    assert page["version"] == "1a2b3c4d"
    assert not [t for t in texts(page) if "1970" in t]
    assert "could be tested forward in time" in page["time_words"]
    assert page["time_words"].endswith("Expect it to do worse on next year's customers than these figures say.")
    assert "later than itself" not in page["card"]["fidelity"]
    assert page["card"]["fidelity"].startswith("The card stands in for a model. Tested on 400 customers it had not seen")
    assert page["rows"][0]["table"] == "your file"
    assert not [t for t in texts(page["outcomes"]) if "deal" in t]
    assert page["drift"]["state"] == "cannot tell"


@pytest.mark.parametrize("as_of", [None, "1970-01-01", "2026-11-22"])
@pytest.mark.parametrize("timing", ["none", "ordered"])
def test_without_dates_no_date_is_shown_whatever_the_run_wrote(make_metrics: Make, timing: str, as_of: str | None) -> None:
    assert summarise(make_metrics(timing=timing, as_of=as_of), None)["as_of"] is None


def test_a_gate_that_binds_and_failed_is_said_at_once_and_a_warning_is_not(make_page: Make) -> None:
    page = make_page()
    assert page["alerts"] == ["It failed a gate before the sign-off: “Nothing in use knows the outcome”."]
    assert [g["answer"] for g in page["gates"]] == ["passed", "failed", "failed", "does not apply"]


def test_an_attribute_refused_twice_for_one_reason_stands_once(make_page: Make) -> None:
    assert make_page()["refused"] == [
        {"attribute": "csm_owner", "reason": "It is filled after the sale.", "outcomes": "who buys and who stays"}
    ]


def test_features_are_called_by_their_words(make_page: Make) -> None:
    page = make_page()
    assert page["current_state"] == ["Sub-industry", "tech_blog"]
    assert page["dropped"][0] == {"title": "Who buys", "reason": "Tells no more than a shuffled copy of itself.", "names": ["Industry"]}


def test_rows_add_up_in_words(make_page: Make) -> None:
    deals = make_page()["rows"][1]
    assert deals == {
        "table": "deals",
        "in": "2,003",
        "used": "2,000",
        "left": "3",
        "why": "closed before created: 2; unknown account: 1",
    }


def test_the_market_in_words(make_page: Make) -> None:
    market = make_page()["market"]
    assert market["until"] == "2026-04-01"
    assert [t[1] for t in market["tiles"]] == ["25", "25%", "USD 25,401", "37 days"]
    # the 5 % and 95 % points of Beta(25.5, 75.5), Beta(20.5, 40.5) and Beta(5.5, 30.5)
    assert market["tiles"][1][2] == "of 100 closed deals (90% range 18% to 33%); the year before: 30%"
    assert [(r["won"], r["width"], r["rate"], r["range"], r["value"]) for r in market["segments"][0]["rows"]] == [
        ("20", "100", "33%", "24% to 44%", "USD 30,000"),
        ("5", "25", "14%", "6.8% to 26%", "—"),
        ("0", "0", "too few", "", "—"),
    ]
    assert [(r["count"], r["share"]) for r in market["losses"]] == [("50", "67%"), ("20", "27%"), ("5", "6.7%")]


def test_a_market_without_values_or_without_wins_shows_no_figure_for_them(make_page: Make) -> None:
    bare = Market(parse_moment("2026-04-01"), 0, 12, None, None, 0.0, (0, 0), (Segment("Media", 0, 12, 0.0, None),), (), ())
    market = make_page(market=bare)["market"]
    assert [t[0] for t in market["tiles"]] == ["Deals won", "Win rate"]
    assert not market["segments"][0]["values"]
    assert make_page(market=None, no_market="Nobody knows.")["no_market"] == "Nobody knows."


def test_figures_that_are_not_there_are_unknown(make_page: Make, make_metrics: Make, make_outcome: Make) -> None:
    nan, empty = float("nan"), {"auc": None, "auc_low": None, "auc_high": None}
    bare = make_outcome(
        auc_low=nan,
        auc_high=nan,
        lift_10=nan,
        wins_in_top_20=None,
        value_in_top_20=nan,
        calibration_slope=None,
        baselines={},
        by_quarter={"2025Q3": empty},
        reliability=[],
        without_layer={"intent": nan},
        signal=None,
        base_rate=[nan, nan, nan],
    )
    page = make_page(metrics=make_metrics(win=bare, retention=None))
    assert not [t for t in texts(page) if "nan" in t.lower().split() or "None" in t]
    assert page["outcomes"][0]["quarters"] == []
    assert page["outcomes"][0]["layers"] == []
    assert page["lead"] == []
    unmeasured = make_page(metrics=make_metrics(win=make_outcome(auc=None), retention=None))
    assert not unmeasured["outcomes"][0]["measured"]
    assert unmeasured["tiles"] == []


def test_a_page_is_plain_values(pages: dict[str, Any]) -> None:
    for page in pages.values():
        assert json.loads(json.dumps(page, allow_nan=False)) is not None


def test_the_trades_rule_is_answered_with_its_figures(make_page: Make, make_metrics: Make, make_outcome: Make) -> None:
    def said(**changes: Any) -> tuple[str, str]:
        win = make_outcome(acceptance={**make_metrics()["win"]["acceptance"], **changes})
        figures = make_page(metrics=make_metrics(win=win, retention=None))["outcomes"][0]["figures"]
        return next((value, words) for name, value, words in figures if "trade" in name)

    value, words = said()
    assert value == "no"
    assert "the best 26% hold 61% (52% to 69%)" in words
    assert "6.1 times (4.2 to 9.6) as often as the last 26% (58% against 9.6%)" in words
    assert said(answer="yes", sure=False)[0] == "yes, though the ranges leave it open"
    assert "even a perfect ranking would hold no more than 55%" in said(most=0.55)[1]
    none = dict.fromkeys(("share", "held", "times", "most"))
    assert said(answer="cannot tell", missing=3, **none)[0] == "cannot tell"
    assert "it takes 3 more wins or losses to answer" in said(answer="cannot tell", missing=3, **none)[1]
    asked = make_page(metrics=make_metrics(win=make_outcome(), retention=None))["outcomes"][0]["figures"]
    assert not [name for name, _, _ in asked if "trade" in name], "a run that did not ask does not answer"


def test_what_the_rate_would_be_by_other_settings_of_maturity(pages: dict[str, Any]) -> None:
    win, keep = pages["whole"]["outcomes"]
    assert [r["rate"] for r in win["maturity"]] == ["32.0% (30.0% to 34.0%)", "25.0% (23.0% to 27.0%)", "no deal would teach"]
    assert [r["in_force"] for r in win["maturity"]] == [False, True, False]
    assert [r["stale"] for r in win["maturity"]] == ["stay open", "stay open", "lost after 180 days"]
    assert keep["maturity"] == []
