"""What the gates are told of a challenger."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from icpfit.cycle.challenge import attributes_in_use, gate_evidence
from icpfit.models.encoding import Encoding
from icpfit.moments import DAY


def without(model, name):
    columns = tuple(c for c in model.encoding.columns if c != name)
    return replace(model, encoding=Encoding(columns, {k: v for k, v in model.encoding.categories.items() if k in columns}))


def test_every_attribute_of_a_model_is_named_with_its_outcome(make_bundle):
    used = attributes_in_use(make_bundle(), "win")
    assert {"region (win)", "region (retention)", "views_30d (win)"} <= set(used)


def test_what_is_refused_for_winning_may_tell_who_stays(make_bundle):
    bundle = make_bundle()
    lawful = replace(bundle, win=without(bundle.win, "region"))
    assert "region (win)" not in attributes_in_use(lawful, "win")
    assert "region (retention)" in attributes_in_use(lawful, "win")


def test_a_disqualifier_counts_for_the_leading_outcome(make_bundle):
    bundle = make_bundle(retention=None)
    blind = replace(bundle, win=without(bundle.win, "employees"))
    assert "employees (win)" in attributes_in_use(blind, "win"), "the card disqualifies by headcount, though no model has it"


def test_past_deals_are_read_by_cards_older_than_they_are_and_a_customer_is_its_deal(small_company):
    past = gate_evidence(small_company.opened, small_company.learned, None)[0].past
    won, kept = (small_company.learned.training[o] for o in ("win", "retention"))
    tested = small_company.learned.results["win"].backtest.predictions
    assert past.earlier
    assert past.periods == tuple(dict.fromkeys(tested["fold"]))
    np.testing.assert_array_equal(past.won, tested["label"])
    assert (past.wins, past.customers) == (won.label.sum(), len(kept.frame))
    stayed = dict(zip(kept.frame["deal_id"], kept.label, strict=True))
    deals = won.frame["deal_id"].to_numpy()[tested["row"].to_numpy()]
    np.testing.assert_array_equal(past.stayed, np.array([stayed.get(d, np.nan) for d in deals]))
    assert np.isfinite(past.stayed).any()
    assert not (past.stayed[past.won == 0] >= 0).any(), "a lost deal has no customer"


def test_the_two_models_are_compared_on_deals_that_the_champion_cannot_have_learned_from(small_company):
    """Those created at its moment or later; and tiers on the newest year of accounts."""
    training, result = (part["win"] for part in (small_company.learned.training, small_company.learned.results))
    tested = result.backtest.predictions
    position = training.position[tested["row"].to_numpy()]
    moment = int(np.sort(position)[len(position) // 2])
    later = position >= moment
    assert (position == moment).any()
    assert 50 < later.sum() < len(later)
    against = gate_evidence(small_company.opened, small_company.learned, replace(small_company.bundle, as_of=moment))[1]
    np.testing.assert_array_equal(against.label, tested["label"][later])
    np.testing.assert_array_equal(against.challenger, tested["probability"][later])
    np.testing.assert_array_equal(against.account, training.frame["account_id"].to_numpy()[tested["row"].to_numpy()][later])
    frozen = small_company.bundle.win.probability(training.features.iloc[tested["row"].to_numpy()[later]])
    np.testing.assert_array_equal(against.champion, frozen)
    year = training.position >= small_company.learned.as_of - 365 * DAY
    assert 0 < year.sum() < len(year)
    assert len(against.tiers_then) == len(against.tiers_now) == year.sum()
