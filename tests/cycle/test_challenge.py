"""What the gates are told of a challenger."""

from __future__ import annotations

from dataclasses import replace

from icpfit.cycle.challenge import attributes_in_use
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
