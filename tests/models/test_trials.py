"""A search that was cut off goes on behind its last whole batch, to the same end; and with no trial that is not its own."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from icpfit.config import TrainingSettings
from icpfit.models.booster import Recipe
from icpfit.models.borrowed import NOTHING, Borrowed, Lending
from icpfit.models.fit import fit_outcome
from icpfit.models.folds import Fold, plan_folds
from icpfit.models.matrix import Matrix, build_matrix
from icpfit.models.stumps import Stump
from icpfit.models.trials import Tried, search_name
from icpfit.models.tuning import Tuned, tune
from icpfit.progress import Counted

TRIALS = 5
SETTINGS = TrainingSettings(test_quarters=5, trials=TRIALS)


class Kept:
    """A log in memory; what goes in comes out as JSON would give it back."""

    def __init__(self, *batches: Any) -> None:
        self.batches: list[Any] = list(batches)
        self.given = len(batches)
        self.told: list[str] = []

    def read(self, search: str) -> list[Any]:
        return list(self.batches)

    def write(self, search: str, batch: Any) -> None:
        self.batches.append(json.loads(json.dumps(batch)))

    def forget(self, search: str, why: str) -> None:
        self.batches.clear()
        self.told.append(why)


@pytest.fixture(scope="module")
def matrix(planted: Callable[..., Any]) -> Matrix:
    return build_matrix(planted(n=800, seed=11, windows=0, junk=0, strength=1.5, years=3).training, frozenset())[0]


@pytest.fixture(scope="module")
def folds(matrix: Matrix) -> tuple[Fold, ...]:
    plan = plan_folds(matrix, SETTINGS)
    assert plan is not None
    assert len(plan.tuning) >= 2
    return plan.tuning


@pytest.fixture(scope="module")
def search(matrix: Matrix, folds: tuple[Fold, ...]) -> Callable[..., Tuned]:
    def run(log: Kept, **changes: Any) -> Tuned:
        asked = {"rows": 450, "trials": TRIALS, "minutes": None, "seed": 7, "threads": 1, "max_rows": 20_000, **changes}
        return tune(matrix, folds, log=log, **asked)

    return run


@pytest.fixture(scope="module")
def whole(search: Callable[..., Tuned]) -> tuple[Tuned, list[Any]]:
    log = Kept()
    return search(log), log.batches


def test_every_batch_is_kept_and_they_are_all_of_the_trials(whole: tuple[Tuned, list[Any]]) -> None:
    tuned, batches = whole
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert {t["state"] for t in tuned.trials} == {"finished", "pruned"}, "both must come back"
    assert tuned.tuning.complete
    assert tuned.tuning.done == tuned.tuning.asked == TRIALS


def test_cut_off_behind_any_batch_it_comes_to_the_same_end(search: Callable[..., Tuned], whole: tuple[Tuned, list[Any]]) -> None:
    tuned, batches = whole
    for cut in range(1, len(batches) + 1):
        log, heard = Kept(*batches[:cut]), []
        assert search(log, threads=2, progress=heard.append) == tuned
        assert log.batches == batches
        done = min(2 * cut, TRIALS)
        assert heard[:2] == [f"win: resuming: {done} of {TRIALS} trials were done", f"win: tuning: {done} of {TRIALS} trials"]
        assert all(isinstance(words, Counted) for words in heard[1:])


def test_trials_that_are_not_those_that_are_due_are_told_and_not_used(search: Callable[..., Tuned], whole: tuple[Tuned, list[Any]]) -> None:
    tuned, batches = whole
    for batch, why in (
        ([batches[1]], "of another recipe"),
        ([*batches, batches[0]], "more or fewer trials"),
    ):
        log = Kept(*batch)
        assert search(log) == tuned
        assert len(log.told) == 1
        assert why in log.told[0]
        assert log.batches == batches


def test_a_trial_comes_back_to_the_bit_or_not_at_all(folds: tuple[Fold, ...], whole: tuple[Tuned, list[Any]]) -> None:
    values = whole[1][0][0]
    recipe = Recipe(**values["recipe"])
    back = Tried.from_values(values, dataclasses.replace(recipe, rounds=400), folds)
    assert json.loads(json.dumps(back.values())) == values
    losses = values["losses"]
    for change, why in (
        ({"recipe": {**values["recipe"], "max_depth": 3}}, "another recipe"),
        ({"losses": [losses[0][:-1], *losses[1:]]}, "test rows"),
        ({"losses": losses[:-1]}, "test rows"),
        ({"losses": [[float("nan")] * len(part) for part in losses]}, "no number"),
        ({"losses": "none"}, "not what icpfit wrote"),
        ({"recipe": {"depth": 1}}, "not what icpfit wrote"),
    ):
        with pytest.raises(ValueError, match=why):
            Tried.from_values({**values, **change}, dataclasses.replace(recipe, rounds=400), folds)


def test_a_limit_in_minutes_ends_at_the_edge_of_a_batch_and_gives_up_the_same_bytes(
    search: Callable[..., Tuned], whole: tuple[Tuned, list[Any]]
) -> None:
    log = Kept()
    cut = search(log, minutes=1e-9)
    assert (cut.tuning.done, cut.tuning.asked, cut.tuning.complete) == (2, TRIALS, False)
    assert "limit of 1e-09 minutes" in cut.tuning.words
    assert cut.trials[0]["fold_losses"] == whole[0].trials[0]["fold_losses"]
    # the trials that it did are no others: run again without the limit it comes to the common end
    assert search(log) == whole[0]


def test_models_of_many_more_rows_than_were_tried_get_more_trees_and_the_record_says_so(
    search: Callable[..., Tuned], whole: tuple[Tuned, list[Any]], folds: tuple[Fold, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def chosen(tuned: Tuned) -> Any:
        (one,) = [t for t in tuned.trials if t["chosen"]]
        assert one["rounds_taken"] == tuned.recipe.rounds
        assert {t["rounds_taken"] for t in tuned.trials if not t["chosen"]} == {None}
        return one

    assert chosen(whole[0])["rounds_taken"] == chosen(whole[0])["parameters"]["rounds"], "450 rows are not many"
    heard: list[tuple[int, int]] = []
    monkeypatch.setattr("icpfit.models.tuning.rounds_for", lambda rows, learned, rounds: heard.append((rows, learned)) or rounds + 7)
    few = chosen(search(Kept(), rows=4_999, trials=2))
    assert few["rounds_taken"] == few["parameters"]["rounds"]
    many = chosen(search(Kept(), rows=5_000, trials=2))
    assert many["rounds_taken"] == many["parameters"]["rounds"] + 7
    assert heard == [(5_000, int(np.median([len(f.train) for f in folds])))]
    # trees that stand on a model that is lent are as few as may be
    lent = Borrowed((Stump(0, 1.5, None, False, True, 0.25, -0.25),))
    borrowing = chosen(search(Kept(), rows=5_000, trials=2, lending=Lending({f.name: lent for f in folds}, lent)))
    assert borrowing["rounds_taken"] == borrowing["parameters"]["rounds"]


def test_a_search_bears_another_name_as_soon_as_anything_that_decides_a_trial_is_another(
    planted: Callable[..., Any], shuffled: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    training = planted(n=400, seed=1, windows=0, junk=0).training

    def matrix_of(changed: Any = training, refused: frozenset[str] = frozenset()) -> Matrix:
        return build_matrix(changed, refused)[0]

    def name(matrix: Matrix, folds: int = 2, lending: Lending = NOTHING, **changes: int) -> str:
        plan = plan_folds(matrix, SETTINGS)
        assert plan is not None
        return search_name(matrix, plan.backtest[:folds], lending, **{"seed": 7, "trials": 6, **changes})

    first = name(matrix_of())
    assert first.startswith("win-")
    assert name(matrix_of(shuffled(training, np.random.default_rng(0).permutation(400)))) == first, "the order of rows decides nothing"
    turned = training.frame.assign(label=1 - training.frame["label"])
    nudged = training.frame.assign(revenue=training.frame["revenue"] + np.r_[1.0, np.zeros(399)])
    others = [
        name(matrix_of(), seed=8),
        name(matrix_of(), trials=7),
        name(matrix_of(), folds=3),
        name(matrix_of(), lending=Lending({}, Borrowed((Stump(0, 1.5, None, False, True, 0.25, -0.25),)))),
        name(matrix_of(refused=frozenset({"users_30d"}))),
        name(matrix_of(dataclasses.replace(training, fingerprint="another"))),
        name(matrix_of(dataclasses.replace(training, frame=nudged))),
        name(matrix_of(dataclasses.replace(training, frame=turned, labels_at=lambda at: 1 - training.labels_at(at)))),
    ]
    monkeypatch.setattr("icpfit.models.trials.code_version", lambda: "0+another")
    others.append(name(matrix_of()))
    assert len({first, *others}) == 1 + len(others)


@pytest.mark.verify
def test_the_standard_budget_on_5000_deals_and_60_attributes_ends_within_three_minutes(planted: Callable[..., Any]) -> None:
    """All of an outcome, tuning among it, with two threads; on a machine that is busy with other things it may fail."""
    training = planted(n=5_000, seed=0, windows=8, junk=10).training
    assert len(training.specs) == 60
    began = time.monotonic()
    found = fit_outcome(training, TrainingSettings(), threads=2)
    assert len(found.trials) == 24
    assert time.monotonic() - began < 180
