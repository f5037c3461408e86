"""The criteria of a run: its counts are those of its rows, and the past is the gates' own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import yaml

from icpfit.config import Config, Disqualifier, GateSettings
from icpfit.criteria import BorneOut, borne_out
from icpfit.cycle.criteria import WINS_BELOW, criteria_report, read_past
from icpfit.cycle.retrain import Learned
from icpfit.gates.past import retrospective_recall, reverse_validation


@pytest.fixture(scope="module")
def report(small_company: Any) -> dict[str, Any]:
    found: dict[str, Any] = small_company.learned.metrics["criteria"]
    json.dumps(found, allow_nan=False)
    return found


def with_rules(learned: Learned, config: Config, *rules: Disqualifier) -> dict[str, Any]:
    settings = config.model_copy(update={"scorecard": config.scorecard.model_copy(update={"disqualifiers": rules})})
    assert learned.card is not None
    read = read_past(learned.training, learned.results, learned.card.kind, settings)
    return criteria_report(learned.card, learned.training, learned.results, None, read, settings)


def test_every_signal_counts_the_rows_of_the_training_set(small_company: Any, report: dict[str, Any]) -> None:
    won = small_company.learned.training["win"].label
    assert report["best"]["lost"] == (won == 0).sum()
    assert report["best"]["best"] + report["best"]["left"] <= won.sum()
    found = report["primary"]["found"] + report["secondary"]["found"]
    assert found, "a planted company has signals"
    for s in found:
        column = small_company.learned.training["win"].frame[s["feature"]]
        assert s["met"]["rows"] + s["otherwise"]["rows"] <= column.notna().sum()
        assert s["lift"][1] <= s["lift"][0] <= s["lift"][2]
    assert {s["feature"] for s in found} <= {a.name for a in small_company.learned.card.attributes}


def test_the_past_is_what_the_gates_say_of_it(small_company: Any, report: dict[str, Any]) -> None:
    learned, settings = small_company.learned, small_company.opened.config.gates
    gate = retrospective_recall(learned.past, settings)
    told = report["retrospective"]
    assert {k: told[k] for k in gate.numbers} == gate.numbers
    assert reverse_validation(learned.past, settings).numbers["overlap"] == report["reverse"]
    assert told["finding"]["code"] == WINS_BELOW
    assert told["finding"]["alarm"] == (gate.answer == "failed")
    assert sum(one["points"] for one in told["shortfall"]) == pytest.approx(told["short_by"])


@pytest.mark.parametrize("earlier", [True, False])
def test_groups_of_accounts_are_not_taken_for_later_deals(small_company: Any, monkeypatch: pytest.MonkeyPatch, earlier: bool) -> None:
    """Each group helps to make the cards of the others, so luck counts there in another way."""
    learned, settings = small_company.learned, small_company.opened.config
    read = read_past(learned.training, learned.results, learned.card.kind, settings)
    read = replace(read, past=replace(read.past, earlier=earlier))
    asked: list[bool] = []

    def watched(*given: Any, forward: bool = True) -> BorneOut:
        asked.append(forward)
        return borne_out(*given, forward=forward)

    monkeypatch.setattr("icpfit.cycle.criteria.borne_out", watched)
    criteria_report(learned.card, learned.training, learned.results, None, read, settings)
    assert asked == [earlier]


def test_customers_by_fit_are_those_of_the_study(small_company: Any, report: dict[str, Any]) -> None:
    lifetime = small_company.learned.metrics["customers"]["lifetime"]
    if not lifetime["can_tell"]:
        assert report["fits"]["can_tell"] is False
        return
    assert {f["fit"]: f["customers"] for f in report["fits"]["fits"]} == lifetime["fits"]
    if report["best"]["is"] == "best fit":
        assert report["best"]["best"] <= report["best"]["of"] == lifetime["fits"]["best fit"]


def test_too_many_wins_below_the_line_is_an_alarm_with_the_attributes_to_blame(small_company: Any) -> None:
    learned, config = small_company.learned, small_company.opened.config
    strict = config.model_copy(update={"gates": GateSettings(max_wins_below_line=0.01)})
    read = read_past(learned.training, learned.results, learned.card.kind, strict)
    told = criteria_report(learned.card, learned.training, learned.results, None, read, strict)["retrospective"]
    assert told["finding"]["alarm"]
    assert told["finding"]["p_value"] < 0.05
    assert "up to 1% is allowed" in told["finding"]["words"]
    won, out = read.past.won == 1, read.rows.out
    assert told["below"] == (won & (read.past.tier == "D")).sum()
    assert told["disqualified"]["wins"] == (won & out).sum()
    for one in told["blamed"]:
        assert one["label"] in told["finding"]["words"]


def test_wins_that_a_disqualifier_takes_are_its_own_and_lack_no_points(small_company: Any) -> None:
    learned, config = small_company.learned, small_company.opened.config
    everyone = Disqualifier(feature="employee_count", at_least=1, reason="anyone at all")
    told = with_rules(learned, config, everyone)
    assert told["retrospective"]["disqualified"]["by"]["anyone at all"] >= 0.9 * told["retrospective"]["wins"]
    assert "“anyone at all” " in told["retrospective"]["finding"]["words"]
    assert "counts with each" not in told["retrospective"]["finding"]["words"]
    assert told["retrospective"]["shortfall"] == [], "too few are below the line by their points"


def test_wins_that_several_disqualifiers_take_are_said_to_count_with_each(small_company: Any) -> None:
    learned, config = small_company.learned, small_company.opened.config
    rules = [Disqualifier(feature="employee_count", at_least=least, reason=f"{least} or more") for least in (1, 2)]
    told = with_rules(learned, config, *rules)["retrospective"]
    assert sum(told["disqualified"]["by"].values()) > told["disqualified"]["wins"]
    assert "; a deal that several take out counts with each)" in told["finding"]["words"]


def test_a_proposed_disqualifier_can_be_written_into_the_configuration(small_company: Any, report: dict[str, Any]) -> None:
    for x in report["negative"]["found"]:
        Disqualifier.model_validate(yaml.safe_load(x["yaml"])[0])
    rules = tuple(Disqualifier.model_validate(yaml.safe_load(x["yaml"])[0]) for x in report["negative"]["found"])
    again = with_rules(small_company.learned, small_company.opened.config, *rules)
    assert all(x["in_force"] for x in again["negative"]["found"])


def test_a_run_without_tables_says_so_and_counts_what_it_has(small_company: Any) -> None:
    learned, config = small_company.learned, small_company.opened.config
    alone = {"win": learned.training["win"]}
    results = {"win": learned.results["win"]}
    read = read_past(alone, results, "win", config)
    card = replace(learned.card, kind="win")
    told = criteria_report(card, alone, results, None, read, config)
    assert (told["best"]["is"], told["best"]["tables"], told["best"]["left"]) == ("won", False, 0)
    assert told["fits"] is None
    assert told["reverse"] is None, "nobody knows who stayed"
    assert np.isnan(read.past.stayed).all()
