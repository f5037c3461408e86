"""The benchmark of drift alarms: all see the same rows, only what is said moves, and the page says who is ahead by rule."""

from __future__ import annotations

import importlib
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
def worlds(module: Any) -> Any:
    return module("drift_contestants.worlds")


def test_a_scenario_changes_what_it_says_and_nothing_else(worlds):
    plain = worlds.draw("none", 300, 200, 4)
    for scenario in worlds.SCENARIOS:
        world = worlds.draw(scenario, 300, 200, 4)
        pd.testing.assert_frame_equal(world.reference, plain.reference)
        changed = {c for c in plain.current if not world.current[c].equals(plain.current[c])}
        assert changed == (world.moved if world.kind != "correlation" else {max(world.moved)}), scenario
        assert len(world.current.columns) == 25
    assert worlds.draw("none", 300, 200, 5).fingerprint != plain.fingerprint
    assert worlds.draw("none", 300, 200, 4).fingerprint == plain.fingerprint


def test_the_changes_are_as_large_as_they_are_called(worlds):
    now = {s: worlds.draw(s, 100, 40_000, 0).current for s in worlds.SCENARIOS}
    before = now["none"]
    assert now["mean"][worlds.NUMBER].mean() - before[worlds.NUMBER].mean() == pytest.approx(0.5)
    assert now["spread"][worlds.NUMBER].std() / before[worlds.NUMBER].std() == pytest.approx(1.5)
    moved = [(t[worlds.CATEGORY] == "a").mean() for t in (before, now["category"])]
    assert moved[0] - moved[1] == pytest.approx(0.1, abs=0.01)
    assert now["count"][worlds.COUNT].mean() / before[worlds.COUNT].mean() == pytest.approx(1.3, abs=0.03)
    assert [t[worlds.SKEWED].isna().mean() for t in (before, now["gaps"])] == pytest.approx([0.3, 0.45], abs=0.01)
    pair = [t[list(worlds.PAIR)].corr().iloc[0, 1] for t in (before, now["weaker"], now["lost"])]
    assert pair == pytest.approx([0.6, 0.2, 0.0], abs=0.02)
    strangers = [t[list(worlds.STRANGERS)].corr().iloc[0, 1] for t in (before, now["new"])]
    assert strangers == pytest.approx([0.0, 0.6], abs=0.02)


@pytest.mark.parametrize(
    ("name", "scenario", "kind"),
    [
        ("raw", "mean", "feature"),
        ("ks_bh", "mean", "feature"),
        ("psi", "mean", "feature"),
        ("correlations", "lost", "correlation"),
        ("ours", "gaps", "missing"),
    ],
)
def test_who_needs_nothing_beside_icpfit_names_what_moved(module, worlds, name, scenario, kind):
    world = worlds.draw(scenario, 1_000, 1_000, 1)
    alarms = module("drift_contestants.contestants").ask(name, world.reference, world.current)
    assert (kind, world.moved) in alarms


@pytest.mark.parametrize("name", ["ks_bh", "correlations", "psi"])
def test_a_table_beside_itself_raises_no_alarm(module, worlds, name):
    table = worlds.draw("none", 400, 60, 1).reference
    assert module("drift_contestants.contestants").ask(name, table, table) == []


def test_an_alarm_about_something_else_names_nothing_rightly(module, worlds):
    judged = module("drift_contestants.answer").judged
    world = worlds.draw("mean", 60, 60, 0)
    other = judged(world, [("feature", frozenset({"flag_1"})), ("dataset", frozenset())])
    assert (other["alarm"], other["named"], other["wrong"], other["dataset"]) == (True, False, 1, True)
    assert not judged(world, [("missing", frozenset({worlds.NUMBER}))])["named"]
    pair = worlds.draw("lost", 60, 60, 0)
    assert not judged(pair, [("correlation", frozenset({"number_3", "flag_1"}))])["named"]
    assert judged(pair, [("correlation", frozenset(worlds.PAIR))])["named"]
    assert judged(worlds.draw("small", 60, 60, 0), [("whole", frozenset())])["named"]


def test_answers_are_kept_and_asked_again_only_where_the_code_has_changed(module, tmp_path):
    answer = module("drift_contestants.answer")
    calls: list[int] = []
    cells = {("none", 60, 60): 2, ("mean", 60, 60): 2}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answer, "ask", lambda *_: calls.append(1) or [])
        for key in ("a", "a", "b"):
            answer.answer("raw", tmp_path / "raw.jsonl", key, 60.0, cells)
    assert len(calls) == 8
    assert {cell: sorted(lines) for cell, lines in answer.told(tmp_path / "raw.jsonl", "a").items()} == {cell: [0, 1] for cell in cells}
    assert len((tmp_path / "raw.jsonl").read_text().splitlines()) == 8


