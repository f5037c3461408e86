"""What newer deals are compared with, and how a finding is told."""

from __future__ import annotations

from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pandas as pd
from answers import POINTS, make_card

from icpfit.config import FeatureSpec
from icpfit.cycle.asked import ENOUGH_BEFORE, before, newly_matured
from icpfit.cycle.told import MOST_FACTS, MOST_UNTOLD
from icpfit.cycle.watch import one_of_each, report_of, subjects, within_a_year
from icpfit.documents.drift_page import drift_page
from icpfit.drift import Finding
from icpfit.drift.card_change import card_findings
from icpfit.moments import DAY


def spec(name, label):
    return FeatureSpec(name=name, label=label, layer="intent", table="signals", aggregate="count")


def test_newer_deals_are_compared_with_the_year_before_not_with_the_first_days_of_the_tables():
    position = np.arange(0, 3_000, dtype=np.int64) * DAY
    newer = position >= 2_000 * DAY
    chosen = position[before(position, newer)]
    assert (chosen.min() // DAY, chosen.max() // DAY) == (1_635, 1_999)


def test_where_the_year_before_holds_few_deals_all_older_ones_are_taken():
    position = np.arange(0, ENOUGH_BEFORE + 10, dtype=np.int64) * 10 * DAY
    newer = np.arange(len(position)) >= ENOUGH_BEFORE
    assert before(position, newer).sum() == ENOUGH_BEFORE


def test_slow_deals_of_a_month_that_taught_are_not_news():
    """All of January was quick but one; February had not matured at all."""
    position = np.array([3, 9, 20, 35, 40], dtype=np.int64) * DAY
    assert newly_matured(position, np.array([1.0, 0.0, np.nan, np.nan, np.nan])).tolist() == [False, False, False, True, True]


def test_two_features_of_one_label_stay_two_subjects():
    said = subjects((spec("a", "Surges"), spec("b", "Surges"), spec("c", "Postings")))
    assert said == {"a": "Surges (a)", "b": "Surges (b)", "c": "Postings"}


def test_what_looks_back_to_where_the_tables_begin_is_counted_up_to_a_year():
    days = FeatureSpec(name="d", label="Days", layer="intent", table="signals", aggregate="recency_days")
    windowed = days.model_copy(update={"name": "w", "window_days": 30.0})
    frame = pd.DataFrame({"d": [3.0, 800.0, None], "w": [3.0, None, 20.0]})
    steady = within_a_year(frame, (days, windowed))
    assert steady["d"].tolist() == [3.0, 365.0, 365.0]
    pd.testing.assert_series_equal(steady["w"], frame["w"])


def test_how_the_newest_card_differs_is_told_and_is_no_question():
    card = make_card()
    found = [asdict(f) for f in card_findings(card, make_card(points=(POINTS[0], [30, 12, 0], *POINTS[2:])))]
    report = report_of(SimpleNamespace(day=lambda _: None), SimpleNamespace(version="v", metrics={}), 0, found)
    assert [line for line in report.lines if "Attribute b “v2”" in line and line.startswith("beside the newest card: ")]
    assert report.lines[-1].startswith("nothing can be told yet")
    page = drift_page(found)
    assert (page["open"], len(page["described"])) == ([], 2)


def asked_about(account, newer):
    n = len(account)
    frame = pd.DataFrame({"deal_id": [f"D{i}" for i in range(n)], "account_id": account})
    training = SimpleNamespace(frame=frame, position=np.arange(n, dtype=np.int64) * DAY)
    return SimpleNamespace(training=lambda _: training, before=lambda _: ~newer, newer=lambda _: newer)


def test_of_each_account_one_deal_is_compared_on_either_side():
    account = np.array([f"A{i}" for i in np.random.default_rng(0).integers(0, 120, 400)])
    newer = np.arange(400) >= 300
    before, now = one_of_each(asked_about(account, newer), "win", 0)
    assert sorted(account[np.concatenate([before, now])]) == sorted(set(account))
    assert not newer[before].any()
    assert newer[now].all()


def test_accounts_that_come_often_stand_on_either_side_as_often_as_others():
    """Large ones come four times as often, which has not changed: a fifth of the deals is new of both."""
    rng = np.random.default_rng(1)
    account = np.concatenate([np.repeat(np.arange(500), 4), np.arange(500, 1_000)])
    account = rng.permutation(account)
    newer = np.arange(2_500) >= 2_000
    before, now = one_of_each(asked_about(account.astype(str), newer), "win", 0)
    large = [float((account[side] < 500).mean()) for side in (before, now)]
    assert abs(large[0] - large[1]) < 3.3 * np.sqrt(0.25 * (1 / len(before) + 1 / len(now)))


def told(code, words):
    return asdict(Finding(code, "", None, None, None, None, 0, 0, False, words))


def test_what_somebody_can_bring_in_is_told_before_what_only_time_brings():
    waiting = [told("ICP-POINTS", f"attribute {i}") for i in range(MOST_UNTOLD)]
    lines = report_of(SimpleNamespace(day=lambda _: None), bundle_of("v1"), 0, [*waiting, told("TRADE-DATA", "no segments")]).lines
    assert "no segments" in lines[1]
    assert lines[-2].startswith(f"cannot tell yet: {MOST_UNTOLD} more questions")
    assert lines[-1] == f"nothing can be told yet: {MOST_UNTOLD + 1} findings"


def fact(code, words, action="look at it"):
    return {**told(code, words), "action": action}


def lines_of(findings):
    return report_of(SimpleNamespace(day=lambda _: None), bundle_of("v1"), 0, findings)


def test_facts_stand_before_alarms_and_a_trigger_is_still_proposed():
    alarm = {**told("MODEL-WINRATE", "win rate: fell"), "alarm": True, "p_value": 0.001}
    report = lines_of([fact("DRIFT-RESULTS", "a new word"), alarm, fact("TRIGGER-LAUNCH", "a launch", "retrain")])
    assert report.lines[1:] == [
        "LOOK AT: a new word (DRIFT-RESULTS)",
        "  what to do: look at it",
        "ALARM: win rate: fell (MODEL-WINRATE)",
        "PROPOSED: retrain",
        "  because: a launch (TRIGGER-LAUNCH)",
        "1 of 3 findings needs action; 1 is to be looked at first, 1 proposes something",
    ]
    assert (report.alarmed, report.refused) == (True, False)


def test_of_many_lost_fields_the_first_are_told_and_what_to_do_once():
    report = lines_of([fact("DRIFT-LOST", f"field {i}") for i in range(MOST_FACTS + 3)])
    assert [line for line in report.lines if line.startswith("LOOK AT: field")] == [
        f"LOOK AT: field {i} (DRIFT-LOST)" for i in range(MOST_FACTS)
    ]
    assert "LOOK AT: 3 more of the kind; --json names them (DRIFT-LOST)" in report.lines
    assert report.lines.count("  what to do: look at it") == 1
    assert len(report.values["findings"]) == MOST_FACTS + 3
    assert not report.refused


def test_what_must_be_mended_first_refuses():
    for code in ("DRIFT-SOURCE", "DRIFT-DATES"):
        report = lines_of([fact(code, "gone")])
        assert (report.alarmed, report.refused) == (False, True)
        assert report.lines[-1] == "nothing else is asked before this is mended"


def bundle_of(version):
    return SimpleNamespace(version=version, metrics={})
