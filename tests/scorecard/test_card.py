from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from icpfit.errors import ScorecardError
from icpfit.scorecard.card import Attribute, Bin, Disqualification, Scorecard


def test_a_value_on_an_edge_belongs_above_it_and_infinities_to_the_ends(small_card: Scorecard) -> None:
    edges = pd.DataFrame({"employees": [-np.inf, np.nextafter(50, 0), 50.0, np.nextafter(120, 0), 120.0, np.inf, np.nan]})
    assert small_card.score(edges)["points_firmographic"].tolist() == [0, 0, 60, 60, 20, 20, 10]


def test_a_number_that_stands_as_text_is_read_as_a_number(small_card: Scorecard) -> None:
    texts = ["49", "50.0", " 1e2 ", "+119", "120", "inf", "many", "", None, "nan", "1,000"]
    scored = small_card.score(pd.DataFrame({"employees": texts}))
    assert scored["points_firmographic"].tolist() == [0, 60, 60, 60, 20, 20, 10, 10, 10, 10, 10]


def test_a_text_that_no_bin_names_is_other_and_nothing_is_unknown(small_card: Scorecard) -> None:
    frame = pd.DataFrame({"country": ["US", "D'E", "mars", None, "", np.nan]}, dtype=object)
    unknown_size = 10
    assert (small_card.score(frame)["points"] - unknown_size).tolist() == [40, 5, 0, 7, 7, 7]


def test_a_missing_column_is_unknown_and_the_index_is_kept(small_card: Scorecard) -> None:
    scored = small_card.score(pd.DataFrame(index=["x", "y"]))
    assert scored.index.tolist() == ["x", "y"]
    assert scored["points"].tolist() == [17, 17]
    assert scored["disqualified"].tolist() == ["", ""]


def test_a_feature_is_not_a_number_and_a_yes_or_no(small_card: Scorecard) -> None:
    out = Disqualification("employees", 1.0, "any", 1, None, None, is_flag=True)
    with pytest.raises(ScorecardError, match="employees: a feature is a number or a yes/no, not both"):
        replace(small_card, disqualifiers=(out,))


def test_tiers_follow_points_and_a_disqualifier_forces_d(small_card: Scorecard) -> None:
    frame = pd.DataFrame({"employees": [60.0] * 4, "country": ["US", "mars", "US", "US"], "free_mail": [0.0, 0.0, 1.0, np.nan]})
    scored = small_card.score(frame)
    assert scored["points"].tolist() == [100, 60, 100, 100]
    assert scored["tier"].tolist() == ["A", "B", "D", "A"]
    assert scored["disqualified"].tolist() == ["", "", "it's free mail", ""]


def test_layers_add_up_to_the_points(small_card: Scorecard, make_features: Callable[[int], pd.DataFrame]) -> None:
    scored = small_card.score(make_features(500))
    assert (scored.filter(like="points_").sum(axis=1) == scored["points"]).all()
    assert scored["points"].between(0, 100).all()


def test_more_points_are_a_higher_chance(small_card: Scorecard) -> None:
    chance = small_card.probability(np.arange(101))
    assert (np.diff(chance) > 0).all()


def _attribute(*bins: Bin, kind: str = "number", monotone: str | None = None) -> Attribute:
    return Attribute("x", "X", "intent", kind, "", "", bins, 1.0, (), monotone)  # type: ignore[arg-type]


UNKNOWN = Bin("unknown", 0, 0, 0, 0, None, unknown=True)


@pytest.mark.parametrize(
    ("bins", "kind", "words"),
    [
        ([Bin("a", 1, 0, 0, 0, None)], "number", "unknown"),
        ([UNKNOWN], "number", "beside"),
        ([Bin("a", 1, 0, 0, 0, None, high=5), Bin("b", 1, 0, 0, 0, None, low=6), UNKNOWN], "number", "minus to plus"),
        ([Bin("a", 1, 0, 0, 0, None, low=5), UNKNOWN], "number", "minus to plus"),
        ([Bin("a", -1, 0, 0, 0, None), UNKNOWN], "number", "negative"),
        ([Bin("a", 1, 0, 0, 0, None, values=("p", "q")), Bin("b", 1, 0, 0, 0, None, values=("q",)), UNKNOWN], "category", "two bins"),
    ],
)
def test_an_attribute_that_does_not_take_each_value_once_cannot_exist(bins: list[Bin], kind: str, words: str) -> None:
    with pytest.raises(ScorecardError, match=words):
        _attribute(*bins, kind=kind)


def test_points_against_the_declared_direction_cannot_exist() -> None:
    bins = (Bin("a", 3, 0, 0, 0, None, high=5), Bin("b", 1, 0, 0, 0, None, low=5), UNKNOWN)
    with pytest.raises(ScorecardError, match="increasing"):
        _attribute(*bins, monotone="increasing")
    assert _attribute(*bins, monotone="decreasing").max_points == 3


def test_a_card_that_does_not_hold_together_cannot_exist(small_card: Scorecard) -> None:
    with pytest.raises(ScorecardError, match="sum to 100, got 60"):
        replace(small_card, attributes=small_card.attributes[:1])
    with pytest.raises(ScorecardError, match="falling"):
        replace(small_card, tiers=small_card.tiers[::-1])
    with pytest.raises(ScorecardError, match="higher chance"):
        replace(small_card, platt_slope=0.0)
