"""A CRM as a source: whose tables, who wrote them, where they lie, and what the company's own words mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from icpfit.config_sources import DuckDBSource, FlatSource, FolderSource, MappedSource, PostgresSource, Strict


class FolderPlace(Strict):
    """A folder of CSV and Parquet files."""

    kind: Literal["folder"]
    path: Path


class DuckDBPlace(Strict):
    """A DuckDB file, which is only read."""

    kind: Literal["duckdb"]
    path: Path
    schema_name: str = Field(default="main", alias="schema", min_length=1)


class PostgresPlace(Strict):
    """A PostgreSQL schema, whose address stands in the environment."""

    kind: Literal["postgres"]
    url_env: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    schema_name: str = Field(default="public", alias="schema", min_length=1)


Place = Annotated[FolderPlace | DuckDBPlace | PostgresPlace, Field(discriminator="kind")]


class CrmSource(MappedSource):
    """Tables of Salesforce or HubSpot, as the product exports them or a sync writes them."""

    where: ClassVar[frozenset[str]] = frozenset({"over", "tables"})

    kind: Literal["salesforce", "hubspot"]
    layout: Literal["export", "fivetran", "airbyte", "dlt"]
    over: Place
    tables: dict[str, str] = Field(default_factory=dict, description="table of the layout -> its name there, where it is another")
    stages: dict[str, Literal["open", "won", "lost"]] = Field(
        default_factory=dict, description="stage, by its name or id -> what it means; goes before what the CRM says"
    )
    deal_types: dict[str, Literal["new_logo", "expansion", "renewal"]] = Field(
        default_factory=dict, description="the CRM's type of a deal -> the contract's"
    )
    pipelines: tuple[str, ...] = Field(default=(), description="HubSpot's pipelines to read, by label or id; none named = all")

    @model_validator(mode="after")
    def _pipelines_are_of_hubspot(self) -> CrmSource:
        if self.pipelines and self.kind == "salesforce":
            raise ValueError("pipelines are HubSpot's; Salesforce has none")
        return self


Source = Annotated[FolderSource | DuckDBSource | PostgresSource | FlatSource | CrmSource, Field(discriminator="kind")]
