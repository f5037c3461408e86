"""Cards of single product lines: of their own deals, and only where those are evidence enough."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from icpfit.bundle import from_files, to_files
from icpfit.cycle.cards import draw_cards, line_cards
from icpfit.scorecard.assemble import Drawn
from icpfit.scorecard.serialise import card_from_dict, schema


@pytest.fixture(scope="module")
def lines(small_company: Any) -> dict[str, Any]:
    return {v["value"]: v for v in small_company.learned.metrics["lines"]["values"]}


@pytest.fixture(scope="module")
def main(small_company: Any) -> Drawn:
    run = small_company
    drawn = draw_cards(run.opened, run.learned.training, run.learned.results, run.learned.as_of)
    return next(iter(drawn.values()))


def products(small_company: Any) -> np.ndarray:
    deals = small_company.opened.warehouse.frame("deals").set_index("deal_id")["product"]
    return deals.loc[small_company.learned.training["win"].frame["deal_id"]].to_numpy(object)


def test_every_line_is_counted_and_one_with_too_few_wins_says_how_many_more(small_company: Any, lines: dict[str, Any]) -> None:
    product, label = products(small_company), small_company.learned.training["win"].label
    for value, said in lines.items():
        assert (said["deals"], said["wins"]) == ((product == value).sum(), label[product == value].sum())
    assert lines["Growth"]["points"] == "shared"
    assert lines["Enterprise"]["points"] is None
    assert lines["Enterprise"]["why"] == f"{100 - lines['Enterprise']['wins']} more wins are needed for a card of its own"


def test_a_line_without_a_pattern_of_its_own_has_the_points_of_all_and_its_own_counts(small_company: Any, lines: dict[str, Any]) -> None:
    bundle, whole = small_company.bundle, small_company.learned.card
    assert list(bundle.lines) == ["Growth"]
    card = bundle.lines["Growth"]
    features = small_company.learned.training["win"].features
    assert (card.score(features)["points"] == whole.score(features)["points"]).all()
    inside = products(small_company) == "Growth"
    for a, b in zip(card.attributes, whole.attributes, strict=True):
        assert sum(c.rows for c in a.bins) == inside.sum()
        assert all(c.rows <= d.rows for c, d in zip(a.bins, b.bins, strict=True))
    assert card.fidelity.rows == lines["Growth"]["tested"] < whole.fidelity.rows
    assert card.platt_intercept != whole.platt_intercept


def test_the_card_of_all_rows_is_the_card_of_those_rows(small_company: Any, main: Drawn) -> None:
    from icpfit.scorecard.assemble import card_of

    seed = small_company.opened.config.training.seed
    every = np.ones(len(main.training.frame), dtype=bool)
    assert card_of(main, seed=seed) == card_of(main, seed=seed, rows=every) == small_company.learned.card


def test_the_bundle_keeps_the_lines(small_company: Any) -> None:
    import jsonschema

    files = to_files(small_company.bundle)
    for body in json.loads(files["scorecard_lines.json"]).values():
        jsonschema.validate(body, schema())
        assert card_from_dict(body) == small_company.bundle.lines["Growth"]
    assert from_files(files).lines == small_company.bundle.lines
    assert "scorecard_lines.json" not in to_files(replace(small_company.bundle, lines={}))


def test_a_line_whose_own_model_was_better_gets_points_of_its_own(small_company: Any, main: Drawn) -> None:
    run = small_company
    segments = {"models": {"win": {"product": {"values": [{"value": "Growth", "own_model": {"answer": "yes"}}]}}}}
    found = line_cards(run.opened, run.learned.training, run.learned.results, main, segments, run.learned.as_of)
    (growth,) = [v for v in found.report if v["value"] == "Growth"]
    assert growth["points"] == "own"
    assert growth["kind"] == "win"
    card = found.cards["Growth"]
    assert sum(b.rows for b in card.attributes[0].bins) == growth["deals"]


def test_no_lines_where_none_are_asked_for(small_company: Any, main: Drawn) -> None:
    run = small_company
    config = run.opened.config
    silent = replace(run.opened, config=config.model_copy(update={"scorecard": config.scorecard.model_copy(update={"lines": None})}))
    assert line_cards(silent, run.learned.training, run.learned.results, main, {}, run.learned.as_of).report == ()
