"""One table of a CRM, copied once, and its cells as SQL. Each name is found in whatever way the layout writes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import duckdb

from icpfit.errors import SourceError
from icpfit.sources.raw import RawColumn, RawTable
from icpfit.sources.sql import id_of, is_numeric, is_time, known, micros_of, quoted, text_of

PREFIXES = ("properties__", "properties_", "property_")
"""What syncs write before the name of a HubSpot property."""

DAY = 86_400_000_000

_YES, _NO = "('true', 't', '1', '1.0', 'yes')", "('false', 'f', '0', '0.0', 'no')"


def squashed(name: str) -> str:
    """Letters and digits alone, so that the API's name, a sync's and the export's label are one.

    >>> {squashed(n) for n in ("NumberOfEmployees", "number_of_employees", "Number of Employees", "properties_numberofemployees")}
    {'numberofemployees'}
    >>> squashed("Region__c") == squashed("region_c"), squashed("Größe")
    (True, 'größe')
    """
    return re.sub(r"[\W_]+", "", bare(name).lower())


def bare(name: str) -> str:
    """A column's name without what a sync puts before it.

    >>> bare("property_hs_is_closed"), bare("Property Type")
    ('hs_is_closed', 'Property Type')
    """
    return next((name[len(p) :] for p in PREFIXES if name.startswith(p) and len(name) > len(p)), name)


@dataclass(frozen=True)
class CrmTable:
    """``relation`` holds the readable rows in the file's order, by ``rowid``; its texts are trimmed, and NULL where empty.

    The methods give SQL over the alias ``t``. Of several names the first that is there and not empty holds; a name that
    is not there is NULL.
    """

    name: str
    place: str
    relation: str
    cells: Mapping[str, RawColumn]
    dates: Mapping[str, str] = field(default_factory=dict)
    """squashed name -> the column of the relation that holds its moment in microseconds"""
    unreadable: tuple[int, ...] = ()
    form: Callable[[str], str] = id_of
    """What an identifier becomes: Salesforce's of 15 letters become those of 18."""

    def has(self, *names: str) -> bool:
        return any(squashed(n) in self.cells for n in names)

    def found(self, *names: str) -> list[RawColumn]:
        return [self.cells[s] for s in dict.fromkeys(squashed(n) for n in names) if s in self.cells]

    def text(self, *names: str) -> str:
        """The cell, trimmed; NULL where empty."""
        return _first([_text(c) for c in self.found(*names)], "VARCHAR")

    def key(self, *names: str) -> str:
        """An identifier."""
        return _first([self.form(_text(c)) for c in self.found(*names)], "VARCHAR")

    def word(self, *names: str) -> str:
        """The cell in small letters, for comparing."""
        return f"lower({self.text(*names)})"

    def flag(self, *names: str) -> str:
        """TRUE, FALSE, or NULL where it is neither."""
        each = [f"lower({_text(c)})" for c in self.found(*names)]
        return _first([f"CASE WHEN {e} IN {_YES} THEN true WHEN {e} IN {_NO} THEN false END" for e in each], "BOOLEAN")

    def number(self, *names: str) -> str:
        return _first([f"TRY_CAST({_text(c)} AS DOUBLE)" for c in self.found(*names)], "DOUBLE")

    def micros(self, *names: str) -> str:
        """A moment in microseconds since 1970; NULL where it is none."""
        return _first([f"t.{self.dates[squashed(c.name)]}" for c in self.found(*names)], "BIGINT")

    def moment(self, *names: str) -> str:
        """A moment as ISO text; what is no moment stays as it is written, for the check to find."""
        micros = self.micros(*names)
        return f"coalesce({iso(micros)}, {self.text(*names)})"

    def raw(self, *names: str) -> str:
        """The cell as it is, with its own type."""
        found = self.found(*names)
        return f"t.{found[0].sql}" if found else "CAST(NULL AS VARCHAR)"

    def needed(self, what: str, *names: str) -> None:
        """Raises SourceError where none of the names is there."""
        if not self.has(*names):
            columns = ", ".join(c.name for c in list(self.cells.values())[:12]) + (" …" if len(self.cells) > 12 else "")
            looked = " or ".join(dict.fromkeys(names))
            raise SourceError(f"{self.place}: no column holds {what}; looked for {looked}", hint=f"it has the columns {columns}")


def iso(micros: str) -> str:
    """Microseconds as text that reads as the same moment."""
    return f"CAST(make_timestamp({micros}) AS VARCHAR)"


def load(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    raw: RawTable,
    wanted: Callable[[str], bool],
    is_date: Callable[[str], bool],
    date_format: str | None,
) -> CrmTable:
    """Copy the wanted columns of a table; a file that DuckDB cannot read whole is read row by row.

    ``wanted`` and ``is_date`` are asked with a squashed name. Milliseconds since 1970, as APIs give them, are dates too.

    Raises:
        SourceError: it cannot be read at all.
    """
    columns: dict[str, RawColumn] = {}
    for column in raw.columns:
        if column.name and squashed(column.name) not in columns and wanted(squashed(column.name)):
            columns[squashed(column.name)] = replace(column, sql=f"c{len(columns)}")
    if not columns:
        listed = ", ".join(raw.names[:12])
        raise SourceError(f"{raw.place}: none of its columns is one of the table {name}", hint=f"it has the columns {listed}")
    dates = {squash: f"m{i}" for i, squash in enumerate(columns) if is_date(squash)}
    listed = ", ".join(f"{_kept(raw.column(c.name))} AS {c.sql}" for c in columns.values())
    read = "".join(f", {_micros(columns[s], date_format)} AS {m}" for s, m in dates.items())
    relation = quoted(f"icpfit crm {name}")
    try:
        connection.execute(f"CREATE TEMP TABLE {relation} AS SELECT *{read} FROM (SELECT {listed} FROM {raw.relation})")
    except duckdb.Error as error:
        if raw.row_by_row is None:
            first = str(error).splitlines()[0]
            raise SourceError(f"{raw.place}: cannot be read to its end ({first})", hint="export it again") from error
        return load(connection, name, raw.row_by_row(), wanted, is_date, date_format)
    return CrmTable(name, raw.place, relation, columns, dates, raw.unreadable)


def _first(each: list[str], kind: str) -> str:
    if not each:
        return f"CAST(NULL AS {kind})"
    return each[0] if len(each) == 1 else f"coalesce({', '.join(each)})"


def _kept(column: RawColumn) -> str:
    return text_of(column.sql, column.duck_type) if column.duck_type == "VARCHAR" else column.sql


def _text(column: RawColumn) -> str:
    return f"t.{column.sql}" if column.duck_type == "VARCHAR" else f"({text_of(f't.{column.sql}', column.duck_type)})"


def _micros(column: RawColumn, date_format: str | None) -> str:
    if is_time(column.duck_type):
        return micros_of(column.sql, column.duck_type, None)
    if is_numeric(column.duck_type):
        return f"CAST({column.sql} AS BIGINT) * 1000"
    text = column.sql if column.duck_type == "VARCHAR" else f"({text_of(column.sql, column.duck_type)})"
    written = micros_of(f"({known(text)})", "VARCHAR", date_format)
    return f"CASE WHEN regexp_full_match({text}, '[0-9]{{12,14}}') THEN CAST({text} AS BIGINT) * 1000 ELSE {written} END"
