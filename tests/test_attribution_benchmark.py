"""The benchmark of attributions: who answers is compared with ``pred_contrib``, and the page says by rule what was reached."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def module() -> Any:
    """Modules of benchmarks/ by name, which is no package of ours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module


def test_ours_and_lightgbm_answer_the_same_of_a_model_with_texts_and_gaps(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world, answer = module("attribution_contestants.world"), module("attribution_contestants.answer")
    monkeypatch.setitem(world.MODELS, "tiny", (3, 7, -1))
    world.make(tmp_path, "tiny", 400)
    found = {}
    for name in ("contributions", "ours", "ours_top", "predict"):
        monkeypatch.setattr(sys, "argv", ["answer", name, str(tmp_path / "mixed"), "--rows", "400"])
        answer.main()
        found[name] = json.loads(capsys.readouterr().out)
        assert found[name]["rows"] == 400
    both = [np.load(tmp_path / "mixed" / f"{name}.npy") for name in ("contributions", "ours")]
    assert both[0].shape == (300, 60)
    np.testing.assert_allclose(*both, rtol=0, atol=1e-12)
    assert np.abs(both[0]).max() > 0.01


def test_the_page_says_what_was_reached_who_was_faster_and_who_is_wrong(module: Any) -> None:
    ours = {"rows": 1000, "seconds": 0.01, "off": 1e-14, "tables": 1.0, "megabytes": 9.0, "cold": 3.0, "first": 0.1, "version": "1"}
    slow = {"rows": 10, "seconds": 0.01, "off": 0.0, "version": "4"}
    wrong = {"rows": 5000, "seconds": 0.01, "off": 2.2, "version": "0"}
    found = {"mixed/ours": ours, "mixed/contributions": slow, "numbers/ours": {**ours, "seconds": 0.02}, "numbers/contributions": slow}
    found |= {"numbers/fasttreeshap": wrong, "numbers/woodelf": {"failed": "not installed"}}
    text = module("attribution_contestants.page").document({"300x31": found})
    assert "| **icpfit**, all contributions | 100,000 | 100.0 | 1.0e-14 | 1,000 |" in text
    assert "| 300 trees of 31 leaves, mixed: at least 80 times `pred_contrib` | 100 | yes |" in text
    assert "| 300 trees of 31 leaves, numbers: at least 80 times `pred_contrib` | 50 | **no** |" in text
    assert "| 300 trees of 31 leaves, numbers: faster than every peer | fasttreeshap v2 | **no** |" in text
    assert "* 300 trees of 31 leaves, numbers: fasttreeshap v2 is off by 2.2 log-odds." in text
    assert "| woodelf-explainer | not installed | | | |" in text
