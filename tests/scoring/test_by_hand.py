"""What is shown as scored by hand is what the card gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpfit.config import FeatureSpec
from icpfit.scorecard.binning import ranges
from icpfit.scorecard.card import Bin
from icpfit.scorecard.lookup import bin_index
from icpfit.scoring.by_hand import by_hand, typical
from icpfit.scoring.reasons import said_of


@pytest.fixture(scope="module")
def scored(small_company: Any) -> tuple[Any, pd.DataFrame, dict[str, Any]]:
    card, data = small_company.learned.card, small_company.learned.training["win"]
    return card, data.features, {s.name: s for s in data.specs}


def test_the_lines_add_up_to_the_points_and_each_stands_on_the_card(scored: Any) -> None:
    card, features, specs = scored
    for i in range(0, len(features), 29):
        row = features.iloc[[i]]
        found = by_hand(card, row, specs)
        assert sum(line["points"] for line in found["lines"]) == found["points"] == card.score(row)["points"].iloc[0]
        assert len(found["lines"]) == len(card.parts)
        for line in found["lines"]:
            attribute = next(a for a in card.attributes if a.label == line["asked"])
            cells = {("not known" if b.unknown else b.label): b.points for b in attribute.bins}
            assert cells[line["line"]] == line["points"]
            assert (line["value"] == "unknown") == (line["line"] == "not known")


@given(
    edges=st.lists(st.floats(0.001, 2_000), min_size=1, max_size=4, unique=True).map(sorted),
    value=st.floats(-5, 3_000),
    near=st.floats(-0.05, 0.05),
)
def test_a_value_as_it_is_said_falls_into_its_own_line(edges: list[float], value: float, near: float) -> None:
    spec = FeatureSpec(name="n", label="N", layer="intent", unit="EUR", table="t", aggregate="value")
    bins = (*ranges(spec, edges, np.array([0.5])), Bin("unknown", 0, 0.0, 0.0, 0, None, unknown=True))
    for v in (value, edges[0] + near, edges[0], float(np.nextafter(edges[0], -1))):
        place = int(bin_index("number", bins, pd.Series([v]))[0])
        read = float(said_of(spec, v, bins[place].low).replace(",", ""))
        assert int(bin_index("number", bins, pd.Series([read]))[0]) == place


def test_the_account_is_shown_with_the_digits_that_its_line_asks_for(scored: Any) -> None:
    """Cut to as many as people say, it would stand in the line below."""
    card, features, specs = scored
    asked = next(a for a in card.attributes if a.kind == "number" and a.bins[0].high is not None)
    edge = round(asked.bins[0].high) + 0.98
    moved = replace(asked, bins=(replace(asked.bins[0], high=edge), replace(asked.bins[1], low=edge), *asked.bins[2:]))
    whole = replace(card, attributes=tuple(moved if a is asked else a for a in card.attributes))
    found = by_hand(whole, features.iloc[[0]].assign(**{asked.name: edge}), specs)
    (line,) = (line for line in found["lines"] if line["asked"] == asked.label)
    assert float(line["value"].replace(",", "")) == edge
    assert line["points"] == moved.bins[1].points


def test_the_typical_account_is_in_the_middle_of_its_tier(scored: Any) -> None:
    card, features, specs = scored
    place = typical(card, features)
    assert place is not None
    found = by_hand(card, features.iloc[[place]], specs)
    assert (found["tier"], found["disqualified"]) == ("B", "")
    inside = card.score(features).query("tier == 'B' and disqualified == ''")["points"]
    known = features[[a.name for a in card.attributes]].notna().sum(axis=1)
    assert known.iloc[place] == known[inside.index].max()
    assert abs(found["points"] - inside.median()) <= (inside - inside.median()).abs().max()
    assert found["chance"] == round(float(card.probability(np.array([found["points"]]))[0]), 6)


def test_a_disqualified_account_says_why_and_an_empty_tier_shows_nobody(scored: Any) -> None:
    card, features, specs = scored
    out = card.score(features)["disqualified"].to_numpy() != ""
    found = by_hand(card, features[out].iloc[[0]], specs)
    assert found["tier"] == "D"
    assert found["disqualified"]
    assert typical(card, features[out]) is None


def test_nothing_known_is_scored_too(scored: Any) -> None:
    card, features, specs = scored
    blank = features.iloc[[0]].copy()
    blank[:] = np.nan
    found = by_hand(card, blank, specs)
    assert {line["line"] for line in found["lines"]} == {"not known"}
    assert found["points"] == sum(next(b for b in a.bins if b.unknown).points for a in card.attributes)
