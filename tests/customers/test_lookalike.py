"""The critical question, on companies where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from icpfit.customers.lookalike import Likeness, compare_fit


def company(seed: int, way: float, sizes: tuple[int, int, int] = (100, 200, 600), lead: float = 1.5) -> Likeness:
    """Best customers fit better than other losses by ``lead`` spreads; those lost to competitors stand so far on the ``way``."""
    rng = np.random.default_rng(seed)
    group = np.repeat([0, 1, 2], sizes)
    fit = rng.normal(np.choose(group, [lead, way * lead, 0.0]))
    names = np.array([f"A{i}" for i in range(len(fit))], dtype=object)
    return compare_fit(fit, group, rng.integers(0, 3, len(fit)), names, seed)


@pytest.mark.parametrize(("way", "answer"), [(1.0, "yes"), (0.0, "no")])
def test_a_plain_case_is_answered(way: float, answer: str) -> None:
    for seed in range(5):
        got = company(seed, way)
        assert got.answer == answer
        assert got.words.startswith(f"{answer}: a best customer has the better fit in ")
        assert got.numbers["way"][0] == pytest.approx(way, abs=0.25)
    assert ("work on positioning and product" in got.words) == (answer == "yes")


def test_half_way_cannot_be_told_and_little_data_says_how_much_is_missing() -> None:
    # 0.57 of the way between the means is half of the way in pairs
    assert sum(company(seed, 0.57).answer == "cannot tell" for seed in range(8)) >= 6
    few = company(1, 0.9, sizes=(19, 200, 600))
    assert few.answer == "cannot tell"
    assert few.words.startswith("19 best customers have a fit told by a model that had not learned from them, and 20 are needed")
    short = [company(seed, 0.85, sizes=(25, 30, 60), lead=1.0) for seed in range(8)]
    told = [s for s in short if "needed" in s.numbers]
    assert told
    assert all(s.numbers["needed"] >= 1 for s in told)


def test_a_score_that_tells_nothing_gives_no_answer() -> None:
    for seed in range(10):
        got = company(seed, 0.0, lead=0.0)
        assert got.answer == "cannot tell" or got.numbers["best_over_other"][1] > 0.5


def test_without_a_difference_a_yes_is_rare() -> None:
    """Competitor losses are drawn like all others: the answer must not be yes."""
    assert sum(company(seed, 0.0, sizes=(30, 60, 200)).answer == "yes" for seed in range(30)) == 0


def test_only_deals_of_one_model_are_compared() -> None:
    """One model's scores lie higher than the other's: nothing of that may count."""
    rng = np.random.default_rng(1)
    group, model = np.repeat([0, 1, 2], [100, 200, 600]), rng.integers(0, 2, 900)
    fit = rng.normal(np.choose(group, [1.5, 1.5, 0.0]))
    names = np.array([f"A{i}" for i in range(900)], dtype=object)
    plain = compare_fit(fit, group, model, names, 1).numbers
    moved = compare_fit(fit + 50.0 * model, group, model, names, 1).numbers
    assert moved == plain


def test_repeated_accounts_widen_the_interval_and_names_do_not_matter() -> None:
    rng = np.random.default_rng(2)
    group = np.repeat([0, 1, 2], [60, 120, 300])
    fit = np.round(rng.normal(np.choose(group, [1.5, 0.8, 0.0])), 6)
    model = np.zeros(480, dtype=np.int64)
    alone = np.array([f"A{i}" for i in range(480)], dtype=object)
    once = compare_fit(fit, group, model, alone, 1).numbers["way"]
    again = compare_fit(fit, group, model, np.array([f"zz{i}" for i in range(480)], dtype=object), 1).numbers["way"]
    thrice = compare_fit(np.repeat(fit, 3), np.repeat(group, 3), np.repeat(model, 3), np.repeat(alone, 3), 1).numbers["way"]
    assert again == once
    assert thrice[0] == pytest.approx(once[0])
    assert thrice[2] - thrice[1] == pytest.approx(once[2] - once[1], rel=0.25), "the same deals written down three times tell no more"
