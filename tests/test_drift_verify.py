"""Without change at most one question about drift in twenty raises any alarm: whole commands, and comparisons of two tables alone.

Each repetition of a command has a champion of its own: learned from a fresh file of deals, signed off, and asked by ``watch`` once new
deals of the same law have been added: by itself for each number of them. Answers are lines in the folder ``ICPFIT_VERIFY_DIR``
(``.verify``), so that a run that was cut off goes on; lines of other code are passed over. ``summary.json`` beside them says both sides:
a test may lawfully alarm less often.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

import icpfit
from icpfit.bundle import Bundle
from icpfit.cycle.opened import Opened, open_config
from icpfit.cycle.retrain import learn
from icpfit.cycle.watch import watch
from icpfit.drift import compare
from icpfit.errors import SourceError
from icpfit.registry import Workspace, approve, write_bundle

ALPHA, REFUTED = 0.05, 0.01
SIZES = {60: 1_000, 200: 1_000, 1_000: 1_000, 100_000: 200}
"""new rows: repetitions"""
REFERENCE = 1_000

CONFIG = {
    "company": "Acme",
    "source": {
        "kind": "flat",
        "path": "deals.csv",
        "outcome": "win",
        "columns": {
            "id": "deal",
            "result": "result",
            "positive": ["Won"],
            "negative": ["Lost"],
            "created_at": "created",
            "closed_at": "closed",
            "account_id": "account",
        },
        "layers": {
            "firmographic": ["employees", "industry", "region", "noise"],
            "technographic": ["warehouse"],
            "behavioral": ["views", "trial"],
            "intent": [],
        },
    },
    "training": {"trials": 1, "permutations": 199, "bootstrap": 50},
}


def deals(n: int, repetition: int, part: int, first_day: str, days: int) -> pd.DataFrame:
    """A flat file of closed deals, all of one law, created over so many days; none takes longer than 75 days."""
    rng = np.random.default_rng([repetition, part, n])
    employees = np.round(np.exp(rng.normal(4.3, 1.2, n)))
    warehouse, trial, views = rng.random(n) < 0.4, rng.random(n) < 0.5, rng.poisson(2, n)
    z = -1.6 + 1.0 * warehouse + 0.175 * views + 0.8 * trial - 0.4 * np.abs(np.log(np.maximum(employees, 1)) - 4.4)
    created = pd.Timestamp(first_day) + pd.to_timedelta(np.sort(rng.random(n)) * days, unit="D")
    closed = created + pd.to_timedelta(np.minimum(rng.gamma(3, 12, n), 75), unit="D")
    name = [f"{part}-{i}" for i in range(n)]
    return pd.DataFrame(
        {
            "deal": [f"D{i}" for i in name],
            "account": [f"A{i}" for i in name],
            "created": created.strftime("%Y-%m-%d"),
            "closed": closed.strftime("%Y-%m-%d"),
            "result": np.where(rng.random(n) < 1 / (1 + np.exp(-z)), "Won", "Lost"),
            "employees": employees.astype(np.int64),
            "industry": rng.choice(["Software", "Retail", "Media", "Health", "Finance"], n),
            "region": rng.choice(["North", "South", "East"], n),
            "noise": rng.normal(size=n).round(3),
            "warehouse": np.where(warehouse, "yes", "no"),
            "views": views,
            "trial": np.where(trial, "yes", "no"),
        }
    )


@lru_cache(maxsize=1)
def champion(repetition: int) -> tuple[pd.DataFrame, Bundle]:
    """The deals that it learned from, and what it learned; where chance left no signal, those of the next file."""
    with tempfile.TemporaryDirectory() as folder:
        for attempt in range(20):
            old = deals(REFERENCE, repetition, 100 * attempt, "2024-01-01", 365)
            opened = written(Path(folder), old)
            learned = learn(opened, opened.moment("2025-06-30"))
            if learned.bundle is not None:
                return old, learned.bundle
    raise ValueError(f"repetition {repetition}: twenty files, and no signal in any")


def written(folder: Path, rows: pd.DataFrame) -> Opened:
    config = folder / "acme.yaml"
    config.write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    rows.to_csv(folder / "deals.csv", index=False)
    return open_config(config)


def command(repetition: int, n: int) -> list[str]:
    """Codes and subjects of the alarms of a whole ``icpfit drift`` after n new deals of the same law."""
    old, bundle = champion(repetition)
    for attempt in range(20):
        new = deals(n, repetition, 1 + 100 * attempt, "2025-07-01", 180)
        with tempfile.TemporaryDirectory() as folder:
            workspace = Workspace(Path(folder) / "workspace")
            write_bundle(workspace, bundle)
            approve(workspace, bundle.version, "Ann", override="a champion to be watched")
            opened = written(Path(folder), pd.concat([old, new], ignore_index=True))
            try:
                report = watch(opened, workspace, opened.moment("2026-06-30"))
                break
            except SourceError:  # the newest of few deals stands alone: such a file is refused, and asks nothing
                pass
    else:
        raise ValueError(f"repetition {repetition}: twenty files of new deals, and all were refused")
    newer = max(f["n_current"] for f in report.values["findings"])
    if newer != n:
        raise ValueError(f"repetition {repetition}: {newer} new deals were looked at, and there are {n}")
    return [f"{f['code']} {f['subject']}" for f in report.values["findings"] if f["alarm"]]


def table(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """25 correlated features of every kind: normal, counts, categories, flags, skewed with gaps."""
    shared = rng.normal(size=n)
    columns: dict[str, Any] = {}
    for j in range(25):
        x = rng.normal(size=n) + (0.6 * shared if j < 8 else 0.0)
        kinds: tuple[Callable[[], Any], ...] = (
            lambda x=x: x,
            lambda x=x: rng.poisson(np.exp(0.4 * x - 0.5)).astype(float),
            lambda x=x: np.array(list("abcdefgh"), dtype=object)[np.clip(np.round(x * 1.5 + 3), 0, 7).astype(int)],
            lambda x=x: x > 0.8,
            lambda x=x: np.where(rng.random(n) < 0.3, np.nan, np.exp(x)),
        )
        columns[f"x{j}"] = kinds[j % 5]()
    return pd.DataFrame(columns)


def comparison(repetition: int, n: int) -> list[str]:
    rng = np.random.default_rng([repetition, n, 7])
    return [f"{f.code} {f.subject}" for f in compare(table(REFERENCE, rng), table(n, rng), seed=repetition) if f.alarm]


ASKED = {"command": command, "comparison": comparison}


def code() -> str:
    """Of all that a question about drift is answered with."""
    root = Path(icpfit.__file__).parent
    files = [f for f in sorted(root.rglob("*.py")) if f.parent.name == "drift" or "icpfit.drift" in f.read_text(encoding="utf-8")]
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:12]


def answered(file: Path, key: str) -> Iterator[tuple[int, list[str]]]:
    """Repetitions that were asked already of the same code; a line that was cut off is asked again."""
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        try:
            one = json.loads(line)
        except json.JSONDecodeError:
            continue
        if one["key"] == key:
            yield one["repetition"], one["alarms"]


def false_alarms(what: str, sizes: Mapping[int, int], folder: Path) -> dict[int, tuple[int, int]]:
    """By number of new rows: how many of how many repetitions raised any alarm, from the folder as far as they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    key = code()
    files = {n: folder / f"drift-{what}-{n}.jsonl" for n in sizes}
    known = {n: dict(answered(file, key)) for n, file in files.items()}
    for repetition in range(max(sizes.values())):
        for n in (n for n, most in sizes.items() if repetition < most and repetition not in known[n]):
            known[n][repetition] = ASKED[what](repetition, n)
            line = json.dumps({"key": key, "repetition": repetition, "alarms": known[n][repetition]})
            with files[n].open("a", encoding="utf-8") as lines:
                lines.write(line + "\n")
    return {n: (sum(bool(known[n][r]) for r in range(most)), most) for n, most in sizes.items()}


