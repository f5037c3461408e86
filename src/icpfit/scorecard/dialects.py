"""How each database spells what the card's query asks: names, texts, numbers, and what counts as a number when it stands as text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from icpfit.scorecard.reading import NO_PATTERN, NUMBER_PATTERN, YES_PATTERN


@dataclass(frozen=True, slots=True)
class Dialect:
    """``number`` makes a double (NULL: unknown) of a column by its quoted name, or of its text, where ``texts_first``.

    ``matches`` asks whether a pattern without backslashes is a text from end to end.
    """

    name: str
    quoted_name: Callable[[str], str]
    quoted_text: Callable[[str], str]
    text: Callable[[str], str]
    number: Callable[[str], str]
    matches: Callable[[str, str], str]
    literal: Callable[[float], str]
    """a number that is read as the same double: decimal literals of many digits are not, in some engines"""
    texts_first: bool = True
    """every column is made a text before anything is asked of it"""

    def flag(self, column: str) -> str:
        """What ``number`` makes of a column, or of its text, where a yes/no stands: 1 of yes, 0 of no, in any of their spellings."""
        text = column if self.texts_first else self.text(column)
        yes, no = (self.matches(text, _plain(pattern)) for pattern in (YES_PATTERN, NO_PATTERN))
        return f"CASE WHEN {yes} THEN 1 WHEN {no} THEN 0 ELSE {self.number(column)} END"


def _plain(pattern: str) -> str:
    """Without a backslash, which databases read in different ways inside a text."""
    return pattern.replace(r"\t", "\t").replace(r"\.", "[.]")


PLAIN_PATTERN = _plain(NUMBER_PATTERN)

_MINUS = "^[ \t]*-"
_SMALL = "[eE]-|^[ \t]*[+-]?(0*[.][^eE]*$|[0.]+[eE])"
_BLANKS = " \t"
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def _whole_pattern(pattern: str) -> str:
    return f"^(?:{pattern})$"


def _doubled(quote: str) -> Callable[[str], str]:
    return lambda text: quote + text.replace(quote, quote * 2) + quote


def _whole(value: float) -> str | None:
    return str(int(value)) if math.isfinite(value) and value == int(value) and abs(value) < 2**53 else None


def _cast_literal(double: str) -> Callable[[float], str]:
    return lambda value: _whole(value) or f"CAST('{value!r}' AS {double})"


def _yes_no_or(text: str, number: str) -> str:
    return f"CASE {text} WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE CASE {number} END END"


def _magnitude_lost(text: str, matches: Callable[[str, str], str], double: str) -> str:
    """What a number is that the engine cannot hold: so small that it is zero, or beyond all others."""
    small, negative = matches(text, _SMALL), matches(text, _MINUS)
    return f"CASE WHEN {small} THEN CAST('0' AS {double}) WHEN {negative} THEN CAST('-inf' AS {double}) ELSE CAST('inf' AS {double}) END"


# DuckDB


def _duckdb_text(name: str) -> str:
    return f"CAST({name} AS VARCHAR)"


def _duckdb_matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {_doubled(chr(39))(pattern)})"


def _duckdb_number(name: str) -> str:
    text = _duckdb_text(name)
    read = f"TRY_CAST(trim({text}, ' ' || chr(9)) AS DOUBLE)"
    return _yes_no_or(text, f"WHEN {_duckdb_matches(text, NUMBER_PATTERN)} THEN {read}")


def _duckdb_literal(value: float) -> str:
    if (whole := _whole(value)) is not None:
        return whole
    text = repr(value)
    return f"CAST('{text}' AS DOUBLE)" if math.isinf(value) else text if "e" in text else f"{text}e0"


# PostgreSQL


def _postgres_quoted(text: str) -> str:
    """An escape string where there is something to escape: what a backslash means in a plain one is a setting."""
    escaped = text.replace("'", "''")
    return "E'" + escaped.replace("\\", "\\\\").replace("\t", "\\t") + "'" if re.search(r"[\\\t]", text) else f"'{escaped}'"


def _postgres_text(name: str) -> str:
    return f'CAST({name} AS TEXT) COLLATE "C"'


def _postgres_matches(text: str, pattern: str) -> str:
    return f"{text} ~ {_postgres_quoted(_whole_pattern(pattern))}"


HUGE = str(2**1024 - 2**970)
"""from here on a decimal number is infinity as a double"""
TINY = "2.4703282292062327208299e-324"
"""up to here it is zero"""


def _postgres_number(text: str) -> str:
    """A cast of a number that no double holds is an error there, so its size is asked first, as NUMERIC.

    A number of more than 1,000 characters is unknown: even NUMERIC has an end.
    """
    double, numeric = f"CAST({text} AS DOUBLE PRECISION)", f"abs(CAST({text} AS NUMERIC))"
    signed = f"CASE WHEN {text} ~ {_postgres_quoted(_MINUS)} THEN {{}} ELSE {{}} END"
    infinite = signed.format("CAST('-Infinity' AS DOUBLE PRECISION)", "CAST('Infinity' AS DOUBLE PRECISION)")
    zeros = _postgres_quoted("^[ \t]*[+-]?[0.]+([eE]|[ \t]*$)")
    exponent = f"substring({text} FROM '[eE][+-]?0*([0-9]+)')"
    cases = [
        f"WHEN {text} !~ {_postgres_quoted(_whole_pattern(PLAIN_PATTERN))} OR length({text}) > 1000 THEN NULL",
        f"WHEN {text} ~* 'inf' THEN {infinite}",
        f"WHEN {text} ~ {zeros} THEN 0",
        f"WHEN length({exponent}) > 4 THEN CASE WHEN {text} ~ '[eE]-' THEN 0 ELSE {infinite} END",
        f"WHEN {numeric} >= {HUGE} THEN {infinite}",
        f"WHEN {numeric} <= {TINY} THEN 0",
    ]
    return _yes_no_or(text, f"{' '.join(cases)} ELSE {double}")


# Spark


def _spark_quoted(text: str) -> str:
    """Quotes, backslashes and dollars by their codes: what they mean inside a text differs by Spark's version and settings."""
    if not (parts := re.findall(r"[^'\\$\t]+|['\\$\t]", text)):
        return "''"
    spelled = [f"chr({ord(part)})" if part in "'\\$\t" else f"'{part}'" for part in parts]
    return spelled[0] if len(spelled) == 1 else f"concat({', '.join(spelled)})"


