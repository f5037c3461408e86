"""Reasons: parts of the model's own margin, said in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icpfit.attribution import contributions
from icpfit.scoring.reasons import describe, reason_columns


@pytest.fixture(scope="module")
def explained(small_company):
    model = small_company.bundle.win
    features = small_company.learned.training["win"].features
    specs = {s.name: s for s in small_company.bundle.specs}
    return model, features, specs, reason_columns(model, features, specs, 5)


def test_with_the_remaining_contributions_reasons_sum_to_the_margin(explained):
    model, features, _, reasons = explained
    phi = contributions(model.booster, model.encode(features))
    order = np.argsort(-np.abs(phi[:, :-1]), axis=1, kind="stable")
    rest = np.take_along_axis(phi[:, :-1], order[:, 5:], axis=1).sum(axis=1) + phi[:, -1]
    shown = reasons[[f"reason_{j}_points" for j in range(1, 6)]].fillna(0).sum(axis=1)
    np.testing.assert_allclose(shown + rest, model.margin(features), atol=1e-9)


def test_words_and_points_are_those_of_a_plain_loop(explained):
    model, features, specs, reasons = explained
    phi = contributions(model.booster, model.encode(features))[:, :-1]
    names = model.encoding.columns
    for i in range(0, len(features), 7):
        for j, f in enumerate(np.argsort(-np.abs(phi[i]), kind="stable")[:5], start=1):
            value = features[names[f]].iloc[i]
            said = describe(specs[names[f]], None if pd.isna(value) else value) if phi[i, f] != 0 else ""
            assert reasons[f"reason_{j}"].iloc[i] == said
            points = reasons[f"reason_{j}_points"].iloc[i]
            assert (np.isnan(points) and phi[i, f] == 0) or points == phi[i, f]


def test_the_first_reason_is_the_strongest(explained):
    reasons = explained[3]
    size = reasons[[f"reason_{j}_points" for j in range(1, 6)]].abs().fillna(0).to_numpy()
    assert (np.diff(size, axis=1) <= 0).all()
    assert set(np.sign(reasons["reason_1_points"].dropna())) == {-1.0, 1.0}


def test_a_missing_column_is_unknown_in_words(explained):
    model, features, specs, _ = explained
    bare = reason_columns(model, features[[]], specs, 5)
    words = {w for j in range(1, 6) for w in bare[f"reason_{j}"]} - {""}
    assert words
    assert all(w.endswith(": unknown") for w in words)


def test_more_reasons_than_attributes_leave_the_last_ones_empty(explained):
    model, features, specs, _ = explained
    many = reason_columns(model, features.iloc[:3], specs, 40)
    assert (many["reason_40"] == "").all()
    assert many["reason_40_points"].isna().all()


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("number", 0.0, "0"),
        ("number", -0.0, "0"),
        ("number", 12.34, "12.3"),
        ("number", 0.042, "0.042"),
        ("number", 29.98, "29.9"),
        ("number", 99.999, "99.9"),
        ("number", 199.7, "199"),
        ("number", 0.0999, "0.099"),
        ("number", 1234567.0, "1,234,567"),
        ("number", float("inf"), "inf"),
        ("number", float("nan"), "unknown"),
        ("flag", 1.0, "yes"),
        ("flag", 0.0, "no"),
        ("flag", None, "unknown"),
        ("category", "SaaS & AI", "SaaS & AI"),
    ],
)
def test_values_are_said_as_people_say_them(small_company, kind, value, said):
    spec = small_company.bundle.specs[0].model_copy(update={"kind": kind, "label": "It"})
    assert describe(spec, value) == f"It: {said}"
