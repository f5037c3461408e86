"""How cells become contract values: texts, numbers, moments. SQL fragments for DuckDB, nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import duckdb

from icpfit.moments import parse_moment

EARLIEST = -62_135_596_800_000_000
"""0001-01-01 in microseconds: what Python and numpy can hold too."""
LATEST = 253_402_300_800_000_000
"""10000-01-01 in microseconds. 9999-12-31 is a common way to write "for ever"."""

NO_VALUE = ("nan", "nat", "null", "none", "na", "<na>", "\\n")
"""What programs write for "nothing" where a number or a date should stand. In a text column they are texts."""

_BLANKS = ("chr(32)", "chr(9)", "chr(10)", "chr(13)", "chr(160)")


def connect() -> duckdb.DuckDBPyConnection:
    """An empty database in memory that reads and writes no clock zone but UTC and keeps the order of rows."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET preserve_insertion_order = true")
    return connection


def quoted(name: str) -> str:
    """A column or table name for SQL.

    >>> print(quoted('a "b" c'))
    "a ""b"" c"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text for SQL.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def exact_path(path: Path) -> str:
    """A path that DuckDB takes for one file, whatever stars and brackets are in its name.

    >>> exact_path(Path("data [new]/a*.csv"))
    'data [[]new]/a[*].csv'
    """
    return re.sub(r"([*?\[])", r"[\1]", str(path))


_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")


def is_numeric(duck_type: str) -> bool:
    """A type that reads as a number; true and false are 1 and 0."""
    return duck_type in _WHOLE or duck_type == "BOOLEAN" or is_float(duck_type)


def is_float(duck_type: str) -> bool:
    return duck_type.startswith(("DOUBLE", "FLOAT", "DECIMAL")) and not _is_list(duck_type)


def is_time(duck_type: str) -> bool:
    return (duck_type.startswith("TIMESTAMP") and not _is_list(duck_type)) or duck_type == "DATE"


def _has_zone(duck_type: str) -> bool:
    return duck_type.endswith("WITH TIME ZONE") or duck_type.startswith("TIMESTAMPTZ")


def _is_list(duck_type: str) -> bool:
    return duck_type.endswith("]")


def is_nan(number: str) -> str:
    """Whether a DOUBLE is NaN.

    Not ``isnan``: DuckDB 2.0 folds it to false where a Parquet file's statistics, which leave NaN out, have a
    minimum and a maximum.
    """
    return f"(NOT isfinite({number}) AND NOT isinf({number}))"


def text_of(column: str, duck_type: str, values: Mapping[str, str] | None = None) -> str:
    """The cell as trimmed text, NULL where empty; midnights as days, so that CSV and Parquet say the same.

    A moment with a zone is UTC here, as one without is, and a DECIMAL keeps every digit: it may be an id.
    """
    if duck_type.startswith("DECIMAL"):
        text = without_zeros(f"CAST({column} AS VARCHAR)")
    elif is_float(duck_type):
        number = f"CAST({column} AS DOUBLE)"
        text = f"CASE WHEN NOT {is_nan(number)} THEN CAST({number} AS VARCHAR) END"
    elif is_time(duck_type):
        text = f"regexp_replace(CAST({column} AS VARCHAR), '( 00:00:00)?([+]00)?$', '')"
    else:
        cell = column if duck_type == "VARCHAR" else f"CAST({column} AS VARCHAR)"
        text = f"nullif({_trimmed(cell)}, '')"
    if values:
        cases = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in values.items())
        text = f"nullif(CASE {text} {cases} ELSE {text} END, '')"
    return text


def _trimmed(cell: str) -> str:
    """Without blanks of any kind at its ends. Looking whether there are any is four times faster than taking them away."""
    begins = f"{cell} < '!' OR prefix({cell}, chr(160))"
    ends = " OR ".join(f"suffix({cell}, {blank})" for blank in _BLANKS)
    return f"CASE WHEN {begins} OR {ends} THEN trim({cell}, {' || '.join(_BLANKS)}) ELSE {cell} END"


def id_of(text: str) -> str:
    """An identifier without the ``.0`` that programs add to whole numbers once a cell of the column is empty."""
    return f"CASE WHEN ends_with({text}, '.0') AND regexp_full_match({text}, '[0-9]+[.]0') THEN {text}[:-3] ELSE {text} END"


def without_zeros(text: str) -> str:
    """The decimal places of a number's text without the zeros that its type alone asks for: 12.50 is 12.5, and 3.00 is 3."""
    return f"CASE WHEN contains({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"


