"""What a bundle keeps of deals that its makers did not know: small, of nobody by name, and whole on the way back."""

from __future__ import annotations

import json

import numpy as np
from answers import answered, newer

from icpfit.drift.model import model_findings
from icpfit.drift.unseen import MOST_ROWS, then_of, unseen_values
from icpfit.manifest import json_text, plain
from icpfit.moments import month_index


def test_what_is_asked_of_them_comes_back():
    side = answered(300, np.random.default_rng(0), deals_per_account=3)
    again = then_of(json.loads(json_text({"win": unseen_values(side)})), "win")
    np.testing.assert_array_equal(again.good, side.good)
    np.testing.assert_array_equal(again.points, side.points)
    np.testing.assert_array_equal(again.tier, side.tier)
    np.testing.assert_allclose(again.probability, side.probability, atol=5e-5)
    np.testing.assert_array_equal(month_index(again.created), month_index(side.created))
    assert again.parts.keys() == side.parts.keys()
    assert len(set(again.account)) == len(set(side.account))
    assert len({(a, b) for a, b in zip(again.account, side.account, strict=True)}) == len(set(side.account))
    assert then_of({"win": unseen_values(again)}, "win").inflation == again.inflation


def test_it_names_nobody_and_is_plain():
    values = unseen_values(answered(50, np.random.default_rng(1)))
    assert plain(values) == values
    assert "D0" not in json_text(values)
    assert "A0" not in json_text(values)


def test_the_newest_are_kept():
    side = answered(MOST_ROWS + 400, np.random.default_rng(2))
    values = unseen_values(side)
    assert len(values["created"]) == len(values["tier"]) == MOST_ROWS
    assert values["created"][0] == month_index(side.created)[400]
    assert len(json_text(values)) < 250_000


def test_a_deal_without_a_card_of_its_time_has_no_tier():
    side = answered(20, np.random.default_rng(3))
    side.tier[3] = ""
    assert then_of({"win": unseen_values(side)}, "win").tier[3] == ""


def test_an_outcome_that_was_not_kept_is_none():
    assert then_of({"win": unseen_values(answered(20, np.random.default_rng(4)))}, "retention") is None


def test_findings_are_those_of_the_deals_themselves():
    """Months for moments and four digits for a chance change next to nothing."""
    rng = np.random.default_rng(5)
    then, now = answered(800, rng), newer(400, rng, level=-0.5)
    kept = then_of({"win": unseen_values(then)}, "win")
    whole, short = (model_findings("win", side, now, alpha=0.05, seed=0) for side in (then, kept))
    assert [f.alarm for f in whole] == [f.alarm for f in short]
    np.testing.assert_allclose([f.statistic for f in whole], [f.statistic for f in short], atol=0.01)
