"""Drift since the champion: what became known since, judged by the champion's own features and probabilities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from icpfit.cycle.challenge import gate_evidence
from icpfit.cycle.opened import Opened
from icpfit.cycle.watch import ALPHA, OF_OUTCOMES, SHARES, findings_since
from icpfit.moments import parse_moment

THEN = parse_moment("2025-01-01")


@pytest.fixture(scope="module")
def champion(small_company):
    """The small company's bundle as if it were a year old."""
    return replace(small_company.bundle, as_of=THEN)


@pytest.fixture(scope="module")
def reconfigured(small_company) -> Opened:
    """The same data after somebody took features out of the configuration."""
    opened = small_company.opened
    fewer = tuple(f for f in opened.config.features if f.name not in ("employee_count", "login_users_30d", "api_call_first_2d"))
    return Opened(opened.config.model_copy(update={"features": fewer}), opened.warehouse)


def test_the_win_rate_finding_counts_what_became_known_since(small_company, champion):
    found = next(
        f for f in findings_since(small_company.opened, champion, small_company.opened.moment(None)) if f["code"] == "MODEL-WINRATE"
    )
    training = small_company.learned.training["win"]
    months = training.frame["as_of"].dt.to_period("M")
    taught = set(months[~np.isnan(training.labels_at(THEN))])
    newer = np.array([m not in taught for m in months])
    assert newer[training.position >= THEN].all()
    assert newer.sum() > (training.position >= THEN).sum()  # months that had not matured at the champion's moment
    assert found["n_current"] == newer.sum()
    assert f"{training.label[newer].mean():.0%}" in found["words"]


def test_every_part_answers_and_every_feature_of_the_model_is_compared_under_its_label(small_company, champion):
    found = findings_since(small_company.opened, champion, small_company.opened.moment(None))
    labels = {s.label for s in champion.specs if s.name in champion.win.encoding.columns}
    assert {f["subject"] for f in found if f["code"] == "DRIFT-FEATURE"} == labels
    assert {f["code"].split("-")[0] for f in found} >= {"MODEL", "ICP", "TRADE", "ATTRIBUTION", "DRIFT"}
    assert {f["code"] for f in found if f["code"].startswith("DRIFT")} == {
        "DRIFT-FEATURE",
        "DRIFT-MISSING",
        "DRIFT-CORRELATION",
        "DRIFT-WHOLE",
    }


def test_the_commands_alpha_is_shared_out_whole():
    assert sum(SHARES.values()) == pytest.approx(1)
    assert sum(OF_OUTCOMES.values()) == pytest.approx(1)
    assert ALPHA == 0.05


def test_the_champion_is_asked_with_its_own_features_whatever_the_configuration_says_now(small_company, champion, reconfigured):
    moment = small_company.opened.moment(None)
    assert findings_since(reconfigured, champion, moment) == findings_since(small_company.opened, champion, moment)


def test_the_gates_compare_the_champion_with_its_own_features_too(small_company, champion, reconfigured):
    learned = small_company.learned
    moment = small_company.opened.moment(None)
    fewer = replace(learned, training={**learned.training, "win": reconfigured.training_set("win", moment)})
    (_, as_it_is), (_, changed) = (gate_evidence(o, t, champion) for o, t in ((small_company.opened, learned), (reconfigured, fewer)))
    assert as_it_is is not None
    assert changed is not None
    assert len(as_it_is.label) > 50
    np.testing.assert_array_equal(changed.champion, as_it_is.champion)
    assert changed.tiers_then == as_it_is.tiers_then == as_it_is.tiers_now


def test_two_features_of_one_label_are_told_apart(small_company, champion):
    first, second, *rest = (s.name for s in champion.specs if s.name in champion.win.encoding.columns)
    specs = tuple(s.model_copy(update={"label": "Size"}) if s.name in (first, second) else s for s in champion.specs)
    found = findings_since(small_company.opened, replace(champion, specs=specs), small_company.opened.moment(None))
    subjects = {f["subject"] for f in found}
    assert {f"Size ({first})", f"Size ({second})"} <= subjects
    assert len(rest) == len([f for f in found if f["code"] == "DRIFT-FEATURE"]) - 2


def test_too_few_new_outcomes_are_said_to_be_too_few(small_company):
    late = replace(small_company.bundle, as_of=parse_moment("2025-11-01"))
    found = findings_since(small_company.opened, late, small_company.opened.moment(None))
    told = [f for f in found if f["code"].startswith("MODEL")]
    assert told
    assert not any(f["alarm"] for f in found)
    assert all("cannot tell" in f["words"] and f["p_value"] is None for f in told)
    assert any("needed" in f["words"] and f["needed"] for f in told)


def test_of_no_new_deal_it_is_said_once_what_is_missing(small_company):
    """And not of each of thirty attributes."""
    moment = small_company.opened.moment(None)
    found = findings_since(small_company.opened, replace(small_company.bundle, as_of=moment), moment)
    assert not any(f["alarm"] or f["p_value"] is not None for f in found)
    assert [f["subject"] for f in found if f["code"].startswith(("ICP", "DRIFT", "ATTRIBUTION"))] == ["the profile", "attributes"]
    assert all("cannot tell" in f["words"] for f in found)
