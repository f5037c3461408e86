"""What the pictures show, against the model's own contributions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.attribution import contributions
from icpfit.config import FeatureSpec
from icpfit.documents.shap_values import LEVELS, MOST_TEXTS, NOT_KNOWN, OTHERS, SHOWN_ROWS, dependence, levels, seen_by
from icpfit.manifest import json_text

Make = Callable[..., Any]


@pytest.fixture(scope="module")
def seen(make_taught: Make, make_card: Make) -> dict[str, Any]:
    data, model = make_taught()
    return seen_by({"win": data}, {"win": model}, make_card(), 7)


def test_attributes_stand_in_the_order_of_their_contributions(seen: dict[str, Any], make_taught: Make) -> None:
    data, model = make_taught()
    mean = np.abs(contributions(model.booster, model.encode(data.features))[:, :-1]).mean(axis=0)
    of = dict(zip((s.label for s in data.specs), mean, strict=True))
    ranked = seen["win"]["ranked"]
    assert [r["label"] for r in ranked] == sorted(of, key=lambda k: -of[k])
    for r in ranked:
        assert r["mean"] == pytest.approx(of[r["label"]], abs=0.0006)
        assert len(r["phi"]) == len(r["level"]) == SHOWN_ROWS
    assert seen["win"]["rows"] == len(data.frame)


def test_an_account_adds_up_to_its_margin(seen: dict[str, Any], make_card: Make) -> None:
    accounts = seen["win"]["accounts"]
    assert [(a["tier"], a["disqualified"]) for a in accounts] == [("A", ""), ("C", ""), ("D", "free e-mail domain")]
    for a in accounts:
        margin = a["base"] + sum(p["phi"] for p in a["parts"]) + a["others"]["phi"]
        assert 1 / (1 + np.exp(-margin)) == pytest.approx(a["chance"][1], abs=0.002)
        assert a["period"] == "2025Q2"
        text = json.dumps(a)
        assert '"d0' not in text
        assert '"a0' not in text
    tiers = {t.name: t.from_points for t in make_card().tiers}
    assert accounts[0]["points"] >= tiers["A"]
    assert tiers["C"] <= accounts[1]["points"] < tiers["B"]


def test_the_planted_pair_is_found(seen: dict[str, Any]) -> None:
    pair = seen["win"]["pairs"][0]
    assert {pair["label"], pair["by"]} == {"Employees", "Region"}
    assert pair["share"] > 0.1
    assert pair["colours"][0] == "APAC"
    assert pair["by_of"] == "category"
    assert {*pair["colours"], *pair["between"]} == {"APAC", "EMEA", "NA"}


def test_an_additive_model_has_no_pairs_and_its_points_lie_on_one_height(make_taught: Make, make_card: Make) -> None:
    data, model = make_taught(leaves=2)
    found = seen_by({"win": data}, {"win": model}, make_card(), 7)["win"]
    assert found["additive"]
    assert found["pairs"] == []
    for d in found["dependence"]:
        for x in set(d["x"]):
            assert np.ptp([p for p, at in zip(d["phi"], d["x"], strict=True) if at == x]) <= 0.001


def test_a_model_of_one_attribute(make_taught: Make, make_card: Make) -> None:
    _, model = make_taught(columns=("employees",))
    card = make_card()
    data, _ = make_taught()
    found = seen_by({"win": data}, {"win": model}, card, 7)["win"]
    assert [r["label"] for r in found["ranked"]] == ["Employees"]
    assert found["additive"]


def test_no_card_rule_no_account_that_is_out(make_taught: Make, make_card: Make) -> None:
    data, model = make_taught()
    found = seen_by({"win": data}, {"win": model}, replace(make_card(), disqualifiers=()), 7)
    assert [a["tier"] for a in found["win"]["accounts"]] == ["A", "C"]


def test_the_other_outcome_has_its_ranks_only(make_taught: Make, make_card: Make) -> None:
    data, model = make_taught()
    kept, keep = make_taught(outcome="retention")
    found = seen_by({"win": data, "retention": kept}, {"win": model, "retention": keep}, make_card(), 7)
    assert "accounts" in found["win"]
    assert "accounts" not in found["retention"]
    assert seen_by({"win": data, "retention": kept}, {"win": None, "retention": keep}, make_card(), 7)["retention"]["accounts"]
    assert seen_by({"win": data}, {"win": None}, make_card(), 7) == {}


def test_the_same_data_the_same_text(make_taught: Make, make_card: Make, seen: dict[str, Any]) -> None:
    data, model = make_taught()
    again = seen_by({"win": data}, {"win": model}, make_card(), 7)
    assert json_text(again) == json_text(seen)
    assert len(json_text(again)) < 150_000


def spec(kind: str) -> FeatureSpec:
    return FeatureSpec.model_validate({"name": "n", "label": "N", "layer": "intent", "kind": kind, "table": "t", "aggregate": "value"})


def test_levels_rise_with_the_value_and_what_is_not_known_has_none(make_features: Make) -> None:
    rows = make_features(200, 3)
    got = levels(spec("number").model_copy(update={"name": "employees"}), rows)
    known = [(v, lv) for v, lv in zip(rows["employees"], got, strict=True) if lv is not None]
    assert len(known) == rows["employees"].notna().sum()
    assert [lv for _, lv in sorted(known)] == sorted(lv for _, lv in known)
    assert {min(lv for _, lv in known), max(lv for _, lv in known)} == {0, LEVELS}
    assert set(levels(spec("category").model_copy(update={"name": "region"}), rows)) == {None}


def test_a_wide_number_stands_on_a_scale_of_ratios_and_what_is_not_known_apart() -> None:
    values = pd.Series([1.0, 10.0, 100.0, 1_000.0, 10_000.0, np.nan, np.inf])
    d = dependence(spec("number"), values, np.arange(7.0))
    steps = np.diff(d["x"][:5])
    assert np.allclose(steps, steps[0])
    assert d["ticks"][0][1] == NOT_KNOWN
    assert d["x"][5] == d["x"][6] < d["x"][0]
    narrow = dependence(spec("number"), pd.Series([0.0, 5.0, 10.0]), np.zeros(3))
    assert narrow["x"] == [0.0, 5.0, 10.0]
    assert [t[1] for t in narrow["ticks"]] == ["0", "2", "4", "6", "8", "10"]


@pytest.mark.parametrize("values", [[np.nan, np.nan], [3.0, 3.0], [-5.0, -1.0], [1e12, 1e-9], [0.0, 0.0]])
def test_any_number_has_a_place_and_a_finite_one(values: list[float]) -> None:
    d = dependence(spec("number"), pd.Series(values), np.zeros(2))
    assert np.isfinite(d["x"]).all()
    assert d["ticks"]


def test_texts_stand_in_the_order_of_what_they_add_and_the_rarest_together() -> None:
    rng = np.random.default_rng(0)
    values = pd.Series([f"t{min(i, 19)}" for i in rng.geometric(0.15, 400)] + [None], dtype=object)
    phi = np.array([0.0 if v is None else float(v[1:]) for v in values])
    d = dependence(spec("category"), values, phi)
    names = [t[1] for t in d["ticks"]]
    assert names[0] == NOT_KNOWN
    assert len(names) == MOST_TEXTS + 1
    assert OTHERS in names
    means = [np.mean([p for p, at in zip(phi, d["x"], strict=True) if at == k]) for k in range(1, len(names))]
    assert means == sorted(means)
