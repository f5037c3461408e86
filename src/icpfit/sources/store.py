"""Where a company's tables lie: the few questions asked of every place, and the folder of files that answers them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import duckdb

from icpfit.errors import SourceError
from icpfit.paths import absent, configured
from icpfit.sources.csvfile import open_csv
from icpfit.sources.mapping import closest
from icpfit.sources.parquetfile import open_parquet
from icpfit.sources.raw import RawTable

ENDINGS = (".parquet", ".csv")


class TableStore(Protocol):
    """Tables by the names that they have where they lie.

    ``place`` names the store in messages. ``names`` are sorted. ``open`` raises SourceError where there is no such
    table, or none that can be read; what it returns is read through ``connection``.
    """

    @property
    def place(self) -> str: ...

    def names(self) -> tuple[str, ...]: ...

    def bring(self, names: Iterable[str]) -> tuple[Path, ...]:
        """Make tables ready to be opened; the files they are read from, whose sizes tell how much is to come."""
        ...

    def open(self, connection: duckdb.DuckDBPyConnection, name: str) -> RawTable: ...


@dataclass(frozen=True)
class FolderStore:
    """A folder of CSV and Parquet files; a table is called as its file is, without the ending."""

    path: Path

    @property
    def place(self) -> str:
        return str(self.path)

    @cached_property
    def inside(self) -> tuple[Path, ...]:
        """Everything in the folder, by name. Raises SourceError where it cannot be listed."""
        folder = self.path
        if absent(folder):
            raise SourceError(f"{folder}: no such data folder", hint=f"{configured(folder, 'folder')} (icpfit simulate makes one to try)")
        try:
            return tuple(sorted(folder.iterdir()))
        except NotADirectoryError:
            raise SourceError(f"{folder}: is a file, not a data folder", hint="for one flat file say source: {kind: flat, …}") from None
        except PermissionError:
            raise SourceError(f"{folder}: no permission to list the data folder") from None
        except OSError as error:
            raise SourceError(f"{folder}: cannot be opened ({error.strerror or error})") from error

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The names of the files of any kind, with their endings."""
        return tuple(p.name for p in self.inside if p.is_file())

    def names(self) -> tuple[str, ...]:
        return tuple(sorted({Path(f).stem for f in self.files if f.endswith(ENDINGS)}))

    def find(self, name: str) -> Path | None:
        """The file of a table, None where there is none. Raises SourceError where two could be meant."""
        both = [name + ending for ending in ENDINGS if name + ending in self.files]
        if len(both) > 1:
            raise SourceError(f"{self.path}: holds {' and '.join(both)}; which one is meant?", hint="keep one of the two")
        return self.path / both[0] if both else None

    def bring(self, names: Iterable[str]) -> tuple[Path, ...]:
        return tuple(path for name in names if (path := self.find(name)) is not None)

    def open(self, connection: duckdb.DuckDBPyConnection, name: str) -> RawTable:
        file = self.find(name)
        if file is None:
            where = f"{self.path}: there is no {name}.csv or {name}.parquet; the folder holds {listed(self.files, 'no files')}"
            raise SourceError(where, hint=closest(name, self.names()) or None)
        return open_table(connection, file, alias=name)


def open_table(connection: duckdb.DuckDBPyConnection, path: Path, *, alias: str) -> RawTable:
    """A CSV or Parquet file by its ending. Raises SourceError for a file fault."""
    if path.suffix.lower() == ".parquet":
        return open_parquet(connection, path)
    return open_csv(connection, path, alias=alias)


def listed(names: tuple[str, ...], none: str) -> str:
    """The first names, and how many more there are.

    >>> listed(("accounts", "deals"), "no tables"), listed((), "no tables")
    ('accounts, deals', 'no tables')
    """
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "") or none


def no_schema(place: str, schema: str, there: Collection[str]) -> SourceError:
    """The sentence for a schema that a database does not have."""
    hint = closest(schema, there) or f"it has {listed(tuple(sorted(there)), 'no schema with tables')}"
    return SourceError(f"{place}: there is no schema {schema!r}", hint=f"{hint}; source.schema names it")


def no_table(place: str, name: str, there: tuple[str, ...]) -> SourceError:
    """The sentence for a table that a database does not have."""
    return SourceError(
        f"{place}: there is no table or view {name!r}; it holds {listed(there, 'no tables')}", hint=closest(name, there) or None
    )