def _lines(alarms: list[bool], rows: str = "r") -> dict[int, dict[str, Any]]:
    body = {"named": False, "dataset": False, "wrong": 0, "features": 1, "seconds": 0.1, "rows": rows, "version": "scipy 1"}
    return {i: {**body, "repetition": i, "alarm": bool(a)} for i, a in enumerate(alarms)}


def test_the_page_marks_who_cries_wolf_and_counts_where_icpfit_is_behind(module):
    page = module("drift_contestants.page")
    quiet, loud = np.arange(100) < 4, np.arange(100) < 40
    results = {
        "ours": {("none", 1_000, 60): _lines(quiet), ("mean", 1_000, 60): _lines(loud)},
        "ks_bh": {("none", 1_000, 60): _lines(quiet), ("mean", 1_000, 60): _lines(np.arange(100) < 60)},
        "raw": {("none", 1_000, 60): _lines(loud)},
    }
    text = page.document(results, {"nannyml": "not installed"}, "Python 3")
    assert "| **icpfit** | 4 % of 100 |" in text
    assert "| KS / chi², each at 5 % | 40 % of 100 † |" in text
    assert "better beyond the noise in 0, worse in 1, level in 0" in text
    assert "  * worse: mean +.5 sd in one at 1,000 v 60 (40% against 60%)" in text
    assert "* nannyml, any column: not installed." in text


def test_contestants_that_saw_other_rows_are_compared_in_no_table(module):
    page = module("drift_contestants.page")
    results = {n: {("none", 1_000, 60): _lines([False], rows)} for n, rows in (("ours", "x"), ("raw", "y"))}
    with pytest.raises(ValueError, match="saw other rows"):
        page.document(results, {}, "Python 3")


def test_the_key_is_of_the_code_that_answers(module, tmp_path):
    drift = module("drift")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drift, "OWN", tmp_path)
        (tmp_path / "compare.py").write_text("from icpfit.drift.joint import x")
        (tmp_path / "joint.py").write_text("from icpfit.drift.compare import y")
        (tmp_path / "churn.py").write_text("")
        raw, ours = drift.key_of("raw"), drift.key_of("ours")
        (tmp_path / "churn.py").write_text("changed")
        assert (drift.key_of("raw"), drift.key_of("ours")) == (raw, ours)
        (tmp_path / "joint.py").write_text("changed")
        assert drift.key_of("raw") == raw
        assert drift.key_of("ours") != ours


def _finding(code: str, words: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "subject": "s", "words": words, "cohort": "new deals", "action": "retrain", "power": 0.8, **more}


def test_a_story_counts_as_found_by_its_code_and_what_it_names(module):
    stories = module("drift_stories")
    right = {
        "up_market": _finding("TRADE-UPMARKET", "moving up-market; accounts of 201 to 500 employees: 13% of new deals before, 27% now"),
        "churn": _finding("TRADE-CHURN", "customers in EMEA leave"),
        "falling": _finding("MODEL-WINRATE", "40 wins where 60 were expected"),
    }
    for story, finding in right.items():
        assert stories.PLOTS[story].found(finding)
        assert not stories.PLOTS[story].found({**finding, "code": "DRIFT-WHOLE"})
    assert not stories.PLOTS["churn"].found(_finding("TRADE-CHURN", "customers in APAC leave"))
    assert not stories.PLOTS["up_market"].found(_finding("TRADE-UPMARKET", "accounts of 51 to 200 employees: 44% before, 33% now"))
    assert not stories.PLOTS["falling"].found({**right["falling"], "cohort": ""})


def test_the_table_of_stories_counts_what_was_found_and_who_was_silent(module):
    stories = module("drift_stories")
    asked = {"accounts": 4_000, "as_of": "2026-01-01", "code": "c"}
    fallen = _finding("MODEL-WINRATE", "40 wins where 60 were expected")
    answers = {
        (story, seed): {"alarms": alarms, "told": [fallen], "rows": 500}
        for story, seed, alarms in (
            ("unchanged", 1, []),
            ("unchanged", 2, [_finding("DRIFT-WHOLE", "moved")]),
            ("falling", 1, [fallen]),
            ("falling", 2, []),
        )
    }
    text = stories.document(answers, asked)
    assert "| no alarm at all | **1 of 2** | 500 | 80% (80% to 80%) | 1 of 2 |" in text
    assert "| MODEL-WINRATE, with the cohort | **1 of 2** | 500 | 80% (80% to 80%) | 1 of 2 |" in text
    assert "| DRIFT-WHOLE | 1 |  |  |  |" in text
    assert "Unchanged companies were silent in 1 of 2" in text
    assert "| `churn` | the customers in EMEA leave | TRADE-CHURN, naming EMEA | not asked |" in text
    assert "* `falling`: 40 wins where 60 were expected (MODEL-WINRATE) *new deals* **retrain**" in text
