"""The benchmark of models: peers answer for the rows they are given, all are scored alike, and the page says who is ahead by rule."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def module() -> Any:
    """Modules of benchmarks/ by name, which is no package of ours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 rows in two folds and one to tune on; what tells is a number with gaps and a text that the training rows hold in part."""
    place = tmp_path_factory.mktemp("set")
    rng = np.random.default_rng(1)
    users = np.where(rng.random(600) < 0.1, np.nan, rng.normal(size=600))
    region = np.where(rng.random(600) < 0.1, None, rng.choice(["EU", "US", "APAC"], 600).astype(object))
    region[550:] = "new"
    label = (rng.random(600) < 1 / (1 + np.exp(-2 * np.nan_to_num(users) - (region == "EU")))).astype(float)
    pd.DataFrame({"users": users, "region": pd.Series(region, dtype=object), "junk": rng.normal(size=600)}).to_parquet(place / "X.parquet")
    pd.DataFrame({"account": np.arange(600) // 2}).to_parquet(place / "rows.parquet")
    parts = []
    for purpose, fold, end, last in (("tuning", "a", 200, 300), ("test", "b", 300, 450), ("test", "c", 450, 600)):
        truth = label[end:last] if purpose == "tuning" else np.full(last - end, np.nan)
        side = np.repeat(["train", "test"], [end, last - end])
        rows = {"purpose": purpose, "fold": fold, "side": side, "row": np.arange(last), "label": np.r_[label[:end], truth]}
        parts.append(pd.DataFrame(rows))
    pd.concat(parts).to_parquet(place / "folds.parquet")
    pd.DataFrame({"label": label}).to_parquet(place / "truth.parquet")
    return place


@pytest.mark.parametrize("name", ["logistic", "lightgbm", "tuned"])
def test_a_peer_answers_for_every_row_tested_and_has_seen_none_of_their_outcomes(
    module: Any, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """FLAML and EBM are no dependencies of ours: they answer wherever ``make bench-models`` runs."""
    monkeypatch.setattr(sys, "argv", ["peers", name, str(folder), "--trials", "2"])
    module("model_contestants.peers").main()
    assert {"seconds", "version"} == set(json.loads(capsys.readouterr().out))
    answer = pd.read_parquet(folder / f"{name}.parquet")
    assert answer["row"].tolist() == list(range(300, 600))
    assert answer["probability"].between(0, 1).all()
    label = pd.read_parquet(folder / "truth.parquet")["label"].to_numpy()[300:]
    stratum, account = np.repeat([0, 1], 150), np.arange(300, 600) // 2
    scored = module("model_contestants.scores").scored(label, answer["probability"].to_numpy(), account, stratum)
    assert 0.75 < scored["auc"] < 0.95


def test_the_same_answer_is_level_and_a_better_one_is_ahead_beyond_the_noise(module: Any) -> None:
    rng = np.random.default_rng(2)
    label = (rng.random(800) < 0.4).astype(float)
    better, worse = (1 / (1 + np.exp(-(2 * label - 1) * s - rng.normal(size=800))) for s in (1.0, 0.2))
    stratum, account = np.repeat([0, 1], 400), np.arange(800)
    scored = module("model_contestants.scores").scored
    same = scored(label, worse, account, stratum, ours=worse)
    assert (same["auc_more"], same["auc_more_se"], same["loss_more"]) == (0, 0, 0)
    ahead = scored(label, better, account, stratum, ours=worse)
    assert ahead["auc_more"] > 4 * ahead["auc_more_se"] > 0
    assert ahead["loss_more"] < -4 * ahead["loss_more_se"] < 0
    doubled = [np.tile(a, 2) for a in (label, better, account, stratum)]
    again = scored(*doubled, ours=np.tile(worse, 2))
    assert again["auc_more_se"] == pytest.approx(ahead["auc_more_se"]), "the same accounts again tell nothing more"
    behind = scored(label, worse, account, stratum, ours=better)
    page = module("model_contestants.page")
    found = {"results": {"ours": {}, "ahead": ahead, "level": same, "behind": behind}}
    for measure in ("auc", "loss"):
        assert page.below(found, measure) == ["ahead"]
        assert page.above(found, measure) == ["behind"]


def test_the_page_says_where_a_peer_is_ahead_and_what_differs(module: Any) -> None:
    figures = {"auc": 0.7, "log_loss": 0.5, "brier": 0.2, "slope": None, "seconds": 3.0}
    ours = {**figures, "verdict": "signal", "attributes": 4, "depth": 1}
    about = {"title": "Olist", "rows": 100, "rows_before": 900, "attributes": 9, "refused": ["x"], "forward": True, "folds": 1}
    about |= {"tested": 50, "tuned": False, "rates": [(0.1, 0.12)]}
    level = {"auc_more": 0.01, "auc_more_se": 0.01, "loss_more": 0.0, "loss_more_se": 0.01}
    results = {"ours": ours, "ebm": {**figures, **level, "auc_more": 0.03}, "flaml": {"failed": "not installed"}}
    text = module("model_contestants.page").document(
        {"olist": {"about": about, "results": results}}, "Python", {"command": "c", "trials": 2}
    )
    assert "* AUC: of 1 comparisons, icpfit is better beyond the noise in 0, worse in 1, and level in 0." in text
    assert "| Olist | 0.700 | not measured | 0.700 (+0.030 ± 0.010) † |" in text
    assert "* **Olist**, AUC: EBM (+0.0300). What differs: icpfit's model keeps 4 of 9 attributes" in text
    assert "100 rows (drawn from 900, the same for all)" in text
    assert "* not measured: Olist: LightGBM by FLAML: not installed." in text
    assert "hangs on a level" not in text
    results["ebm"] |= {"auc_more": 0.019, "loss_more": -0.03}
    about["rates"].append((0.08, 0.46))
    text = module("model_contestants.page").document(
        {"olist": {"about": about, "results": results}}, "Python", {"command": "c", "trials": 2}
    )
    assert "log loss: EBM (-0.0300). What differs: in one fold 46% of the rows tested end well where 8% of those known before did" in text
    results["ebm"]["loss_more"] = 0.0
    text = module("model_contestants.page").document(
        {"olist": {"about": about, "results": results}}, "Python", {"command": "c", "trials": 2}
    )
    assert "Nowhere: on no set is icpfit below a peer beyond the noise" in text
