"""A bundle is its files: nothing is lost on the way out and back, and nothing can be changed unseen."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.bundle import from_files, make_version, to_files
from icpfit.config import FeatureSpec
from icpfit.errors import BundleError
from icpfit.manifest import MANIFEST, check_files, json_text, manifest_text, plain
from icpfit.models.calibration import Calibration

DESIGNED = {
    "win.txt", "retention.txt", "calibration.json", "features.yaml", "scorecard.json", "scorecard.sql",
    "thresholds.json", "metrics.json", "MODEL_CARD.md", "manifest.json",
}  # fmt: skip

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def test_the_files_are_those_of_the_design(make_bundle):
    assert set(to_files(make_bundle())) >= DESIGNED


def test_nothing_is_lost_on_the_way_out_and_back(make_bundle):
    bundle = make_bundle()
    files = to_files(bundle)
    again = from_files(files)
    assert again == bundle
    assert to_files(again) == files
    assert list(again.metrics) == list(bundle.metrics)


def test_scores_are_the_same_to_the_bit_after_reading(make_bundle, make_features):
    bundle, features = make_bundle(), make_features(300, 9)
    features.loc[0, "region"] = "never seen"
    features.loc[1, "employees"] = 2e5
    again = from_files(to_files(bundle))
    pd.testing.assert_frame_equal(again.predict(features), bundle.predict(features), check_exact=True)
    low, high = bundle.win.calibration.interval(bundle.win.margin(features))
    low_again, high_again = again.win.calibration.interval(again.win.margin(features))
    assert np.array_equal(low, low_again)
    assert np.array_equal(high, high_again)


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\u2029"], ids=ascii)
def test_line_breaks_that_only_unicode_knows_come_back(make_bundle, sign):
    odd = FeatureSpec(name="odd", label=f"a{sign}b", layer="intent", table="signals", aggregate="count", why=sign)
    bundle = dataclasses.replace(make_bundle(), specs=(*make_bundle().specs, odd))
    assert from_files(to_files(bundle)) == bundle


@settings(max_examples=25, deadline=None)
@given(
    numbers=st.lists(FLOATS, min_size=4, max_size=4),
    slope=st.floats(min_value=1e-300, max_value=1e300),
    label=TEXT,
    texts=st.lists(TEXT, min_size=1, max_size=5, unique=True),
    window=st.floats(min_value=1e-6, max_value=1e9),
    metrics=st.dictionaries(
        TEXT, st.recursive(FLOATS | st.integers() | st.booleans() | st.none() | TEXT, st.lists, max_leaves=5), max_size=4
    ),
)
def test_any_number_and_any_text_comes_back_exactly(make_bundle, numbers, slope, label, texts, window, metrics):
    base = make_bundle()
    table = Calibration(numbers[0], slope, tuple(numbers), tuple(numbers), tuple(numbers), (1, 2, 3, 4))
    encoding = dataclasses.replace(base.win.encoding, categories={"region": tuple(sorted(texts))})
    win = dataclasses.replace(base.win, calibration=table, encoding=encoding, parameters={"note": label, "rate": numbers[1]})
    odd = FeatureSpec(
        name="odd", label=label, layer="intent", table="signals", aggregate="count", where=label, window_days=window, why=texts[0]
    )
    bundle = dataclasses.replace(base, win=win, specs=(*base.specs, odd), metrics=metrics, company=label, model_card=label)
    assert from_files(to_files(bundle)) == bundle


BENT = (
    Calibration(0.1 + 0.2, 1 / 3, (0.0,), (0.1,), (0.2,), (3,), "beta", -1 / 3),
    Calibration(0.1, 0.7, (0.0,), (0.1,), (0.2,), (3,), "isotonic", knots=(-1 / 3, 0.1 + 0.2), rates=(1 / 3, 2 / 3), rows=7),
)


@pytest.mark.parametrize("calibration", BENT, ids=lambda c: c.shape)
def test_a_bent_calibration_comes_back_to_the_bit(make_bundle, make_features, calibration):
    bundle = make_bundle(win=dataclasses.replace(make_bundle().win, calibration=calibration))
    again = from_files(to_files(bundle))
    assert again.win.calibration == calibration
    features = make_features(50, 3)
    assert np.array_equal(again.predict(features)["p_win"], bundle.predict(features)["p_win"])


def test_a_bundle_that_was_written_before_there_were_shapes_is_a_sigmoid(make_bundle):
    bundle = make_bundle()
    files = to_files(bundle)
    body = json.loads(files["calibration.json"])
    for model in body["models"].values():
        for name in ("shape", "lean", "knots", "rates", "rows"):
            del model["calibration"][name]
    old = {**files, "calibration.json": json_text(body)}
    del old[MANIFEST]
    head = {k: v for k, v in json.loads(files[MANIFEST]).items() if k not in ("format", "files", "seal")}
    assert from_files({**old, MANIFEST: manifest_text(head, old)}) == bundle


def test_parts_that_may_be_missing_have_a_file_only_where_they_are(make_bundle):
    unseen = {"win": {"created": [600], "good": [1]}}
    bundle = make_bundle(unseen=unseen, attributions={"win": {"rows": 3}})
    files = to_files(bundle)
    assert json.loads(files["unseen.json"]) == unseen
    assert from_files(files) == bundle
    assert not {"unseen.json", "attributions.json"} & set(to_files(make_bundle()))
    assert from_files(to_files(make_bundle())).unseen == {}


def test_hidden_features_go_with_those_that_are_made_of_them(make_bundle):
    hidden = FeatureSpec(name="jobs", label="Jobs", layer="intent", table="signals", aggregate="count", hidden=True)
    both = FeatureSpec(name="both", label="Both", layer="intent", aggregate="all_of", of=("jobs >= 2", "views_30d > 0"), kind="flag")
    specs = (*make_bundle().specs, both)
    again = from_files(to_files(make_bundle(specs=specs, helpers=(hidden,))))
    assert (again.specs, again.helpers, again.declared) == (specs, (hidden,), (*specs, hidden))
    with pytest.raises(BundleError, match="made of 'jobs', which is not in the bundle"):
        make_bundle(specs=specs)


def test_a_company_with_one_outcome_has_one_model_and_no_other_file(make_bundle, make_features):
    bundle = make_bundle(retention=None, retention_base=None)
    files = to_files(bundle)
    assert "retention.txt" not in files
    again = from_files(files)
    assert again == bundle
    scored = again.predict(make_features(20, 3))
    assert scored["p_retain"].isna().all()
    assert np.array_equal(scored["p_icp"], scored["p_win"])


def test_where_retention_has_no_model_the_base_rate_speaks(make_bundle, make_features):
    scored = make_bundle(retention=None).predict(make_features(20, 3))
    assert (scored["p_retain"] == 0.8).all()
    assert np.array_equal(scored["p_icp"], scored["p_win"] * 0.8)


def test_every_changed_file_is_refused_by_its_name(make_bundle):
    files = to_files(make_bundle())
    for name in files:
        with pytest.raises(BundleError, match=name):
            from_files({**files, name: files[name] + " "}, "models/x")
        with pytest.raises(BundleError, match=name):
            from_files({k: v for k, v in files.items() if k != name}, "models/x")


def test_a_manifest_cannot_be_made_to_fit_by_changing_one_line(make_bundle):
    files = to_files(make_bundle())
    body = json.loads(files[MANIFEST])
    assert body["evidence"] == "established"
    better = json_text({**body, "company": "Another"})
    with pytest.raises(BundleError, match=r"manifest\.json was changed"):
        check_files({**files, MANIFEST: better})


def test_files_that_the_manifest_does_not_name_are_passed_over(make_bundle):
    files = to_files(make_bundle())
    assert from_files({**files, ".DS_Store": "x"}) == make_bundle()


def test_no_clock_and_no_place_stands_in_a_bundle(make_bundle):
    assert to_files(make_bundle()) == to_files(make_bundle())


def test_parts_that_do_not_belong_together_are_refused(make_bundle):
    good = make_bundle()
    with pytest.raises(BundleError, match="at least one model"):
        make_bundle(win=None, retention=None)
    with pytest.raises(BundleError, match="cannot be a win model"):
        make_bundle(retention=good.win)
    with pytest.raises(BundleError, match="'views_30d', which no feature"):
        make_bundle(specs=good.specs[:2])
    with pytest.raises(BundleError, match="disagree on the tiers' edges"):
        make_bundle(thresholds={"tiers": {"A": 99, "B": 50, "C": 30, "D": 0}})
    with pytest.raises(BundleError, match="inside its interval"):
        make_bundle(retention_base=(0.5, 0.6, 0.7))
    with pytest.raises(BundleError, match="not a version"):
        make_bundle(version="../../etc")
    with pytest.raises(BundleError, match="plain values, got set"):
        make_bundle(metrics={"names": {"a", "b"}})
    with pytest.raises(BundleError, match="infinite"):
        make_bundle(metrics={"lift": float("inf")})


def test_what_cannot_be_told_is_null_and_not_nan():
    assert "NaN" not in json_text({"auc": np.float64("nan")})
    assert plain({"a": np.arange(2), "b": (np.bool_(True),)}) == {"a": [0, 1], "b": [True]}


def test_a_version_changes_with_each_input_and_with_nothing_else():
    inputs = (0, "data", "config", "code", 7)
    others = [(86_400_000_000, *inputs[1:]), (0, "datb", *inputs[2:]), (0, "data", "confih", "code", 7), (0, "data", "config", "codf", 7)]
    found = [make_version(*i) for i in (inputs, *others, (*inputs[:4], 8))]
    assert len(set(found)) == len(found)
    assert make_version(*inputs) == found[0]
    assert found[1].startswith("1970-01-02-")
