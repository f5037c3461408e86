"""A large source stands in a scratch file: the same rows as in memory, and nothing of it stays."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from icpfit.errors import ConfigError
from icpfit.sources import scratch
from icpfit.sources.warehouse import Warehouse

posix = pytest.mark.skipif(os.name != "posix", reason="files that are open keep their names elsewhere")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of the test's own."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def on_disk(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every file is large."""
    monkeypatch.setattr(scratch, "SWELLS", {".csv": 10**9})
    return place


def test_a_small_source_stays_in_memory(
    place: Path, company: dict[str, pd.DataFrame], write: Callable[..., Path], read: Callable[..., Warehouse]
) -> None:
    read(write(company))
    assert list(place.iterdir()) == []


@posix
def test_a_large_source_has_the_same_content_and_leaves_nothing(
    on_disk: Path,
    company: dict[str, pd.DataFrame],
    write: Callable[..., Path],
    read: Callable[..., Warehouse],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = write(company)
    large = read(folder)
    (own,) = on_disk.iterdir()
    assert own.stat().st_mode & 0o777 == 0o700
    assert [p for p in own.rglob("*") if p.is_file()] == [], "the file has lost its name"
    monkeypatch.undo()
    small = read(folder)
    assert large.fingerprint == small.fingerprint
    assert (large.counts, large.newest, large.findings) == (small.counts, small.newest, small.findings)
    for table in small.columns:
        pd.testing.assert_frame_equal(large.frame(table), small.frame(table))
    del large
    gc.collect()
    assert list(on_disk.iterdir()) == []


@posix
def test_what_a_killed_process_put_aside_is_taken_away_and_what_a_live_one_uses_is_not(place: Path) -> None:
    living = scratch.connect_on_disk(10**9)
    (own,) = place.iterdir()
    script = f"""
import os, signal, tempfile
tempfile.tempdir = {str(place)!r}
from icpfit.sources.scratch import connect_on_disk
connection = connect_on_disk(10**9)
connection.execute("CREATE TABLE secret AS SELECT 'jane@acme.example' || i AS email FROM range(100000) r(i)")
open(next(p for p in os.scandir({str(place)!r}) if p.name != {own.name!r}).path + "/aside", "w").write("rows")
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = [p for p in place.iterdir() if p != own]
    assert [p.name for p in left.iterdir()] == ["aside"], "no table stays, even then"
    other = scratch.connect_on_disk(10**9)
    assert not left.exists()
    assert own.is_dir()
    living.execute("CREATE TABLE t AS SELECT 1")
    del living, other
    gc.collect()
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("said", ["much", "0.1", "-1", "nan"])
def test_a_limit_that_is_none_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(scratch.MEMORY, said)
    with pytest.raises(ConfigError, match=r"ICPFIT_MEMORY_GB: .* is not a number of GB"):
        scratch.connect_for([])


def test_the_limit_is_what_the_environment_says(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(scratch.MEMORY, "0.5")
    assert scratch.memory_bytes() == 500_000_000
    limit = scratch.connect_on_disk(scratch.memory_bytes()).sql("SELECT current_setting('memory_limit')").fetchall()[0][0]
    assert limit == "476.8 MiB"
