"""The house keeps its shape: short files, speaking names, plain text, one door to MLflow, no host in the lock."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "icpfit").rglob("*.py"))
PIPELINES = sorted((ROOT / "pipelines").glob("*.py"))
MOST_LINES = 320


def imported(path: Path) -> set[str]:
    """Names of the modules that a file imports anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def test_there_is_something_to_look_at():
    assert len(SOURCES) > 100
    assert len(PIPELINES) == 3


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT / "src")))
def test_a_source_file_is_short_speaks_and_is_plain(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES
    assert not re.search(r"^(utils?|helpers?|misc|common)$", path.stem)
    assert not roots(path) & {"pickle", "cPickle", "joblib", "dill", "cloudpickle", "marshal", "shelve"}
    if "registry" not in path.parts:
        assert "mlflow" not in roots(path)
    assert not roots(path) & {"requests", "httpx", "socket", "urllib3"}
    assert "urllib.request" not in imported(path)


@pytest.mark.parametrize("path", PIPELINES, ids=lambda p: p.name)
def test_a_pipeline_only_composes_public_functions(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60
    assert not any(part.startswith("_") for name in imported(path) for part in name.split(".") if part != "__future__")


def test_the_lock_names_no_host():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert len(text.splitlines()) > 50
    assert "://" not in text
    assert not re.search(r"--(index-url|extra-index-url|find-links|trusted-host)", text)
    pinned = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert all(re.match(r"[A-Za-z0-9._-]+(\[[^\]]+\])?==[^@\s]+", line) for line in pinned)