def summed_up(what: str, n: int, found: int, asked: int, folder: Path) -> float:
    """The p-value of "at most 5 %"; both sides go into ``summary.json``."""
    above, below = (stats.binomtest(found, asked, ALPHA, alternative=side) for side in ("greater", "less"))
    low, high = stats.binomtest(found, asked).proportion_ci(0.99, "exact")
    file = folder / "summary.json"
    summary = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    summary[f"{what} {n}"] = {
        "asked": asked,
        "alarmed": found,
        "share": round(found / asked, 4),
        "interval_99": [round(low, 4), round(high, 4)],
        "p_more_than_5_percent": above.pvalue,
        "p_fewer_than_5_percent": below.pvalue,
        "code": code(),
    }
    file.write_text(json.dumps(summary, indent=1, sort_keys=True), encoding="utf-8")
    return float(above.pvalue)


@pytest.mark.verify
@pytest.mark.parametrize("what", ASKED)
def test_without_change_at_most_one_in_twenty_raises_any_alarm(what: str):
    folder = Path(os.environ.get("ICPFIT_VERIFY_DIR", ".verify"))
    found = false_alarms(what, SIZES, folder)
    p_values = {n: summed_up(what, n, *counts, folder) for n, counts in found.items()}
    assert all(p >= REFUTED for p in p_values.values()), f"alarms of repetitions: {found}; p-values {p_values}"


def test_a_repetition_asks_a_whole_command_about_all_that_is_new():
    """One, so that the experiment runs when it is asked for; whether it alarms is chance."""
    assert all(isinstance(a, str) for a in command(0, 60))


def test_a_run_that_was_cut_off_goes_on_and_other_code_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[tuple[int, int]] = []

    def ask(repetition: int, n: int) -> list[str]:
        asked.append((repetition, n))
        return ["A x"] if repetition == 1 else []

    monkeypatch.setitem(ASKED, "command", ask)
    assert false_alarms("command", {60: 3, 200: 1}, tmp_path) == {60: (1, 3), 200: (0, 1)}
    with (tmp_path / "drift-command-60.jsonl").open("a") as file:
        file.write(json.dumps({"key": "other", "repetition": 3, "alarms": ["B y"]}) + '\n{"key": "')
    assert false_alarms("command", {60: 4, 200: 2}, tmp_path) == {60: (1, 4), 200: (1, 2)}
    assert asked == [(0, 60), (0, 200), (1, 60), (2, 60), (1, 200), (3, 60)]


def test_more_than_one_in_twenty_is_refuted_and_fewer_are_told(tmp_path: Path):
    assert summed_up("command", 60, 70, 1_000, tmp_path) < REFUTED
    assert summed_up("comparison", 60, 30, 1_000, tmp_path) > REFUTED
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["comparison 60"]["p_fewer_than_5_percent"] < REFUTED
    assert set(summary) == {"command 60", "comparison 60"}
