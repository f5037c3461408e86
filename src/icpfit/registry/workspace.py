"""The folder that holds a company's models and runs: its places, its lock, and writing that is whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from icpfit.errors import BusyError, SourceError
from icpfit.paths import plain_path

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no such lock
    fcntl = None  # type: ignore[assignment]

TEMPORARY = ".writing-"
_ELSEWHERE = "name a folder you may write to with --workspace"


class Workspace:
    """``models/`` (bundles, gates, sign-offs; plain text) and ``mlruns/`` (MLflow's database and artifacts) under one folder.

    The object holds the lock while one of its commands runs; it may be taken again inside, by the same object.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = plain_path(Path(path).absolute())
        self._held = 0

    @property
    def models(self) -> Path:
        return self.path / "models"

    @property
    def mlruns(self) -> Path:
        return self.path / "mlruns"

    @property
    def database(self) -> Path:
        return self.mlruns / "mlflow.db"

    @property
    def artifacts(self) -> Path:
        return self.mlruns / "artifacts"

    @property
    def champion_file(self) -> Path:
        return self.models / "champion.json"

    @property
    def challenger_file(self) -> Path:
        return self.models / "challenger.json"

    @property
    def last_retrain_file(self) -> Path:
        return self.models / "last_retrain.json"

    @property
    def ledger_file(self) -> Path:
        return self.models / "ledger.jsonl"

    @property
    def ledger_head_file(self) -> Path:
        return self.models / "ledger.head.json"

    def bundle_folder(self, version: str) -> Path:
        return self.models / version

    def gates_file(self, version: str) -> Path:
        return self.models / "gates" / f"{version}.json"

    @contextlib.contextmanager
    def locked(self, command: str, wait_seconds: float = 10.0) -> Iterator[None]:
        """Only one command writes at a time; another waits, and then refuses with a clear word.

        The lock is the system's own: it ends with the process that holds it, however that ends.

        Raises:
            BusyError: somebody else still holds it after ``wait_seconds``.
            SourceError: the workspace cannot be written to.
        """
        if self._held:
            self._held += 1
            try:
                yield
            finally:
                self._held -= 1
            return
        make_folder(self.models)
        try:
            handle = os.open(self.models / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise SourceError(f"{self.models}: cannot be written to ({error.strerror})", hint=_ELSEWHERE) from error
        try:
            self._take(handle, wait_seconds)
            for folder in (self.models, self.gates_file("").parent, self.mlruns):
                sweep(folder)
            os.ftruncate(handle, 0)
            with contextlib.suppress(OSError):  # a disk that is full has no room for the name, and the lock holds without it
                os.pwrite(handle, f"{command} (process {os.getpid()})".encode(), 0)
            self._held = 1
            try:
                yield
            finally:
                self._held = 0
                os.ftruncate(handle, 0)
        finally:
            os.close(handle)

    def _take(self, handle: int, wait_seconds: float) -> None:
        if fcntl is None:  # pragma: no cover - Windows
            raise BusyError("this system has no file locks that icpfit can use", hint="on Windows, run icpfit inside WSL")
        end = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= end:
                    holder = os.pread(handle, 200, 0).decode(errors="replace") or "another icpfit command"
                    raise BusyError(
                        f"{self.path}: icpfit {holder} is at work here",
                        hint="nothing was changed; run the command again when that one has ended",
                    ) from None
                time.sleep(0.05)


def make_folder(folder: Path) -> None:
    """Make ``folder`` and what is above it.

    Raises:
        SourceError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(f"{folder}: cannot be made ({error.strerror})", hint=_ELSEWHERE) from error


def sweep(folder: Path) -> None:
    """Remove what commands that were cut off left half written. Call it under the lock only."""
    for left in folder.glob(f"{TEMPORARY}*"):
        _take_away(left)


def _take_away(left: Path) -> None:
    if left.is_dir() and not left.is_symlink():
        shutil.rmtree(left, ignore_errors=True)
    else:
        left.unlink(missing_ok=True)


@contextlib.contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """Where ``path`` is written before it gets its name; cleared at first, and again where that fails: a full disk needs the room."""
    aside = path.parent / f"{TEMPORARY}{path.name}"
    _take_away(aside)
    try:
        yield aside
    except BaseException:
        with contextlib.suppress(OSError):
            _take_away(aside)
        raise


def write_whole(path: Path, text: str) -> None:
    """Under its name stands the old text or the new, never a part: written aside, synced, renamed."""
    make_folder(path.parent)
    with _aside(path) as aside:
        _write_synced(aside, text.encode())
        os.replace(aside, path)
    sync_folder(path.parent)


def write_folder_whole(folder: Path, files: dict[str, str]) -> None:
    """All the files under the folder's name, or none. The folder must not be there yet."""
    make_folder(folder.parent)
    with _aside(folder) as aside:
        aside.mkdir()
        for name, text in files.items():
            _write_synced(aside / name, text.encode())
        sync_folder(aside)
        os.rename(aside, folder)
    sync_folder(folder.parent)


def remove(path: Path) -> None:
    """Take a file away, if it is there."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def append_line(path: Path, line: str) -> None:
    """One more line at the end, on the disk when this returns."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        body = line.encode() + b"\n"
        while body:
            body = body[os.write(handle, body) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_folder(path.parent)


def _write_synced(path: Path, body: bytes) -> None:
    with open(path, "wb") as handle:
        handle.write(body)
        handle.flush()
        os.fsync(handle.fileno())


def sync_folder(folder: Path) -> None:
    """Names are part of the folder: a rename holds after a power cut only when the folder is synced."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
