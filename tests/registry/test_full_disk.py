"""A disk that is full or read-only keeps nothing half written; what a killed command left is swept, wherever it lies."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from icpfit.errors import SourceError
from icpfit.registry import Workspace, approve, status, versions, write_bundle
from icpfit.registry.store import write_challenger
from icpfit.registry.workspace import TEMPORARY


def left(workspace: Workspace) -> list[str]:
    return [str(p.relative_to(workspace.path)) for p in workspace.path.rglob(f"{TEMPORARY}*")]


@pytest.fixture
def full_after(monkeypatch):
    """``full_after(n)``: n more files reach the disk."""

    def fill(files: int) -> None:
        sync, done = os.fsync, []

        def fsync(handle: int) -> None:
            done.append(handle)
            if len(done) > files:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            sync(handle)

        monkeypatch.setattr(os, "fsync", fsync)

    return fill


@pytest.mark.parametrize("files", [0, 3])
def test_a_bundle_that_finds_no_room_leaves_none_of_its_files(workspace, make_bundle, full_after, monkeypatch, files):
    bundle = make_bundle()
    full_after(files)
    with pytest.raises(OSError, match="No space"):
        write_bundle(workspace, bundle)
    assert left(workspace) == []
    assert versions(workspace) == ()
    monkeypatch.undo()
    write_bundle(workspace, bundle)
    assert versions(workspace) == (bundle.version,)


def test_a_file_that_finds_no_room_leaves_the_old_one_alone(workspace, put, full_after):
    bundle = put()
    before = workspace.challenger_file.read_bytes()
    full_after(0)
    with pytest.raises(OSError, match="No space"):
        write_challenger(workspace, "2026-04-01-00000000")
    assert workspace.challenger_file.read_bytes() == before
    assert left(workspace) == []
    assert versions(workspace) == (bundle.version,)


def test_a_disk_with_no_room_for_a_name_in_the_lock_is_swept_and_looked_at_all_the_same(workspace, put, monkeypatch):
    bundle = put()
    half = workspace.models / f"{TEMPORARY}2026-04-01-00000000"
    half.mkdir()

    def pwrite(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", pwrite)
    found = status(workspace)
    assert (found.challenger, found.problems, left(workspace)) == (bundle.version, (), [])


def test_a_workspace_that_cannot_be_written_to_is_one_clear_sentence_and_status_still_looks(workspace, put, monkeypatch):
    bundle = put()
    opened = os.open

    def read_only(path: os.PathLike[str], flags: int, *more: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return opened(path, flags, *more)

    monkeypatch.setattr(os, "open", read_only)
    words = f"{workspace.models}: cannot be written to (Read-only file system)"
    with pytest.raises(SourceError) as caught:
        approve(workspace, bundle.version, "Ada")
    assert (caught.value.message, caught.value.exit_code) == (words, 2)
    found = status(workspace)
    assert (found.champion, found.challenger, found.problems) == (None, bundle.version, (words,))


@pytest.mark.parametrize("place", ["models", "models/gates", "mlruns"])
def test_what_a_killed_command_left_is_no_version_and_goes_with_the_next_command(workspace, put, place):
    bundle = put()
    folder = workspace.path / place
    folder.mkdir(exist_ok=True)
    shutil.copytree(workspace.bundle_folder(bundle.version), folder / f"{TEMPORARY}2026-04-01-00000000")
    Path(folder / f"{TEMPORARY}{bundle.version}.json").touch()
    assert versions(workspace) == (bundle.version,)
    assert approve(workspace, bundle.version, "Ada").version == bundle.version
    assert left(workspace) == []
