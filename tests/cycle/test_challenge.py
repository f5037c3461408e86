"""What the gates are told of a challenger."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from icpfit.cycle.challenge import attributes_in_use, gate_evidence
from icpfit.models.encoding import Encoding


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
