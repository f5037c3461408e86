"""Where a company's rows come from, as it declares it: tables in a folder, a DuckDB file or PostgreSQL, or one flat file."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

Layer = Literal["firmographic", "technographic", "behavioral", "intent"]
LAYERS: tuple[Layer, ...] = ("firmographic", "technographic", "behavioral", "intent")
Outcome = Literal["win", "retention"]
OUTCOMES: tuple[Outcome, ...] = ("win", "retention")


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MappedSource(Strict):
    """Tables that are mapped to the data contract, wherever they lie. ``where`` are the settings that say only that."""

    where: ClassVar[frozenset[str]] = frozenset({"kind"})

    columns: dict[str, dict[str, str | None]] = Field(
        default_factory=dict, description="table -> contract column -> column in the company's table; null = we do not have it"
    )
    values: dict[str, dict[str, dict[str, str]]] = Field(
        default_factory=dict, description="table -> column -> text in the company's table -> text of the contract"
    )
    date_format: str | None = Field(default=None, description="strptime form of dates that are text and not ISO, e.g. %m/%d/%Y")
    time_zone: str | None = Field(default=None, description="where the clocks stand by which times without an offset are written; UTC")


class FolderSource(MappedSource):
    """One Parquet or CSV file per table of the data contract."""

    where: ClassVar[frozenset[str]] = frozenset({"kind", "path", "files"})

    kind: Literal["folder"]
    path: Path
    files: dict[str, str] = Field(default_factory=dict, description="table -> file name, where it is not the table's own")


class DatabaseSource(MappedSource):
    """One table or view of a database's schema per table of the data contract."""

    where: ClassVar[frozenset[str]] = frozenset({"kind", "path", "url_env", "schema_name", "tables"})

    schema_name: str = Field(alias="schema", min_length=1)
    tables: dict[str, str] = Field(default_factory=dict, description="table -> its name there, where it is not the contract's own")


class DuckDBSource(DatabaseSource):
    """Tables and views of a DuckDB file, which is only read."""

    kind: Literal["duckdb"]
    path: Path
    schema_name: str = Field(default="main", alias="schema", min_length=1)


class PostgresSource(DatabaseSource):
    """Tables and views of a PostgreSQL schema. Its address, with the password, stands in the environment alone."""

    kind: Literal["postgres"]
    url_env: str
    schema_name: str = Field(default="public", alias="schema", min_length=1)

    @field_validator("url_env")
    @classmethod
    def _a_name_and_no_address(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):  # what was written may hold a password, so it is not shown
            raise ValueError("must be the name of a variable of the environment that holds the address, such as ICPFIT_PG_URL")
        return value


class FlatColumns(Strict):
    """Roles of the columns of a flat file."""

    id: str | None = Field(default=None, description="null: no column tells the rows apart; a row is known by its number")
    result: str
    positive: tuple[str, ...] = Field(min_length=1)
    negative: tuple[str, ...] = Field(min_length=1)
    created_at: str | None = None
    closed_at: str | Annotated[tuple[str, ...], Field(min_length=1)] | None = Field(
        default=None, description="a column, or several of which the latest date holds, e.g. [Won time, Lost time]"
    )
    account_id: str | None = None
    domain: str | None = None
    name: str | None = None
    amount: str | None = None

    @field_validator("positive", "negative", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        # YAML reads 1, 0, yes and no as numbers and booleans; results are compared as text.
        if isinstance(value, (list, tuple)):
            return tuple({True: "yes", False: "no"}[v] if isinstance(v, bool) else str(v) for v in value)
        return value

    @field_validator("closed_at", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        several = isinstance(value, (list, tuple)) and value and all(isinstance(v, str) for v in value)
        if value is None or isinstance(value, str) or several:
            return value
        raise ValueError("is a column, or a list of columns such as [Won time, Lost time] of which the latest date holds")

    @property
    def closings(self) -> tuple[str, ...]:
        """The columns that may hold the close."""
        if self.closed_at is None:
            return ()
        return (self.closed_at,) if isinstance(self.closed_at, str) else self.closed_at


class FlatSource(Strict):
    """One row per deal, customer or lead."""

    where: ClassVar[frozenset[str]] = frozenset({"path"})

    kind: Literal["flat"]
    path: Path
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    outcome: Outcome = "win"
    columns: FlatColumns
    missing: tuple[Annotated[str, StringConstraints(strip_whitespace=True)], ...] = ()  # as the cells are read
    layers: dict[Layer, tuple[str, ...]] = Field(default_factory=dict)
    labels: dict[str, str] = Field(default_factory=dict, description="column -> words for people")
    row_order_is_time: bool = Field(default=False, description="rows stand in time order, though no column holds the date")
    date_format: str | dict[str, str] | None = Field(
        default=None, description="strptime form of dates that are not ISO, e.g. %m/%d/%Y; or column -> form, where they differ"
    )
    decimal_comma: bool = Field(default=False, description="amounts and numbers of the layers are written 1.234,50")
    no_outcome_before: str | None = Field(
        default=None, description="rows created before this date are left out: outcomes were not recorded yet"
    )
    outcome_window_days: int | None = Field(
        default=None,
        ge=1,
        description="a row younger than this at the as-of date has no outcome yet; a negative one without a close is known from then on",
    )

    @field_validator("date_format", mode="before")
    @classmethod
    def _one_form_or_several(cls, value: object) -> object:
        several = isinstance(value, dict) and all(isinstance(part, str) for pair in value.items() for part in pair)
        if value is None or isinstance(value, str) or several:
            return value
        raise ValueError("is a form of dates such as '%m/%d/%Y', or a column and its form for each column that is not ISO")

    @field_validator("no_outcome_before", mode="before")
    @classmethod
    def _date_as_text(cls, value: object) -> object:
        return value.isoformat() if isinstance(value, dt.date) else value  # YAML reads 2017-12-05 as a date

    @model_validator(mode="after")
    def _one_role_each(self) -> FlatSource:
        seen: dict[str, str] = {}
        for layer, names in self.layers.items():
            for name in names:
                if name in seen:
                    raise ValueError(f"the column {name!r} stands in two layers, {seen[name]} and {layer}")
                seen[name] = layer
        if self.columns.result in seen:
            raise ValueError(f"the column {self.columns.result!r} is the result; it cannot be a feature too")
        if close := next((c for c in self.columns.closings if c in seen), None):
            raise ValueError(f"the column {close!r} is the close, which is known with the result; it cannot be a feature too")
        if set(self.columns.positive) & set(self.columns.negative):
            raise ValueError("positive and negative share a value")
        return self

    @model_validator(mode="after")
    def _forms_of_dates(self) -> FlatSource:
        dates = [c for c in (self.columns.created_at, *self.columns.closings) if c]
        if isinstance(self.date_format, dict) and (stray := next((c for c in self.date_format if c not in dates), None)):
            named = ", ".join(repr(c) for c in dates) or "none"
            raise ValueError(f"date_format names the column {stray!r}; the columns of dates are created_at and closed_at: {named}")
        return self

    def form_of(self, column: str) -> str | None:
        """The strptime form of a column of dates; None where it is ISO 8601."""
        return self.date_format.get(column) if isinstance(self.date_format, dict) else self.date_format
