"""CSV files as people really export them: the head looked at, the body read by DuckDB, or row by row where it is broken."""

from __future__ import annotations

import codecs
import csv
import io
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from icpfit.errors import SourceError
from icpfit.paths import plain_path
from icpfit.sources.raw import RawColumn, RawTable
from icpfit.sources.sql import exact_path, literal, quoted

SEPARATORS = (",", ";", "\t", "|")
MAX_COLUMNS = 1_000
_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
_HEAD = 4 * 1024 * 1024
_CHUNK = 8 * 1024 * 1024
_BATCH = 50_000
_OTHER_KINDS = {
    b"PK\x03\x04": ("this is an Excel workbook or another archive, not CSV", "in Excel: Save As, CSV UTF-8"),
    b"\xd0\xcf\x11\xe0": ("this is an old Excel workbook, not CSV", "in Excel: Save As, CSV UTF-8"),
    b"\x1f\x8b": ("the file is compressed", "unpack it first (gunzip)"),
    b"PAR1": ("this is a Parquet file, though its name does not say so", "call it .parquet"),
}
"""What files that are not CSV begin with."""


@dataclass(frozen=True, slots=True)
class CsvHead:
    """What the first bytes say. ``header_lines`` is more than 1 where a name has a line break in it."""

    names: tuple[str, ...]
    separator: str
    blank_lines: int
    header_lines: int


def open_csv(
    connection: duckdb.DuckDBPyConnection, path: Path, *, separator: str | None = ",", alias: str | None = None, place: str | None = None
) -> RawTable:
    """A CSV file in UTF-8, with a header, ready to be read.

    Args:
        separator: the one expected; None = whichever of comma, semicolon, tab and bar divides the header most.
        alias: names the temporary table of a file that must be read row by row.

    Raises:
        SourceError: it cannot be opened, is empty, of another kind, not UTF-8, has another separator, no names, names that
            come twice, more than 1,000 columns, or a quote that is never closed.
    """
    place = place or path.name
    check_readable(path, place)
    _refuse_other_kinds(path, place)
    check_encoding(path, place)
    head = read_head(path, place, separator)
    check_names(head.names, place)
    columns = tuple(RawColumn(n, f"c{i}", "VARCHAR") for i, n in enumerate(head.names))
    struct = ", ".join(f"'{c.sql}': 'VARCHAR'" for c in columns)
    relation = (
        f"read_csv({literal(exact_path(path))}, auto_detect = false, header = false, skip = {head.blank_lines + 1},"
        f" delim = {literal(head.separator)}, quote = '\"', escape = '\"', encoding = 'utf-8', strict_mode = true,"
        f" max_line_size = 16000000, columns = {{{struct}}})"
    )
    slowly = partial(_row_by_row, connection, path, place, head, columns, alias or path.stem)
    if head.header_lines > 1:  # DuckDB takes the rest of such a header for rows, and then may find none
        return slowly()
    return RawTable(place, relation, columns, row_by_row=slowly)


def check_readable(path: Path, place: str) -> None:
    """Raises SourceError for a file that is missing, a folder, a pipe, forbidden or empty."""
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # a pipe waits for ever, and can be read only once
            raise SourceError(f"{path}: is a pipe or a device, not a file", hint="save the data as a file, and name that")
        with path.open("rb") as file:
            first = file.read(1)
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file", hint=f"looked for: {plain_path(path.absolute())}") from None
    except IsADirectoryError:
        raise SourceError(f"{path}: is a folder, not a file", hint="name a CSV or Parquet file") from None
    except PermissionError:
        raise SourceError(f"{place}: no permission to read it", hint=f"let this user read {path}") from None
    except OSError as error:
        raise SourceError(f"{place}: cannot be opened ({error.strerror or error})") from error
    if not first:
        raise SourceError(f"{place}: the file is empty", hint="export it again; it needs a header and rows")


def _refuse_other_kinds(path: Path, place: str) -> None:
    with path.open("rb") as file:
        start = file.read(4)
    for magic, (words, hint) in _OTHER_KINDS.items():
        if start.startswith(magic):
            raise SourceError(f"{place}: {words}", hint=hint)