def own_text(text: str) -> str:
    """A cell of a company's own column: ``true`` for True and TRUE, and 3 for 3.0. One place holds a flag or a number
    under a type of its own, another as text or among fractions, and they mean the same.
    """
    return (
        f"CASE WHEN {text} IN ('True', 'TRUE') THEN 'true' WHEN {text} IN ('False', 'FALSE') THEN 'false'"
        f" WHEN ends_with({text}, '.0') AND regexp_full_match({text}, '-?[0-9]+[.]0') THEN {text}[:-3] ELSE {text} END"
    )


def plain_own_text(text: str) -> str:
    """What :func:`own_text` makes of a text.

    >>> [plain_own_text(t) for t in ("True", "FALSE", "3.0", "-3.0", "3.10", "v3.0")]
    ['true', 'false', '3', '-3', '3.10', 'v3.0']
    """
    if text in ("True", "TRUE", "False", "FALSE"):
        return text.lower()
    return text[:-2] if re.fullmatch(r"-?[0-9]+[.]0", text) else text


def number_of(column: str, duck_type: str) -> str:
    """A DOUBLE or NULL; ``column`` holds text unless ``duck_type`` is a number. Infinity is left for the check to find."""
    if is_numeric(duck_type):
        number = f"CAST({column} AS DOUBLE)"
        return f"CASE WHEN {is_nan(number)} THEN NULL ELSE {number} + 0.0 END"
    return f"TRY_CAST({column} AS DOUBLE) + 0.0"


def micros_of(column: str, duck_type: str, date_format: str | None, time_zone: str | None = None) -> str:
    """Microseconds since 1970 in UTC, or NULL where the cell is no moment between the years 1 and 9999.

    A cell that names no zone or offset is UTC, or what the clocks of ``time_zone`` showed; a date is a midnight.
    """
    if is_time(duck_type):
        # Of nanoseconds with a zone DuckDB 2.0 has no epoch_us.
        moment = f"epoch_us(CAST({column} AS TIMESTAMPTZ))" if _has_zone(duck_type) else _clock_of(column, time_zone)
    else:
        # Only what begins with a digit: DuckDB also reads words such as 'epoch' and 'infinity' as moments.
        iso = f"CASE WHEN {column} >= '0' AND {column} < ':' THEN {_iso(column, time_zone)} END"
        if date_format is None:
            moment = iso
        else:
            moment = f"try_strptime({column}, {literal(date_format)})"
            moment = f"epoch_us({moment})" if "%z" in date_format.lower() else _clock_of(moment, time_zone)
            if not date_format.lower().startswith("%y"):
                moment = f"coalesce({moment}, {iso})"
    return f"CASE WHEN {moment} >= {EARLIEST} AND {moment} < {LATEST} THEN {moment} END"


_ZONED = (parse_moment("1900-01-01"), parse_moment("2200-01-01"))
"""Beyond these a time is a placeholder ("for ever", "long ago"), which no clock ever showed."""


def _clock_of(timestamp: str, time_zone: str | None) -> str:
    """The moment of a TIMESTAMP or DATE. An hour that comes twice in a zone is the second one, one that is left out as much later."""
    utc = f"epoch_us({timestamp})"
    if time_zone is None:
        return utc
    return _where_clocks_were(utc, f"epoch_us(timezone({literal(time_zone)}, CAST({timestamp} AS TIMESTAMP)))")


def _iso(text: str, time_zone: str | None) -> str:
    utc = f"epoch_us(TRY_CAST({text} AS TIMESTAMPTZ))"
    if time_zone is None:
        return utc
    # Behind a text that has a zone already a second one makes no sense, and the cast gives NULL.
    tried = (f"epoch_us(TRY_CAST({text} || {literal(f'{midnight} {time_zone}')} AS TIMESTAMPTZ))" for midnight in ("", " 00:00"))
    return _where_clocks_were(utc, f"coalesce({', '.join(tried)}, {utc})")


def _where_clocks_were(utc: str, there: str) -> str:
    return f"CASE WHEN {utc} >= {_ZONED[0]} AND {utc} < {_ZONED[1]} THEN {there} ELSE {utc} END"


def known(column: str) -> str:
    """NULL where a program wrote its word for "nothing" into a number or date."""
    words = ", ".join(literal(w) for w in NO_VALUE)
    return f"CASE WHEN lower({column}) IN ({words}) THEN NULL ELSE {column} END"
