"""Past deals by the cards of their own time: counted within their quarters, and what is not judged is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from icpfit.config import GateSettings
from icpfit.gates.past import Past, retrospective_recall, reverse_validation

SETTINGS = GateSettings()


def deals(*rows, **more):
    """``rows``: (how many, period, points, tier, won, stayed)"""
    counts = [r[0] for r in rows]
    texts = [np.repeat(np.array([r[i] for r in rows], dtype=object), counts) for i in (1, 3)]
    points, won, stayed = (np.repeat(np.array([r[i] for r in rows], dtype=float), counts) for i in (2, 4, 5))
    return Past(texts[0], points, texts[1], won, stayed, **more)


NO = float("nan")


def test_wins_are_counted_above_each_line_in_all_and_by_quarter():
    past = deals(
        (10, "2024Q4", 90, "A", 1, NO),
        (10, "2024Q4", 10, "D", 1, NO),
        (99, "2024Q4", 10, "D", 0, NO),
        (15, "2025Q1", 60, "B", 1, NO),
        (5, "2025Q1", 30, "C", 1, NO),
        wins=47,
    )
    gate = retrospective_recall(past, SETTINGS)
    assert gate.answer == "passed"
    assert gate.numbers["above"] == {"A": 0.25, "B": 0.625, "C": 0.75}
    assert gate.numbers["by_period"] == {
        "2024Q4": {"wins": 20, "above": {"A": 0.5, "B": 0.5, "C": 0.5}},
        "2025Q1": {"wins": 20, "above": {"A": 0.0, "B": 0.75, "C": 1.0}},
    }
    assert (gate.numbers["wins"], gate.numbers["below"], gate.numbers["not_judged"]) == (40, 10, 7)
    assert gate.words == (
        "40 past wins, scored by the card that was made before each of them was created: 25% A, 62% A or B, 75% A to C;"
        " 10 (25%) fall into tier D, and more than 50% would mean that the weights are off;"
        " 7 more wins are not judged: only those of 2024Q4 to 2025Q1 are tested"
    )


def test_customers_are_compared_within_their_quarter():
    """A card of another quarter may count higher: that says nothing of who stays."""
    past = deals(
        (30, "2024Q3", 50, "B", 1, 1),
        (10, "2024Q3", 40, "C", 1, 0),
        (10, "2024Q4", 90, "A", 1, 1),
        (30, "2024Q4", 80, "A", 1, 0),
        (25, "2025Q1", 20, "D", 1, 1),
        customers=110,
    )
    gate = reverse_validation(past, SETTINGS)
    assert gate.numbers["gap"] == pytest.approx(10.0)
    assert (gate.numbers["mean_kept"], gate.numbers["mean_churned"]) == (pytest.approx(70.0), pytest.approx(60.0))
    assert (gate.numbers["kept"], gate.numbers["churned"], gate.numbers["not_judged"]) == (40, 40, 30)
    shifted = replace(past, points=past.points + np.where(past.period == "2024Q4", -60.0, 0.0))
    assert reverse_validation(shifted, SETTINGS).numbers["gap"] == pytest.approx(10.0)
    assert gate.words == (
        "40 customers who stayed have 70.0 points, 40 who left 60.0, scored by the card that was made before each of their deals was"
        " created; 30 more customers are not judged: only those of 2024Q3 to 2024Q4 are compared"
    )


def test_a_quarter_weighs_as_much_as_its_two_means_can_be_trusted():
    """The variance of a difference of means is 1 / kept + 1 / left, so these quarters weigh 50 and 1."""
    past = deals(
        (100, "2024Q3", 60, "B", 1, 1),
        (100, "2024Q3", 50, "B", 1, 0),
        (2, "2024Q4", 10, "D", 1, 1),
        (2, "2024Q4", 100, "A", 1, 0),
        customers=204,
    )
    assert reverse_validation(past, SETTINGS).numbers["gap"] == pytest.approx((50 * 10 + 1 * -90) / 51)


def test_the_gates_pass_at_their_very_lines_and_not_beyond():
    settings = GateSettings(min_reverse_gap=10, max_wins_below_line=0.5)

    def past(below, kept):
        return deals((40 - below, "2025Q1", kept, "A", 1, 1), (below, "2025Q1", 40, "D", 1, 0), wins=40, customers=40)

    assert [retrospective_recall(past(below, 50), settings).answer for below in (20, 21)] == ["passed", "failed"]
    assert [reverse_validation(past(20, kept), settings).answer for kept in (50, 49)] == ["passed", "failed"]


def test_what_the_cards_knew_is_said():
    past = deals((30, "group 1", 50, "B", 1, 1), (30, "group 1", 40, "C", 1, 0), wins=60, customers=60)
    apart = replace(past, earlier=False)
    for gate in (retrospective_recall, reverse_validation):
        assert "from other accounts alone" in gate(apart, SETTINGS).words
        assert "before" not in gate(apart, SETTINGS).words
        assert "not judged" not in gate(apart, SETTINGS).words
        assert "its part on staying, which knew later customers" in gate(replace(past, foresight=True), SETTINGS).words
        assert "later customers" not in gate(past, SETTINGS).words


def test_what_is_known_of_the_strongest_customers_stands_beside_the_answer_and_does_not_change_it():
    past = deals((30, "2025Q1", 50, "B", 1, 1), (30, "2025Q1", 40, "C", 1, 0), customers=60)
    told = replace(past, overlap={"verdict": "the profile looks like those who leave", "auc": 0.2})
    plain, beside = (reverse_validation(p, SETTINGS) for p in (past, told))
    assert beside.numbers == {**plain.numbers, "overlap": told.overlap}
    assert (beside.answer, beside.words) == (plain.answer, plain.words)


def test_nothing_read_cannot_tell():
    gates = [gate(Past(wins=300, customers=200), SETTINGS) for gate in (retrospective_recall, reverse_validation)]
    assert [g.answer for g in gates] == ["cannot tell", "cannot tell"]
    assert "300 more wins are not judged" in gates[0].words
    assert gates[1].words.endswith("; 200 more customers are not judged: none is compared")


def test_a_past_that_does_not_fit_together_cannot_be_made():
    with pytest.raises(ValueError, match="each past deal has a period"):
        Past(points=np.ones(3))
