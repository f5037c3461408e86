"""Results on disk: whole or not at all, and nothing of a killed process stays beside them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from icpfit.errors import SourceError
from icpfit.sources.files import write_all, write_bytes

KILLED = """
import os, signal, sys
from pathlib import Path
from icpfit.sources import files
files.os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
files.write_all({Path(p): b"new" for p in sys.argv[1:]})
"""


def test_what_a_killed_process_left_goes_with_the_next_write(tmp_path):
    out, other = tmp_path / "scored [1].csv", tmp_path / "other.csv"
    out.write_bytes(b"old")
    ran = subprocess.run([sys.executable, "-c", KILLED, str(out), str(other)], timeout=60)
    assert ran.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 3  # the old file, and two parts
    assert out.read_bytes() == b"old"
    write_all({out: b"newer", other: b"newer"})
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {out.name: b"newer", other.name: b"newer"}


def test_what_a_living_process_is_writing_stays(tmp_path):
    out = tmp_path / "scored.csv"
    theirs = tmp_path / f".scored.csv.{os.getppid()}.part"
    not_ours = [tmp_path / name for name in (".scored.csv.notes.part", ".scored.csv.1.csv.4194305.part", "scored.csv.4194305.part")]
    for path in (theirs, *not_ours):
        path.write_bytes(b"half")
    write_bytes(out, b"whole")
    assert sorted(tmp_path.iterdir()) == sorted([out, theirs, *not_ours])


def test_where_one_cannot_be_written_none_is(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(SourceError, match="cannot be written"):
        write_all({tmp_path / "first.csv": b"1", tmp_path / "there": b"2"})
    assert [p.name for p in tmp_path.iterdir()] == ["there"]
