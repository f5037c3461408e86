"""Disqualifiers to consider: a planted one is found with its counts, and where there is none, none is."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from icpfit.config import Disqualifier, FeatureSpec
from icpfit.criteria import Exclusions, find_exclusions
from icpfit.criteria.exclusions import Exclusion, declared_evidence
from icpfit.criteria.groups import groups_of
from icpfit.criteria.shares import Share, Times
from icpfit.scorecard.condition import Condition
from icpfit.scorecard.disqualify import disqualified

N = 3_000
NO_VALUE = pd.Series(dtype=np.float64)


def columns(seed: int) -> tuple[np.random.Generator, dict[str, Any]]:
    rng = np.random.default_rng(seed)
    layoffs = (rng.random(N) < 0.1).astype(float)
    drawn: dict[str, Any] = {
        "layoffs": layoffs,
        "layoffs_copy": np.where(rng.random(N) < 0.03, 1 - layoffs, layoffs),
        "size": np.round(np.exp(rng.normal(4, 1, N))),
        "country": rng.choice(np.array(["US", "DE", "FR", "MT"], dtype=object), N, p=[0.5, 0.3, 0.15, 0.05]),
        **{f"noise_{i}": rng.random(N) for i in range(20)},
        **{f"mark_{i}": (rng.random(N) < 0.15).astype(float) for i in range(10)},
    }
    return rng, drawn


def specs(made: SimpleNamespace, drawn: dict[str, Any]) -> list[FeatureSpec]:
    kinds = {"country": "category"}
    return [made.spec(n, kinds.get(n, "flag" if n.startswith(("mark", "layoffs")) else "number")) for n in drawn]


def planted(made: SimpleNamespace, seed: int) -> Any:
    """Of 3,000 deals three in ten are won; after layoffs, below twelve people and in one country few are."""
    rng, drawn = columns(seed)
    bad = (drawn["layoffs"] == 1) | (drawn["size"] < 12) | (drawn["country"] == "MT")
    label = (rng.random(N) < np.where(bad, 0.05, 0.3)).astype(int)
    return made.training(label, specs(made, drawn), drawn)


def found_in(data: Any, **more: Any) -> Exclusions:
    value = more.pop("value", NO_VALUE)
    return find_exclusions({data.outcome: data}, more.pop("refused", frozenset()), more.pop("declared", ()), value, 7)


def test_what_is_planted_is_found_once_with_its_counts(made: SimpleNamespace) -> None:
    data = planted(made, 1)
    value = pd.Series(np.arange(float(N)), index=data.frame["deal_id"])
    found = found_in(data, value=value)
    by = {x.spec.name: x for x in found.found}
    assert set(by) == {"layoffs", "size", "country"}, "a near-copy adds nothing"
    assert found.alike > 0
    met = data.frame["layoffs"].to_numpy() == 1
    won = data.label == 1
    x = by["layoffs"]
    assert (x.met.rows, x.met.hits, x.lost_wins) == (met.sum(), (won & met).sum(), (won & met).sum())
    assert x.otherwise.share == pytest.approx(won[~met].mean())
    assert x.lost_value == np.arange(float(N))[won & met].sum()
    assert (by["country"].condition.values, by["size"].condition.low) == (("MT",), None)
    assert 9 <= float(by["size"].condition.high or 0) <= 16
    assert not any(x.in_force or x.today for x in found.found)
    assert [x.spec.name for x in found_in(replace(data, current_state=("size",))).found if x.today] == ["size"]


def test_where_there_is_none_none_is_found(made: SimpleNamespace) -> None:
    """Forty companies whose deals are won by lot, and some 250 conditions each."""
    named = 0
    for seed in range(40):
        rng, drawn = columns(1_000 + seed)
        found = found_in(made.training((rng.random(N) < 0.25).astype(int), specs(made, drawn), drawn))
        assert found.asked > 150
        named += len(found.found)
    assert named <= 1


def test_a_rate_that_changes_with_the_years_is_no_disqualifier(made: SimpleNamespace) -> None:
    """It held for the older half alone."""
    rng, drawn = columns(3)
    older = np.arange(N) < N // 2
    label = (rng.random(N) < np.where(older & (drawn["mark_0"] == 1), 0.02, 0.3)).astype(int)
    assert found_in(made.training(label, specs(made, drawn), drawn)).found == ()


def test_what_is_written_for_the_configuration_takes_out_the_same_rows(made: SimpleNamespace) -> None:
    data = planted(made, 1)
    for x in found_in(data).found:
        body = yaml.safe_load(x.yaml)
        rule = Disqualifier.model_validate(body[0])
        assert rule.reason == x.condition.words
        (told,), out = disqualified([rule], data.specs, data.frame, data.label.astype(float))
        assert (told.rows, told.rate) == (x.met.rows, round(x.met.share, 6))
        assert out.sum() == x.met.rows


@given(st.text(min_size=1, max_size=40))
def test_any_text_stands_on_a_line_of_its_own_and_comes_back(text: str) -> None:
    spec = FeatureSpec.model_validate(
        {"name": "t", "label": "T", "layer": "intent", "kind": "category", "table": "accounts", "aggregate": "value"}
    )
    share = Share(1, 2, 2)
    condition = Condition("t", "category", f"T: {text}", values=(text,))
    line = Exclusion("win", spec, condition, share, share, Times.of(share, share), 1.0, 1.0, 0, 0.0, 0.0, False).yaml
    assert [part.split(":")[0].strip('- "') for part in line.splitlines()][:2] == ["feature", "is_one_of"]
    assert len(line.splitlines()) == 4
    assert Disqualifier.model_validate(yaml.safe_load(line)[0]).is_one_of == (text,)


def test_what_is_refused_is_not_asked_and_what_is_declared_is_marked(made: SimpleNamespace) -> None:
    data = planted(made, 1)
    rule = Disqualifier(feature="country", is_one_of=("MT",), reason="not sold there")
    found = found_in(data, refused=frozenset({"layoffs", "layoffs_copy"}), declared=(rule,))
    assert {x.spec.name: x.in_force for x in found.found} == {"size": False, "country": True}
    narrow = Disqualifier(feature="size", below=1, reason="nobody there")
    part = found_in(data, refused=frozenset({"layoffs", "layoffs_copy"}), declared=(narrow,))
    assert {x.spec.name: x.in_force for x in part.found} == {"size": False, "country": False}
    told = declared_evidence(rule, groups_of({"win": data}, None))
    assert told["borne_out"] is True
    idle = declared_evidence(Disqualifier(feature="mark_0", reason="a mark"), groups_of({"win": data}, None))
    assert idle["borne_out"] is False
    rare = declared_evidence(Disqualifier(feature="size", below=2, reason="tiny"), groups_of({"win": data}, None))
    assert rare["borne_out"] is None


def test_without_dates_halves_are_of_accounts(made: SimpleNamespace) -> None:
    data = planted(made, 1)
    undated = replace(data, timing="none", position=np.zeros(N, dtype=np.int64))
    assert {x.spec.name for x in found_in(undated).found} == {"layoffs", "size", "country"}


def test_the_order_of_rows_of_a_day_changes_nothing(made: SimpleNamespace) -> None:
    data = planted(made, 2)
    order = np.random.default_rng(1).permutation(N)
    mixed = replace(data, frame=data.frame.iloc[order].reset_index(drop=True), position=data.position[order])
    assert [x.values() for x in found_in(data).found] == [x.values() for x in found_in(mixed).found]


def test_what_looks_back_to_where_the_tables_begin_is_no_kind_of_company(made: SimpleNamespace) -> None:
    rng, drawn = columns(5)
    drawn["days_ago"] = rng.random(N) * 900
    label = (rng.random(N) < np.where(drawn["days_ago"] > 750, 0.03, 0.3)).astype(int)
    ended = made.spec("days_ago", aggregate="recency_days", table="events", unit="days")
    data = made.training(label, [ended if s.name == "days_ago" else s for s in specs(made, drawn)], drawn)
    assert found_in(data).found == ()
    within = ended.model_copy(update={"window_days": 900})
    assert [x.spec.name for x in found_in(replace(data, specs=tuple(within if s.name == "days_ago" else s for s in data.specs))).found]


def test_customers_who_hardly_ever_stay_are_found_too(made: SimpleNamespace) -> None:
    rng, drawn = columns(6)
    win = made.training((rng.random(N) < 0.3).astype(int), specs(made, drawn), drawn)
    label = (rng.random(N) < np.where(drawn["layoffs"] == 1, 0.2, 0.7)).astype(int)
    keep = made.training(label, specs(made, drawn), drawn, outcome="retention")
    found = find_exclusions({"win": win, "retention": keep}, frozenset(), (), NO_VALUE, 7)
    assert [(x.outcome, x.spec.name) for x in found.found] == [("retention", "layoffs")]
