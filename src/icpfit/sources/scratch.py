"""Where the tables of a large source lie while a command runs: in a file of its own, and gone when the command ends.

A small source stays in memory. A large one would not fit, so its clean tables stand on disk, compressed, and
DuckDB keeps to a limit of memory. The file holds a company's rows, so nobody else may read it, and nothing of
it stays: on POSIX it loses its name as soon as it is open, so that even a killed process leaves no row of it;
what such a process had put aside while sorting is taken away by the next command that needs a scratch folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path

import duckdb

from icpfit.errors import ConfigError, SourceError
from icpfit.sources.sql import connect, literal

MEMORY = "ICPFIT_MEMORY_GB"
"""The environment variable that says how many GB DuckDB may take for a large source. The machine decides, not the company's settings."""

DEFAULT_GB = 1.0
LEAST_GB = 0.25
SWELLS = {".parquet": 10, ".csv": 3}
"""How much more room a file's rows take in memory than the file itself, about; another kind is taken for the worst."""

_PREFIX = "icpfit-scratch-"


def connect_for(files: Iterable[Path]) -> duckdb.DuckDBPyConnection:
    """An empty database for tables read from ``files``: in memory where they fit into half of the limit, else on disk.

    The disk's place is the system's folder for temporary files (``TMPDIR`` names another).

    Raises:
        ConfigError: ``ICPFIT_MEMORY_GB`` is not a number of GB, or too small.
        SourceError: there is no folder for temporary files that can be written to.
    """
    memory = memory_bytes()
    size = sum(path.stat().st_size * SWELLS.get(path.suffix.lower(), max(SWELLS.values())) for path in files if path.is_file())
    return connect() if size <= memory // 2 else connect_on_disk(memory)


def memory_bytes() -> int:
    """The limit of memory for large sources, in bytes.

    Raises:
        ConfigError: what the environment says is no number of GB, or too small.
    """
    said = os.environ.get(MEMORY, "").strip() or str(DEFAULT_GB)
    try:
        memory = float(said)
    except ValueError:
        memory = 0.0
    if not LEAST_GB <= memory < 1_000_000:
        raise ConfigError(
            f"{MEMORY}: {said!r} is not a number of GB from {LEAST_GB} on", hint=f"{MEMORY}={DEFAULT_GB:g} is what is used without it"
        )
    return round(memory * 1e9)


def connect_on_disk(memory: int) -> duckdb.DuckDBPyConnection:
    """An empty database in a scratch folder, which takes about ``memory`` bytes of memory and is gone with the connection.

    Raises:
        SourceError: there is no folder for temporary files that can be written to.
    """
    try:
        folder, lock = _own_folder(Path(tempfile.gettempdir()))
    except OSError as error:
        hint = "name a folder that you may write to, on a disk with room: TMPDIR=/path/to/it"
        raise SourceError(f"no scratch folder can be made for a large source ({error.strerror or error})", hint=hint) from error
    connection = connect()
    weakref.finalize(connection, _remove, folder, lock)
    file = folder / "tables.db"
    connection.execute(f"SET memory_limit = '{memory // 1_000_000}MB'")
    connection.execute(f"SET temp_directory = {literal(str(folder / 'aside'))}")
    # Nothing here outlives the process, so nothing has to be recovered.
    connection.execute(f"ATTACH {literal(str(file))} AS scratch (RECOVERY_MODE 'no_wal_writes')")
    connection.execute("USE scratch")
    if os.name == "posix":  # elsewhere a file that is open keeps its name
        file.unlink()
    return connection


def _own_folder(place: Path) -> tuple[Path, int | None]:
    """A new folder that only this user may enter, and the lock that says somebody is in it."""
    _sweep(place)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    lock = _lock(folder)
    if not folder.is_dir():  # in the moment before the lock another process took it for one that was left
        _close(lock)
        return _own_folder(place)
    return folder, lock


def _sweep(place: Path) -> None:
    """Take away the folders that killed processes left. Whoever is alive holds the lock of its own, in a container of its own too."""
    for folder in place.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.is_symlink() or (os.name == "posix" and folder.stat().st_uid != os.getuid()):
                continue
            lock = _lock(folder)
            if lock is not None:
                _remove(folder, lock)


def _lock(folder: Path) -> int | None:
    """Nothing where another process holds it, or where folders cannot be locked."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _remove(folder: Path, lock: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _close(lock)


def _close(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)