def _spark_text(name: str) -> str:
    return f"CAST({name} AS STRING)"


def _spark_matches(text: str, pattern: str) -> str:
    """The end is ``not followed by any character``: Java's ``$`` also stands before a last line break."""
    return f"{text} RLIKE {_spark_quoted(_whole_pattern(pattern)[:-1] + '(?![^.]|[.])')}"


def _spark_number(text: str) -> str:
    read = f"TRY_CAST(trim(BOTH concat(' ', chr(9)) FROM {text}) AS DOUBLE)"
    return _yes_no_or(text, f"WHEN {_spark_matches(text, PLAIN_PATTERN)} THEN {read}")


# Snowflake and BigQuery: a backslash inside a text starts an escape


def _escaped(text: str) -> str:
    for sign, escape in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(sign, escape)
    return f"'{text}'"


def _snowflake_name(name: str) -> str:
    """In capitals, as Snowflake itself names a column that was created without quotes."""
    return _doubled('"')(name.upper() if _PLAIN_NAME.fullmatch(name) else name)


def _snowflake_text(name: str) -> str:
    return f"CAST({name} AS VARCHAR)"


def _snowflake_matches(text: str, pattern: str) -> str:
    """REGEXP_LIKE matches the whole text."""
    return f"REGEXP_LIKE({text}, {_escaped(pattern)})"


def _snowflake_number(name: str) -> str:
    """A number is taken as it is: as text it would lose digits there."""
    text = _snowflake_text(name)

    def found(text: str, pattern: str) -> str:
        return f"REGEXP_INSTR({text}, {_escaped(pattern)}) > 0"

    read = f"COALESCE(TRY_TO_DOUBLE(TRIM({text}, {_escaped(_BLANKS)})), {_magnitude_lost(text, found, 'FLOAT')})"
    as_text = _yes_no_or(text, f"WHEN {_snowflake_matches(text, PLAIN_PATTERN)} THEN {read}")
    as_number = f"NULLIF(AS_DOUBLE(TO_VARIANT({name})), CAST('NaN' AS FLOAT))"
    return f"CASE WHEN IS_DOUBLE(TO_VARIANT({name})) THEN {as_number} ELSE {as_text} END"


def _bigquery_name(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _bigquery_text(name: str) -> str:
    return f"CAST({name} AS STRING)"


def _bigquery_found(text: str, pattern: str) -> str:
    return f"REGEXP_CONTAINS({text}, {_escaped(pattern)})"


def _bigquery_matches(text: str, pattern: str) -> str:
    return _bigquery_found(text, _whole_pattern(pattern))


def _bigquery_number(text: str) -> str:
    read = f"COALESCE(SAFE_CAST(TRIM({text}, {_escaped(_BLANKS)}) AS FLOAT64), {_magnitude_lost(text, _bigquery_found, 'FLOAT64')})"
    return _yes_no_or(text, f"WHEN {_bigquery_matches(text, PLAIN_PATTERN)} THEN {read}")


_ALL = (
    Dialect("duckdb", _doubled('"'), _doubled("'"), _duckdb_text, _duckdb_number, _duckdb_matches, _duckdb_literal, texts_first=False),
    Dialect(
        "postgres", _doubled('"'), _postgres_quoted, _postgres_text, _postgres_number, _postgres_matches, _cast_literal("DOUBLE PRECISION")
    ),
    Dialect(
        "snowflake",
        _snowflake_name,
        _escaped,
        _snowflake_text,
        _snowflake_number,
        _snowflake_matches,
        _cast_literal("FLOAT"),
        texts_first=False,
    ),
    Dialect("bigquery", _bigquery_name, _escaped, _bigquery_text, _bigquery_number, _bigquery_matches, _cast_literal("FLOAT64")),
    Dialect("spark", _doubled("`"), _spark_quoted, _spark_text, _spark_number, _spark_matches, _cast_literal("DOUBLE")),
)
DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in _ALL}