def check_encoding(path: Path, place: str) -> None:
    """Raises SourceError with the line of the first byte that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, start = 1, True
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if start and (chunk[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or chunk[:64].count(0) > 8):
                raise SourceError(f"{place}: is not UTF-8 text; it looks like UTF-16", hint="save it as CSV UTF-8")
            start = False
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                line = lines + error.object[: error.start].count(b"\n")
                raise SourceError(
                    f"{place}: is not UTF-8 text: line {line:,} has the byte 0x{error.object[error.start]:02X}",
                    hint=f"it looks like Windows-1252 or Latin-1; save it as CSV UTF-8, or: iconv -f WINDOWS-1252 -t UTF-8 {place}",
                ) from None
            lines += chunk.count(b"\n")
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise SourceError(f"{place}: is cut off in the middle of a letter at its end", hint="export it again") from None


def read_head(path: Path, place: str, separator: str | None) -> CsvHead:
    """The header's names and the separator that divides them."""
    with path.open("rb") as file:
        text = file.read(_HEAD).decode("utf-8-sig", errors="ignore")
    body = text.lstrip("\r\n")
    blank = len(text[: len(text) - len(body)].replace("\r\n", "\n"))
    if not body.strip():
        raise SourceError(f"{place}: the file holds nothing but empty lines", hint="export it again; it needs a header and rows")
    if "\x00" in body[:4096]:
        raise SourceError(f"{place}: is not text (it holds zero bytes)", hint="save it as CSV UTF-8")
    by_separator = {s: _first_row(body, s) for s in SEPARATORS}
    best = max(SEPARATORS, key=lambda s: len(by_separator[s][0]))
    if separator is None:
        separator = best
    names, lines = by_separator[separator] if separator in by_separator else _first_row(body, separator)
    if len(names) == 1 and separator != best and len(by_separator[best][0]) > 1:
        raise SourceError(
            f"{place}: the whole header stands in one column ({names[0][:60]!r}); the separator looks like {_NAMES[best]}",
            hint=f"save it with {_NAMES.get(separator, repr(separator))} between the columns",
        )
    return CsvHead(tuple(" ".join(n.split()) if "\n" in n or "\r" in n else n.strip() for n in names), separator, blank, lines)


def check_names(names: tuple[str, ...], place: str) -> None:
    """Raises SourceError for too many columns, for none with a name, and for a name that comes twice."""
    if len(names) > MAX_COLUMNS:
        raise SourceError(f"{place}: has {len(names):,} columns; {MAX_COLUMNS:,} are the most", hint="export only the columns that matter")
    seen: dict[str, int] = {}
    for i, name in enumerate(names, start=1):
        if name and name.lower() in seen:
            twice = f"{place}: the column {name!r} comes twice, as columns {seen[name.lower()]} and {i}"
            raise SourceError(twice, hint="capitals make no difference; rename or remove one of the two")
        seen[name.lower()] = i
    if not any(names):
        raise SourceError(f"{place}: the header has no names", hint="the first line must name the columns")


def _first_row(body: str, separator: str) -> tuple[list[str], int]:
    """Its cells, and the lines that it takes."""
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator)
    try:
        return next(reader), reader.line_num
    except (csv.Error, StopIteration):
        return [body.splitlines()[0]], 1


def _row_by_row(
    connection: duckdb.DuckDBPyConnection, path: Path, place: str, head: CsvHead, columns: tuple[RawColumn, ...], alias: str
) -> RawTable:
    """Slower, and sure of every row: those with a wrong number of cells are told by their number."""
    name = quoted(f"icpfit lines {alias}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({', '.join(c.sql + ' VARCHAR' for c in columns)})")
    bad: list[int] = []
    batch: list[list[str]] = []
    for number, row in _rows(path, place, head):
        if row is not None and len(row) == len(columns) + 1 and not row[-1]:
            row.pop()  # a separator at the end of the line says nothing
        if row is None or len(row) != len(columns):
            bad.append(number)
        else:
            batch.append(row)
        if len(batch) == _BATCH:
            _insert(connection, name, batch)
    _insert(connection, name, batch)
    return RawTable(place, name, columns, tuple(bad))


def _insert(connection: duckdb.DuckDBPyConnection, name: str, batch: list[list[str]]) -> None:
    if batch:
        arrays = [pa.array(cells, pa.string()) for cells in zip(*batch, strict=True)]
        connection.register("icpfit_batch", pa.table(arrays, names=[f"c{i}" for i in range(len(arrays))]))
        connection.execute(f"INSERT INTO {name} SELECT * FROM icpfit_batch")
        connection.unregister("icpfit_batch")
        batch.clear()


def _rows(path: Path, place: str, head: CsvHead) -> Iterator[tuple[int, list[str] | None]]:
    """Row numbers from 1, with None for a row that is no CSV; empty lines do not count."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=head.separator, strict=True, skipinitialspace=True)
        number = -1
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "unexpected end of data" in str(error):
                    raise SourceError(
                        f"{place}: a quote that is opened in row {max(number + 1, 0):,} is never closed",
                        hint='write a quote inside a cell twice (""), and export the file again',
                    ) from None
                number += 1
                yield number, None
                continue
            if not row:
                continue
            number += 1
            if number > 0:
                yield number, row
