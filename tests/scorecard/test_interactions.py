"""Rule rows: found where two attributes work only together, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpfit.config import FeatureSpec, ScorecardSettings
from icpfit.errors import ScorecardError
from icpfit.scorecard.binning import make_bins
from icpfit.scorecard.build import build_scorecards
from icpfit.scorecard.card import Bin
from icpfit.scorecard.condition import Condition, Rule
from icpfit.scorecard.distill import distill
from icpfit.scorecard.interactions import SAID_PLAINLY, find_rule
from icpfit.scorecard.lookup import bin_index
from icpfit.scorecard.material import Material

Company = Any


def material(win: Company, target: np.ndarray, **directions: str) -> Material:
    """Attributions that share what two do together, as SHAP does: the mean of the target at each value, around its own mean."""
    features, specs = win.training.features, win.training.specs
    specs = tuple(
        s.model_copy(update={"monotone": directions.get(s.name)}) for s in specs if s.name in ("warehouse", "page_views", "employees")
    )
    phi = {
        s.name: pd.Series(target).groupby(features[s.name].fillna(-1).to_numpy()).transform("mean").to_numpy() - target.mean()
        for s in specs
    }
    return Material(specs, features, phi, target)


def r2(draft: Any, m: Material) -> float:
    left = m.target - draft.value(m.features)
    return float(1 - (left**2).sum() / ((m.target - m.target.mean()) ** 2).sum())


def gate(features: pd.DataFrame) -> np.ndarray:
    return np.asarray((features["warehouse"] == 1) & (features["page_views"] >= 2))


def test_what_two_are_worth_only_together_becomes_one_row_and_they_get_nothing_alone(win: Company) -> None:
    m = material(win, np.where(gate(win.training.features), 2.0, -2.0))
    without, card = (distill(m, ScorecardSettings(rules=n)) for n in (0, 2))
    assert without is not None
    assert card is not None
    assert r2(without, m) < 0.85
    assert r2(card, m) > 0.99
    (rule,) = card.rules
    assert {(c.feature, c.low, c.high) for c in rule.conditions} == {("warehouse", 0.5, None), ("page_views", 2.0, None)}
    assert (rule.points, rule.otherwise) == (rule.max_points, 0)
    assert rule.max_points >= 90
    assert rule.label == "Warehouse: yes and Page views: 2 page views or more"


def test_a_card_is_never_of_rules_alone(win: Company) -> None:
    m = material(win, np.where(gate(win.training.features), 2.0, -2.0))
    alone = replace(m, specs=tuple(s for s in m.specs if s.name != "employees"))
    card = distill(alone, ScorecardSettings())
    assert card is not None
    assert card.attributes


def test_attributes_that_add_up_ask_for_no_rule(win: Company) -> None:
    features = win.training.features
    target = 1.5 * (features["warehouse"] == 1) + 1.0 * (features["page_views"] >= 2) - 0.8 * (features["employees"] >= 120)
    card = distill(material(win, target.to_numpy(float)), ScorecardSettings(rules=5))
    assert card is not None
    assert card.rules == ()
    assert r2(card, material(win, target.to_numpy(float))) > 0.98


def test_of_two_rules_the_stronger_is_found_first_and_the_budget_holds(win: Company) -> None:
    features = win.training.features
    target = 2.0 * gate(features) + 1.5 * ((features["employees"] >= 50) & (features["page_views"] >= 4))
    m = material(win, target.to_numpy(float))
    one, two = (distill(m, ScorecardSettings(rules=n)) for n in (1, 2))
    assert one is not None
    assert two is not None
    assert len(one.rules) == 1
    assert {c.feature for c in one.rules[0].conditions} == {"warehouse", "page_views"}
    assert len(two.rules) == 2
    assert {c.feature for c in two.rules[1].conditions} == {"employees", "page_views"}
    assert r2(two, m) > r2(one, m) > 0.6


@pytest.mark.parametrize("seed", range(4))
def test_of_two_flags_the_rule_says_both_whatever_the_order_of_rows(seed: int) -> None:
    """ "No and no" explains exactly what "yes and yes" does; a reader is told the one that buys."""
    rng = np.random.default_rng(seed)
    n = 1500
    names = ("rule_1", "trial", "x", "y")
    features = pd.DataFrame({name: (rng.random(n) < 0.45).astype(float) for name in names})
    target = 2.0 * features["rule_1"] * features["trial"] + 0.4 * features["x"] + 0.3 * features["y"]
    specs = tuple(
        FeatureSpec.model_validate({"name": f, "label": f, "layer": "intent", "kind": "flag", "table": "accounts", "aggregate": "value"})
        for f in names
    )
    phi = {f: target.groupby(features[f]).transform("mean").to_numpy() - float(target.mean()) for f in names}
    cards = []
    for order in (np.arange(n), rng.permutation(n)):
        shuffled = Material(
            specs, features.iloc[order].reset_index(drop=True), {f: v[order] for f, v in phi.items()}, target.to_numpy()[order]
        )
        cards.append(distill(shuffled, ScorecardSettings()))
    first, again = cards
    assert first is not None
    assert again is not None
    (rule,) = first.rules
    assert {(c.feature, c.low, c.high) for c in rule.conditions} == {("rule_1", 0.5, None), ("trial", 0.5, None)}
    assert (rule.name, rule.otherwise) == ("rule_2", 0)
    assert (first.attributes, first.rules) == (again.attributes, again.rules)


@pytest.mark.parametrize(("together", "found"), [(0.5, True), (0.33, False)])
def test_a_rule_is_worth_its_row_from_one_per_cent_of_the_answer_on(together: float, found: bool) -> None:
    """Two even flags: what is left of ``together`` beside them is a quarter of it either way, here 1.5 % and 0.7 % of the answer."""
    rng = np.random.default_rng(0)
    codes = [rng.integers(0, 2, 20_000) for _ in range(2)]
    target = rng.normal(size=20_000) + together * (codes[0] & codes[1])
    left = target - target.mean()
    for c in (*codes, *codes):
        left -= (np.bincount(c, weights=left) / np.bincount(c))[c]
    flag = FeatureSpec(name="f", label="F", layer="intent", kind="flag", table="accounts", aggregate="value", why="x")
    blank = Bin("", 0, 0.0, 0.0, 0, None)
    bins = [replace(blank, high=0.5), replace(blank, low=0.5), replace(blank, unknown=True)]
    assert (find_rule([flag, flag], [bins, bins], codes, left, target) is not None) == found


@given(seed=st.integers(0, 2**32 - 1))
def test_the_rule_found_is_the_one_that_least_squares_on_every_cell_would_choose(seed: int) -> None:
    """A second engine: add each rectangle to the dummies of both attributes, fit, and take what lowers the error most."""
    rng = np.random.default_rng(seed)
    n, sizes = 400, (4, 3)
    codes = [rng.integers(0, size + 1, n) for size in sizes]
    specs = [
        FeatureSpec(name=f"f{j}", label="F", layer="firmographic", kind="number", table="accounts", aggregate="value", why="x")
        for j in (0, 1)
    ]
    blank = Bin("", 0, 0.0, 0.0, 0, None)
    lows: list[list[float | None]] = [[None, *map(float, range(1, size))] for size in sizes]
    bins = [[*(replace(blank, low=low, high=high) for low, high in pairwise([*own, None])), replace(blank, unknown=True)] for own in lows]
    target = rng.normal(size=n) + 2.0 * ((codes[0] >= 2) & (codes[0] < 4) & (codes[1] < 2))
    dummies = np.column_stack([codes[j] == k for j, size in enumerate(sizes) for k in range(size + 1)]).astype(float)
    residual = target - dummies @ np.linalg.lstsq(dummies, target, rcond=None)[0]
    found = find_rule(specs, bins, codes, residual, target)
    errors = {}
    for a, b in product(*([(i, k) for i in range(s) for k in range(i + 1, s + 1) if k - i < s] for s in sizes)):
        met = (codes[0] >= a[0]) & (codes[0] < a[1]) & (codes[1] >= b[0]) & (codes[1] < b[1])
        if met.sum() >= 20:
            wide = np.column_stack([dummies, met])
            values = np.linalg.lstsq(wide, target, rcond=None)[0]
            gain = residual @ residual - ((target - wide @ values) ** 2).sum()
            errors[a, b] = gain * (1.0 if values[-1] > 0 else SAID_PLAINLY)
    assert found is not None
    assert errors[found.runs] == pytest.approx(max(errors.values()), rel=1e-6)


@pytest.mark.parametrize("direction", ["increasing", "decreasing"])
def test_a_rule_never_turns_a_declared_direction_around(win: Company, direction: str) -> None:
    """More page views never cost points where more is declared better, whatever the other attribute is."""
    features = win.training.features
    sign = 1.0 if direction == "increasing" else -1.0
    middle = (features["page_views"] >= 1) & (features["page_views"] < 3) & (features["warehouse"] == 1)
    target = (2.0 * middle + sign * 0.3 * features["page_views"]).to_numpy(float)
    card = distill(material(win, target, page_views=direction), ScorecardSettings(rules=3))
    assert card is not None
    for yes in (0.0, 1.0, np.nan):
        rows = pd.DataFrame({"page_views": np.arange(0.0, 12.0), "warehouse": yes, "employees": 60.0})
        points = sign * card.points(rows)
        assert (np.diff(points) >= 0).all()


def test_the_rows_of_a_rule_are_as_many_as_a_bin_must_hold(win: Company) -> None:
    features, specs = win.training.features, win.training.specs
    asked = [s for s in specs if s.name in ("page_views", "employees")]
    target = 9.0 * ((features["page_views"] >= 6) & (features["employees"] < 15)).to_numpy(float)
    bins = [make_bins(s, features[s.name], target, 5) for s in asked]
    known = [b for b in bins if b is not None]
    codes = [bin_index(s.kind, b, features[s.name]) for s, b in zip(asked, known, strict=True)]
    found = find_rule(asked, known, codes, target - target.mean(), target)
    assert found is None or found.met.sum() >= 0.05 * len(features)


def test_a_card_with_a_rule_publishes_its_rows_rates_and_interval(make_company: Callable[..., Company]) -> None:
    company = make_company(n=3000, seed=2, rule=lambda f: np.where(gate(f), 2.0, -2.0), num_leaves=4)
    plain, card = (build_scorecards(company.taught, None, ScorecardSettings(rules=n), seed=7)["win"] for n in (0, 2))
    (rule,) = card.rules
    met = rule.met(company.training.features)
    label = company.training.label
    assert (rule.rows, rule.rate) == (int(met.sum()), round(float(label[met].mean()), 6))
    assert rule.rate_otherwise == round(float(label[~met].mean()), 6)
    assert rule.points_low <= rule.points <= rule.points_high
    assert card.fidelity.r2 > 0.95 > plain.fidelity.r2 + 0.2
    assert sum(p.max_points for p in card.parts) == 100
    assert not any("depends on other criteria" in w and "Page views" in w for w in card.words)


BOTH = (Condition("a", "number", "A: 5 or more", low=5.0), Condition("b", "category", "B: x", values=("x",)))


def test_unknown_meets_no_condition() -> None:
    rule = Rule("rule_1", "both", "intent", BOTH, 10, 0)
    rows = pd.DataFrame({"a": ["5", "inf", None, "4.9", "9", "5"], "b": ["x", "x", "x", "x", "", "y"]}, dtype=object)
    assert rule.points_of(rows).tolist() == [10, 10, 0, 0, 0, 0]
    assert rule.points_of(rows[["a"]]).tolist() == [0] * 6
    assert replace(rule, points=0, otherwise=7).points_of(rows).tolist() == [0, 0, 7, 7, 7, 7]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: Rule("r", "r", "intent", BOTH[:1], 1, 0), "two attributes"),
        (lambda: Rule("r", "r", "intent", (BOTH[0], BOTH[0]), 1, 0), "two attributes"),
        (lambda: Rule("r", "r", "intent", BOTH, 1, 2), "where it is met"),
        (lambda: Rule("r", "r", "intent", BOTH, 0, 0), "where it is met"),
        (lambda: Condition("a", "number", "a"), "asks nothing"),
        (lambda: Condition("a", "number", "a", low=5, high=5), "no number"),
        (lambda: Condition("a", "number", "a", low=float("nan")), "no number"),
        (lambda: Condition("a", "category", "a", low=5), "texts of a category"),
        (lambda: Condition("a", "number", "a", values=("x",)), "texts of a category"),
    ],
)
def test_a_rule_or_a_condition_that_cannot_be_asked_cannot_exist(wrong: Callable[[], object], words: str) -> None:
    with pytest.raises(ScorecardError, match=words):
        wrong()
