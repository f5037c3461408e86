"""Levels follow the rarer outcome; the rate is never 0 or 1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from icpfit.models.evidence import shrunken_rate, weigh_evidence


@pytest.mark.parametrize(
    ("rarer", "level"),
    [
        (0, "patterns only"),
        (19, "patterns only"),
        (20, "hypotheses"),
        (49, "hypotheses"),
        (50, "indicative"),
        (99, "indicative"),
        (100, "established"),
    ],
)
def test_levels_change_at_their_edges_whichever_outcome_is_rare(rarer: int, level: str) -> None:
    assert weigh_evidence(rarer, 5_000).level == level
    assert weigh_evidence(5_000, rarer).level == level


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        weigh_evidence(-1, 5)


@given(rows=st.integers(0, 500), data=st.data())
def test_the_rate_lies_inside_its_interval_and_off_the_ends(rows: int, data: st.DataObject) -> None:
    positives = data.draw(st.integers(0, rows))
    rate, low, high = shrunken_rate(positives, rows)
    assert 0 < low < rate < high < 1


def test_the_interval_holds_the_true_rate_nine_times_in_ten() -> None:
    truth, rows = 0.27, 60
    inside = sum(
        float(binom.pmf(k, rows, truth)) for k in range(rows + 1) if shrunken_rate(k, rows)[1] <= truth <= shrunken_rate(k, rows)[2]
    )
    assert inside == pytest.approx(0.9, abs=0.03)
