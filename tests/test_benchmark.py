"""The benchmark of features runs, and whoever answers, answers the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "features.py"


def test_a_small_benchmark_runs_and_all_answers_are_equal(tmp_path: Path) -> None:
    """Polars and featuretools are no dependencies: they are compared wherever ``make bench-features`` runs."""
    out = tmp_path / "benchmarks.md"
    contestants = ["ours", "by_user", "by_window", "one_join", "pandas"]
    command = [
        sys.executable,
        str(BENCHMARK),
        "--events",
        "2000",
        "20000",
        "--repeat",
        "1",
        "--write",
        str(out),
        "--contestants",
        *contestants,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = out.read_text(encoding="utf-8")
    table = [line for line in text.splitlines() if " GB | " in line]
    assert len(table) == len(contestants) + 1
    assert "not installed" not in text
    assert "failed" not in text
    assert "| icpfit against the best SQL by hand: at most 1.3 times, 0.02 M |" in text
