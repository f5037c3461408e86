"""The weekly watch on a company's own data: what became known in which week, and that the hour of asking changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from icpfit.cli import main
from icpfit.cycle.asked import Asked
from icpfit.cycle.weekly import WEEK, findings_of_the_week, labels_of, newly_known, weekly_report
from icpfit.moments import DAY, parse_moment

THEN = parse_moment("2025-01-01")


@pytest.fixture(scope="module")
def asked(small_company) -> Asked:
    """The company's profile as if it had been in force for a year: what it was trained on matters to no question here."""
    return Asked(small_company.opened, replace(small_company.bundle, as_of=THEN), small_company.opened.moment(None))


def test_a_deal_counts_from_the_end_of_the_week_in_which_its_end_became_known(asked):
    now, known = newly_known(asked, "win")
    training = asked.training("win")
    place = {deal: i for i, deal in enumerate(training.frame["deal_id"])}
    rows = np.array([place[deal] for deal in now.deal_id])
    assert ((known - THEN) % WEEK == 0).all()
    assert (known > THEN).all()
    assert (known <= asked.as_of).all()
    for week in np.unique(known)[::6]:
        labels = training.labels_at(int(week))[rows]
        assert not np.isnan(labels[known == week]).any()
        assert np.isnan(training.labels_at(int(week) - WEEK)[rows][known == week]).all()


def test_what_is_known_next_month_stands_behind_what_is_known_now(asked):
    now, known = newly_known(asked, "win")
    earlier, then_known = newly_known(replace(asked, as_of=asked.as_of - 60 * DAY), "win")
    by_week = {str(deal): int(week) for deal, week in zip(now.deal_id, known, strict=True)}
    assert 0 < len(earlier) < len(now)
    assert {str(d): int(w) for d, w in zip(earlier.deal_id, then_known, strict=True)} == {
        deal: week for deal, week in by_week.items() if week <= asked.as_of - 60 * DAY
    }


def test_the_win_rate_and_each_part_of_the_card_get_an_answer_under_their_labels(asked):
    findings = findings_of_the_week(asked)
    assert [f.code for f in findings] == ["WATCH-WINRATE"] + ["WATCH-SIGNAL"] * (len(findings) - 1)
    assert {f.subject for f in findings[1:]} >= {a.label for a in asked.bundle.card.attributes}
    assert findings[0].n_reference == len(asked.bundle.unseen["win"]["good"])
    assert findings[0].p_value is not None


def test_the_hour_of_asking_changes_nothing(asked):
    weeks = (asked.as_of - THEN) // WEEK
    full = replace(asked, as_of=THEN + weeks * WEEK)
    assert findings_of_the_week(replace(full, as_of=full.as_of + DAY // 24)) == findings_of_the_week(full)


def test_a_champion_of_before_the_watch_says_what_it_lacks(asked):
    (found,) = findings_of_the_week(replace(asked, bundle=replace(asked.bundle, unseen={})))
    assert found.code == "WATCH-BEFORE"
    assert "cannot tell" in found.words


def test_two_attributes_of_one_label_keep_apart(asked):
    card = asked.bundle.card
    twice = replace(card, attributes=tuple(replace(a, label="Surges") for a in card.attributes[:2]) + card.attributes[2:])
    said = labels_of(replace(asked.bundle, card=twice))
    assert [said[a.name] for a in twice.attributes[:2]] == [f"Surges ({a.name})" for a in twice.attributes[:2]]
    assert len(set(said.values())) == len(card.attributes)


def test_right_after_training_the_report_says_when_it_will_look(small_company):
    report = weekly_report(small_company.opened, small_company.workspace, small_company.opened.moment(None))
    assert not report.alarmed
    assert report.lines[0].startswith(f"champion {small_company.bundle.version}, trained as of ")
    assert report.lines[1] == "Wins: cannot tell yet; the first look is at 30 deals, 30 more (WATCH-WINRATE)"
    assert report.lines[-1] == f"nothing can be told yet: {len(report.values['findings'])} findings"
    assert any(line.startswith("customers kept: not watched week by week") for line in report.lines), "there are customers, and it says so"
    assert {f["code"] for f in report.values["findings"]} == {"WATCH-WINRATE", "WATCH-SIGNAL"}


def test_the_command_asks_the_weekly_watch_alone(small_company):
    places = ["--config", str(small_company.config), "--workspace", str(small_company.workspace.path)]
    ran = CliRunner().invoke(main, ["drift", "--weekly", *places])
    assert ran.exit_code == 0
    assert "(WATCH-WINRATE)" in ran.stdout
    assert "DRIFT-" not in ran.stdout
