"""What the configuration may ask of a feature, by what the feature is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icpfit.config import Disqualifier, FeatureSpec, Kind
from icpfit.errors import ConfigError
from icpfit.scorecard.disqualify import check_disqualifiers, disqualified


def spec(kind: Kind) -> FeatureSpec:
    return FeatureSpec(name="employees", label="Employees", layer="firmographic", aggregate="value", table="accounts", kind=kind)


@pytest.mark.parametrize(
    ("kind", "texts", "what", "hint"),
    [
        ("number", ("10",), "'employees' is a number", "in place of is_one_of say at_least: 10, or below: 10"),
        ("number", ("many", "5.50"), "'employees' is a number", "in place of is_one_of say at_least: 5.5, or below: 5.5"),
        ("flag", ("yes",), "'employees' is a yes/no", "in place of is_one_of say at_least: 1, or below: 1"),
    ],
)
def test_texts_of_a_number_are_answered_with_what_to_say_of_a_number(kind: Kind, texts: tuple[str, ...], what: str, hint: str) -> None:
    rule = Disqualifier(feature="employees", is_one_of=texts, reason="too small")
    with pytest.raises(ConfigError, match=rf"scorecard\.disqualifiers\.0: {what}, and is_one_of names texts") as told:
        check_disqualifiers([rule], [spec(kind)])
    assert told.value.hint == hint
    check_disqualifiers([rule], [spec("category")])


def test_a_yes_that_stands_as_text_takes_out_where_the_feature_is_a_yes_or_no() -> None:
    """Of a number it is a text that says nothing."""
    features = pd.DataFrame({"employees": ["Yes", "n", "1", None]}, dtype=object)
    rule = Disqualifier(feature="employees", at_least=1, reason="any")
    for kind, taken in (("flag", [True, False, True, False]), ("number", [False, False, True, False])):
        (told,), out = disqualified([rule], [spec(kind)], features, np.array([0.0, 1.0, 1.0, 0.0]))
        assert out.tolist() == taken
        assert (told.is_flag, told.rows) == (kind == "flag", sum(taken))
