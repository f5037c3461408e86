"""The benchmark of cards: own cards are the product's, peers answer for the rows they are given, and the page says who is ahead by rule."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
CONTESTANTS = ["logistic_few", "optbinning"]


@pytest.fixture(scope="module")
def module() -> Any:
    """Modules of benchmarks/ by name, which is no package of ours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("contest")


@pytest.fixture(scope="module")
def made(module: Any, workspace: Path) -> Any:
    """500 rows of the set with an interaction."""
    made = module("scorecard_contestants.sets").prepared("and_gate", workspace, None, rows=500, accounts=0, trials=1)
    return replace(made, settings=made.settings.model_copy(update={"permutations": 199, "bootstrap": 50}))


@pytest.fixture(scope="module")
def contested(module: Any, made: Any) -> Any:
    """Own answers and those of the peers that need nothing beside what icpfit itself needs."""
    return module("scorecard").contest(made, CONTESTANTS, sys.executable)


def test_everyone_answers_for_every_row_tested_and_one_that_is_not_installed_is_named(contested: Any, made: Any) -> None:
    results = contested["results"]
    assert results["optbinning"] == {"failed": "not installed (make bench-scorecard installs it beside)"}
    for name in ("ours", "plain", "additive_card", "additive", "model", "logistic_few"):
        assert 0.55 < results[name]["auc"] < 0.95, name
        assert results[name]["cells"] >= results[name]["attributes"] > 0, name
        answer = pd.read_parquet(made.folder / f"{name}.parquet")
        assert sorted(answer["row"]) == list(range(500)), "five groups, and each row is tested once"
    assert (results["ours"]["auc_more"], results["ours"]["auc_more_se"]) == (0, 0)
    assert results["logistic_few"]["attributes"] <= 12
    assert results["ours"]["attributes"] <= 12


def test_a_card_of_the_contest_gives_the_points_that_the_card_of_the_fold_gives(contested: Any, made: Any, module: Any) -> None:
    """What is scored are whole points between 0 and 100, of which the bins' and the rules' sum is made."""
    points = pd.read_parquet(made.folder / "ours.parquet")["score"].to_numpy()
    assert (points == points.round()).all()
    assert 0 <= points.min() < points.max() <= 100
    assert contested["results"]["plain"]["rules"] == 0


def test_answers_are_kept_and_asked_again_only_where_what_was_asked_has_changed(contested: Any, made: Any, module: Any) -> None:
    scorecard = module("scorecard")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scorecard, "answers", lambda _: pytest.fail("the kept answers serve"))
        patch.setattr(scorecard, "run_peer", lambda *_: {"failed": "asked again"})
        again = scorecard.contest(made, CONTESTANTS, sys.executable)["results"]
        assert again["ours"] == contested["results"]["ours"]
        assert again["logistic_few"] == contested["results"]["logistic_few"]
        assert again["optbinning"] == {"failed": "asked again"}
        patch.setattr(scorecard, "code_of", lambda *_: "other code")
        patch.setattr(scorecard, "own_figures", lambda *_: {n: dict(contested["results"][n]) for n in scorecard.OWN})
        assert scorecard.contest(made, CONTESTANTS, sys.executable)["results"]["logistic_few"] == {"failed": "asked again"}


def test_yes_no_columns_know_of_the_tested_rows_only_what_training_rows_teach(module: Any) -> None:
    peers = module("scorecard_contestants.peers")
    X = pd.DataFrame({"n": [1.0, 2.0, 3.0, np.nan, 9.0, np.nan], "t": ["a", "a", "b", None, "new", "b"]})
    fold = module("model_contestants.peers").Fold("f", np.arange(4), np.array([0.0, 1.0, 0.0, 1.0]), np.array([4, 5]), None)
    task = module("model_contestants.peers").Task(X, np.arange(6), [fold], [], 1, 0.0)
    train, test, of = peers.binarised(task, fold)
    assert of.tolist() == [0, 0, 0, 1, 1, 1]
    assert train.T.tolist() == [[0, 0, 0, 1], [1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 1], [1, 1, 0, 0], [0, 0, 1, 0]]
    assert test.T.tolist() == [[0, 1], [0, 0], [0, 0], [0, 0], [0, 0], [0, 1]]


def test_the_page_says_who_is_ahead_and_whether_the_model_is_too(module: Any, contested: Any) -> None:
    page = module("scorecard_contestants.page")
    results = {n: dict(r) for n, r in contested["results"].items()}
    found = {"about": contested["about"], "results": results}
    results["optbinning"] = {"failed": "not installed"}
    results["logistic_few"] |= {"auc_more": 0.019, "auc_more_se": 0.01}
    text = page.document({"and_gate": found}, "Python", {"command": "c", "trials": 1})
    assert "**Verdict**: below no peer beyond the noise, of equal size or larger." in text
    assert "* not measured: AND-gate: optbinning, 12 by IV: not installed" in text
    assert "* Peers of equal size: of 1 comparison, icpfit's card is better beyond the noise in 0, worse in 0, and level in 1." in text
    results["logistic_few"] |= {"auc_more": 0.021, "auc": 0.8}
    results["model"]["auc"] = 0.81
    text = page.document({"and_gate": found}, "Python", {"command": "c", "trials": 1})
    assert (
        "**Verdict**: below logistic regression, 12 attributes (of equal size; +0.0210 ± 0.0100; the model is above it: the loss is the"
        in text
    )
    assert "0.800 (+0.021 ± 0.010) †" in text
    results["model"]["auc"] = 0.79
    assert "the model is below it too)" in page.document({"and_gate": found}, "Python", {"command": "c", "trials": 1})


@pytest.mark.parametrize("name", ["logistic", "logistic_few"])
def test_a_peer_tells_its_figures_in_one_line_and_counts_what_is_to_be_read(
    module: Any, made: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """13 attributes, of which the text has four values: 12 + 4 coefficients, or those of at most 12 attributes."""
    peers = module("scorecard_contestants.peers")
    task = module("model_contestants.peers").read(made.folder, 1, 0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["peers", name, str(made.folder)])
        patch.setattr(peers, "read", lambda *_, **__: replace(task, folds=task.folds[:1]))
        peers.main()
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"seconds", "cells", "attributes", "version"}
    if name == "logistic":
        assert (told["cells"], told["attributes"]) == (16, 13)
    else:
        assert told["attributes"] <= 12
        assert told["cells"] <= 15
