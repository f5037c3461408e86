"""``icpfit init``: look at an export, and propose a configuration that a person can read and mend."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from icpfit.errors import SourceError
from icpfit.sources.duckdb_store import is_duckdb
from icpfit.sources.propose_flat import propose_flat
from icpfit.sources.propose_folder import propose_folder


@dataclass(frozen=True, slots=True)
class Proposal:
    """``yaml_text`` loads as a configuration; ``doubts`` are what it marks as unsure, in its order."""

    yaml_text: str
    doubts: tuple[str, ...]


def propose(path: Path, *, out: Path | None = None, company: str | None = None) -> Proposal:
    """A configuration for a flat file, or for a data folder or DuckDB file that follows the contract. The same for the same data.

    ``out`` is where the configuration will lie: the data's path is then written relative to its folder
    where that is short, else it is written in full.

    Raises:
        SourceError: there is nothing at ``path``, or it cannot be read as the contract asks.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder", hint="--from names a CSV, Parquet or DuckDB file, or a folder of tables")
    make = propose_folder if path.is_dir() or is_duckdb(path) else propose_flat
    lines, doubts = make(path, _shown(path, out), company or "Your company")
    return Proposal("\n".join(lines) + "\n", tuple(doubts))


def _shown(path: Path, out: Path | None) -> str:
    whole = path.resolve()
    if out is None:
        return whole.as_posix()
    try:
        relative = Path(os.path.relpath(whole, out.resolve().parent))
    except ValueError:  # another drive
        return whole.as_posix()
    return relative.as_posix() if relative.parts.count("..") <= 3 else whole.as_posix()
