"""Killed while it tunes, even in the middle of writing, and run again: the same bundle, to the byte, and no trial twice."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import icpfit


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> Path:
    """A file of 600 deals over two years, just enough to tune on; four trials in two batches."""
    folder = tmp_path_factory.mktemp("company")
    rng = np.random.default_rng(3)
    n = 600
    day = np.sort(rng.integers(0, 700, n))
    created = [dt.date(2023, 1, 2) + dt.timedelta(days=int(d)) for d in day]
    visits, seats = rng.poisson(2, n), np.round(np.exp(rng.normal(4, 1, n)))
    won = rng.random(n) < 1 / (1 + np.exp(2 - 0.8 * visits - 0.9 * (seats > 60)))
    deals = {
        "Deal": [f"D{i}" for i in range(n)],
        "Created": created,
        "Closed": [c + dt.timedelta(days=int(d)) for c, d in zip(created, rng.integers(5, 40, n), strict=True)],
        "Industry": rng.choice(["retail", "bank", "software"], n),
        "Seats": seats,
        "Visits": visits,
        "Result": np.where(won, "Won", "Lost"),
    }
    pd.DataFrame(deals).to_csv(folder / "deals.csv", index=False)
    columns = {"id": "Deal", "result": "Result", "positive": ["Won"], "negative": ["Lost"], "created_at": "Created", "closed_at": "Closed"}
    body = {
        "company": "Acme",
        "source": {
            "kind": "flat",
            "path": "deals.csv",
            "columns": columns,
            "layers": {"firmographic": ["Industry", "Seats"], "behavioral": ["Visits"]},
        },
        "training": {"trials": 4, "permutations": 199, "bootstrap": 50, "test_quarters": 3, "final_quarters": 1},
    }
    (folder / "acme.yaml").write_text(yaml.safe_dump(body))
    return folder / "acme.yaml"


def killed_and_run_again(config: Path, scratch: Path, run: str, *moments: float) -> list[dict]:
    """What killing.py saw; the first was left alone."""
    command = [sys.executable, str(Path(__file__).with_name("killing.py")), str(config), str(scratch), run, *map(str, moments)]
    environment = {**os.environ, "PYTHONPATH": str(Path(icpfit.__file__).parents[1])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, env=environment)
    assert done.returncode == 0, done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [s["killed"] for s in said] == [False] + [True] * len(moments)
    return said


def files(workspace: str, *folders: str) -> dict[str, bytes]:
    root = Path(workspace)
    found = [p for folder in folders for p in (root / folder).rglob("*") if p.is_file() and p.name != ".lock"]
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(found)}


def test_killed_while_the_last_batch_is_written(config, tmp_path):
    whole, again = killed_and_run_again(config, tmp_path, "learn", 1.5)
    assert not any("resuming" in words for words in whole["said"])
    assert "win: resuming: 2 of 4 trials were done" in again["said"]
    assert not any("are not used" in words for words in again["said"])
    assert (again["lines"], again["torn"]) == ([2], [True]), "it was killed in the middle of a line"
    bundle = files(whole["workspace"], "models")
    assert any(name.endswith("win.txt") for name in bundle)
    assert files(again["workspace"], "models") == bundle, "the bundle, and not a file more"


@pytest.mark.verify
def test_a_whole_retrain_killed_at_many_places(config, tmp_path):
    """With its documents and MLflow; before, in the middle of, and just behind the first and the second batch."""
    moments = (0.0, 0.01, 0.5, 0.99, 1.0, 1.01, 1.5, 1.99)
    whole, *others = killed_and_run_again(config, tmp_path, "retrain", *moments)
    made = files(whole["workspace"], "models", "documents")
    for moment, again in zip(moments, others, strict=True):
        assert files(again["workspace"], "models", "documents") == made
        assert any("resuming: 2 of 4" in words for words in again["said"]) == (moment >= 1)
