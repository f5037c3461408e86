"""The lines of a drift command: every finding counted once, one cause under one alarm, and no more of what cannot be told than helps."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest

from icpfit.cycle.told import MOST_UNTOLD, alarm_lines, proposal_lines, still_line, told_words, untold_lines
from icpfit.drift import Finding
from icpfit.drift.verdict import by_verdict, count_line


def one(code, subject, words="moved", *, p=0.5, alarm=False, power=None, needed=None, now=100, action=""):
    q = 0.01 if alarm else 1.0
    return asdict(Finding(code, subject, 1.0, p, None if p is None else q, 0.2, 200, now, alarm, words, power, needed, "", (), action))


INDUSTRY = one("TRADE-MIX", "Industry", "Industry: others come than before; Media: 1% before, 20% now", alarm=True, action="ask")
NEW = one("TRADE-NEW-SEGMENT", "new segments", "new segments: they buy; Industry: Media: 0 wins of 300 before", alarm=True, action="talk")
DATA = one("DRIFT-FEATURE", "Industry", "Industry: has moved", alarm=True, action="look")
WHOLE = one("DRIFT-WHOLE", "all features together", "taken together, the accounts have moved", alarm=True, action="begin with Industry")


def test_alarms_of_one_attribute_stand_under_that_of_the_trade_whatever_their_order():
    for alarms in ([INDUSTRY, DATA, WHOLE], [WHOLE, DATA, INDUSTRY]):
        assert alarm_lines(alarms) == [
            "ALARM: Industry: others come than before; Media: 1% before, 20% now (TRADE-MIX)",
            "  what to do: ask",
            "  also seen as: DRIFT-FEATURE Industry, DRIFT-WHOLE",
        ]
    assert alarm_lines([NEW, DATA])[-1] == "  also seen as: DRIFT-FEATURE Industry"


def test_an_alarm_of_another_attribute_stays_one_of_its_own():
    size = {**DATA, "subject": "Employees", "words": "Employees: has moved"}
    assert sum(line.startswith("ALARM") for line in alarm_lines([INDUSTRY, size])) == 2
    leaves = {**INDUSTRY, "code": "TRADE-CHURN"}
    assert sum(line.startswith("ALARM") for line in alarm_lines([leaves, DATA])) == 2, "who leaves is not who comes"
    assert [line[:5] for line in alarm_lines([WHOLE])] == ["ALARM", "  wha"]


def test_every_finding_is_counted_once():
    findings = [
        INDUSTRY,
        one("TRIGGER-LAUNCH", "Cloud", p=None, action="retrain"),
        *(one("DRIFT-FEATURE", f"a{i}", power=0.9) for i in range(4)),
        one("TRADE-MIX", "Region", power=0.3, needed=500),
        one("MODEL-RANKING", "ranking", "cannot tell; too few", p=None),
    ]
    assert count_line(findings) == "1 of 8 findings needs action; 1 proposes something, 4 are still, 2 cannot be told yet"
    assert sum(len(found) for found in by_verdict(findings).values()) == len(findings)
    told = [int(re.findall(r"\d+", line)[0]) for line in still_line(by_verdict(findings)["still"])]
    assert told == [4]
    assert count_line(findings[2:]) == "nothing needs action; of 6 findings 4 are still, 2 cannot be told yet"


def test_what_is_sure_but_small_is_still_however_few_the_deals():
    small = {**one("TRADE-MIX", "Region", power=0.3), "q_value": 0.01}
    assert by_verdict([small])["still"] == [small]
    watched = {**small, "code": "WATCH-WINRATE"}
    assert by_verdict([watched])["cannot tell"] == [watched], "the watch goes on"


@pytest.mark.parametrize("n", [1, 5, 40])
def test_what_cannot_be_told_is_three_lines_and_a_count(n):
    weak = [one("ICP-POINTS", f"a{i}", "cannot tell; too few", p=None, needed=1_000 + i) for i in range(n)]
    level = one("MODEL-WINRATE", "win rate", "cannot tell; too few", p=None)
    near = [one(code, "x", "no sign", power=0.5, needed=20) for code in ("TRADE-MIX", "TRADE-MIX", "TRADE-CYCLE", "TRADE-UPMARKET")]
    lines = untold_lines([*weak, level, *near])
    assert len(lines) == MOST_UNTOLD + 1
    assert lines[0] == "win rate: cannot tell; too few (MODEL-WINRATE)"
    assert lines[1] == "no sign; 20 more deals are needed to tell (TRADE-MIX)"
    rest = n + 5 - MOST_UNTOLD
    assert (
        lines[-1]
        == f"cannot tell yet: {rest} more questions; up to {999 + n:,} more deals are needed; --json and icpfit document name them"
    )


def test_proposals_of_one_kind_share_what_is_proposed():
    both = [one("TRIGGER-LAUNCH", "Cloud", "Cloud was launched", p=None, action="retrain") for _ in range(2)]
    assert proposal_lines(both) == ["PROPOSED: retrain", *["  because: Cloud was launched (TRIGGER-LAUNCH)"] * 2]


def test_only_words_that_do_not_say_of_what_have_their_subject_before_them():
    assert (
        told_words(one("TRADE-CHURN", "all customers", "More customers leave than before"))
        == "More customers leave than before (TRADE-CHURN)"
    )
