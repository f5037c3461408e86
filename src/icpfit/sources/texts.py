"""One file, CSV or Parquet, as columns of text: what it says, before anybody decides what it means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from icpfit.errors import SourceError
from icpfit.sources.separators import SEPARATOR_WORDS, sniff_separator

MAX_COLUMNS = 1_000
"""More than this is no export of deals: a transposed sheet, or a file of another kind."""

UNREADABLE = "unreadable line"

_UTF8_HINT = "save it as UTF-8 (in Excel: Save As, CSV UTF-8)"


@dataclass(frozen=True)
class TextTable:
    """A file's readable rows, every cell as text; "" where it is empty.

    ``frame`` has one ``str`` column per column of the file, under its trimmed header; a column without
    a header is called ``column 7``, by its place. ``row`` is the file's own row number (1 = first data
    row, empty lines not counted) of each row of ``frame``; ``broken`` are the numbers of the rows whose
    cells do not match the header. ``separator`` is None for Parquet.
    """

    path: Path
    frame: pd.DataFrame
    row: npt.NDArray[np.int64]
    broken: tuple[int, ...]
    separator: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.frame.columns)

    @property
    def rows_in(self) -> int:
        return len(self.frame) + len(self.broken)


def read_texts(path: Path, separator: str | None = None) -> TextTable:
    """Read a CSV file (separator given or found out, a BOM is passed over) or a Parquet file.

    Raises:
        SourceError: the file is not there, may not be read, is empty, has a header and no rows, is not
            UTF-8 text or not Parquet, has more than 1,000 columns, or two columns of one name.
    """
    head = _head(path)
    broken: tuple[int, ...] = ()
    if head.startswith(b"PAR1") or path.suffix.lower() in (".parquet", ".pq"):
        table, separator = _parquet(path, head), None
        names = [n.strip() for n in table.column_names]
        columns = [_texts_of(table.column(i), path, n) for i, n in enumerate(names)]
    else:
        separator = separator or sniff_separator(_first_text(path, head))
        names, columns, broken = _csv(path, separator)
    names = _headers(path, names)
    if not columns or len(columns[0]) + len(broken) == 0:
        raise SourceError(f"{path}: the file has a header of {len(names)} columns and no rows", hint="export it again, with its rows")
    frame = pd.DataFrame({n: c.to_pandas(types_mapper=_as_str) for n, c in zip(names, columns, strict=True)})
    row = np.setdiff1d(np.arange(1, len(frame) + len(broken) + 1, dtype=np.int64), np.asarray(broken, dtype=np.int64))
    return TextTable(path, frame, row, broken, separator)


def as_texts(values: pd.Series) -> pd.Series:
    """Any cells as trimmed text, "" where there is nothing; whole floats without their ``.0``.

    >>> as_texts(pd.Series([1.0, 2.5, None])).tolist()
    ['1', '2.5', '']
    >>> as_texts(pd.Series([" a ", None, True], dtype=object)).tolist()
    ['a', '', 'true']
    """
    if values.dtype == object:
        return pd.Series([_text_of(v) for v in values], index=values.index, dtype="str")
    if isinstance(values.dtype, pd.CategoricalDtype):
        return as_texts(values.astype(object))
    texts = pc.cast(pa.array(values, from_pandas=True), pa.string())
    return pd.Series(pc.utf8_trim_whitespace(pc.fill_null(texts, "")).to_pandas().to_numpy(), index=values.index, dtype="str")


def _text_of(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # only NaN differs from itself
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)) and float(value).is_integer() and abs(float(value)) < 1e15:
        return str(int(value))
    return str(value).strip()


def _as_str(kind: pa.DataType) -> pd.StringDtype | None:
    return pd.StringDtype(na_value=np.nan) if pa.types.is_string(kind) else None


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(65_536)
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file", hint="relative paths start at the configuration's own folder") from None
    except IsADirectoryError:
        raise SourceError(f"{path}: is a folder, and one file is wanted", hint="for a folder of tables use kind: folder") from None
    except PermissionError:
        raise SourceError(f"{path}: may not be read", hint="give yourself the right to read it") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise SourceError(f"{path}: the file is empty", hint="export it again")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise SourceError(f"{path}: this is an Excel workbook or another archive, not CSV", hint="in Excel: Save As, CSV UTF-8")
    if head.startswith(b"\x1f\x8b"):
        raise SourceError(f"{path}: the file is compressed", hint="unpack it first (gunzip)")
    return head


def _parquet(path: Path, head: bytes) -> pa.Table:
    if not head.startswith(b"PAR1"):
        raise SourceError(f"{path}: not a Parquet file, though its name says so", hint="a CSV file must end in .csv")
    try:
        file = pq.ParquetFile(path)
        _check_width(path, len(file.schema_arrow.names))
        return file.read()
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path}: the Parquet file cannot be read ({_first_line(error)})", hint="write it again") from error


def _texts_of(column: pa.ChunkedArray, path: Path, name: str) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = pc.cast(column, kind.value_type), kind.value_type
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), None, column)
    try:
        texts = pc.cast(column, pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
        raise SourceError(
            f"{path}: the column {name!r} holds {kind}, which is neither text, number nor date", hint="write one plain value per cell"
        ) from error
    return pc.utf8_trim_whitespace(pc.fill_null(texts, ""))


def _csv(path: Path, separator: str) -> tuple[list[str], list[pa.ChunkedArray], tuple[int, ...]]:
    broken: list[int] = []

    def keep_count(row: pa_csv.InvalidRow) -> str:
        broken.append(int(row.number) - 1)  # the header is the reader's row 1
        return "skip"

    options = pa_csv.ReadOptions(use_threads=False, block_size=1 << 24, autogenerate_column_names=True)
    width = MAX_COLUMNS + 1
    try:
        table = pa_csv.read_csv(
            path,
            read_options=options,
            parse_options=pa_csv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=keep_count),
            convert_options=pa_csv.ConvertOptions(
                strings_can_be_null=False, column_types={f"f{i}": pa.string() for i in range(width)}, check_utf8=True
            ),
        )
    except pa.ArrowException as error:
        _refuse_encoding(path)
        raise SourceError(f"{path}: cannot be read as CSV ({_first_line(error)})", hint="export the file again") from error
    _check_width(path, table.num_columns)
    columns = [pc.utf8_trim_whitespace(table.column(i)) for i in range(table.num_columns)]
    _refuse_open_quote(path, columns, separator, broken)
    return [c[0].as_py() for c in columns], [c.slice(1) for c in columns], tuple(broken)


def _check_width(path: Path, n: int) -> None:
    if n > MAX_COLUMNS:
        raise SourceError(
            f"{path}: {n:,} columns; at most {MAX_COLUMNS:,} are read",
            hint="one row per deal and one column per fact: is the table turned on its side?",
        )


def _headers(path: Path, names: list[str]) -> list[str]:
    names = [n or f"column {i + 1}" for i, n in enumerate(names)]
    places: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        places.setdefault(name, []).append(i + 1)
    twice = {n: p for n, p in places.items() if len(p) > 1}
    if twice:
        name, where = next(iter(twice.items()))
        more = f" (and {len(twice) - 1} more such names)" if len(twice) > 1 else ""
        listed = " and ".join(str(p) for p in where)
        raise SourceError(f"{path}: columns {listed} are both called {name!r}{more}", hint="give each column a name of its own")
    return names


def _refuse_open_quote(path: Path, columns: list[pa.ChunkedArray], separator: str, broken: list[int]) -> None:
    """A quote that is never closed swallows the rest of the file into the last row's last cell."""
    n = len(columns[0])
    last = [c[n - 1].as_py() for c in columns] if n else []
    swallowed = next((cell for cell in last if "\n" in cell and cell.count(separator) >= len(columns) - 1 > 0), None)
    if swallowed is None:
        return
    lines = swallowed.count("\n")
    raise SourceError(
        f"{path}: a quotation mark is opened in row {n - 1 + len(broken):,} and never closed; {lines:,} lines after it cannot be read, "
        f"from {swallowed.splitlines()[0][:40]!r} on",
        hint="close it, or write a quotation mark inside a text twice",
    )


def _first_text(path: Path, head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head:
        _refuse_encoding(path)
    return head.decode("utf-8-sig", errors="replace")


def _refuse_encoding(path: Path) -> None:
    """Raises SourceError where the file is not UTF-8, with the first such byte; else returns."""
    body = path.read_bytes()
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError(f"{path}: this is UTF-16 text, not UTF-8", hint=_UTF8_HINT)
    if (at := body.find(b"\x00")) >= 0:
        raise SourceError(f"{path}: not a text file (a zero byte at byte {at:,})", hint="is it a CSV file? Parquet files end in .parquet")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        start = body.rfind(b"\n", 0, error.start) + 1
        near = body[max(start, error.start - 20) : error.start + 12].splitlines()[0].decode("cp1252", errors="replace")
        raise SourceError(
            f"{path}: not UTF-8 text: byte 0x{body[error.start]:02x} in line {line:,}, near {near!r}", hint=_UTF8_HINT
        ) from None


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [error.__class__.__name__])[0][:160]


def separator_words(separator: str) -> str:
    """How a person calls it.

    >>> separator_words(";")
    'semicolon'
    """
    return SEPARATOR_WORDS.get(separator, repr(separator))
