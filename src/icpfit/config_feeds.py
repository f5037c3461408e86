"""Files that add rows to the tables, as a company declares them: technographic lists, events, intent."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from icpfit.config_sources import Strict

FeedFormat = Literal["builtwith", "wappalyzer", "segment", "posthog", "bombora"]


class AccountFrom(Strict):
    """Where the account of a row is found that names only something which has one: a subscription, a user."""

    table: str | None = Field(default=None, description="a table of the contract that was read before, e.g. subscriptions")
    path: Path | None = Field(default=None, description="or a file, e.g. the users with their e-mail addresses")
    by: str = Field(description="the column of the feed's file that names it")
    key: str | None = Field(default=None, description="the column there that names it; as in the feed's file unless said")
    take: str = Field(default="account_id", description="the column there that says the account, or a domain or e-mail address")

    @model_validator(mode="after")
    def _one_place(self) -> AccountFrom:
        if (self.table is None) == (self.path is None):
            raise ValueError("account_from names a table of the contract or a file (path), one of the two")
        return self

    @property
    def there(self) -> str:
        """The column there that names it."""
        return self.key or self.by


class Feed(Strict):
    """A file that adds rows to a table of the contract. What is not said here, its format says."""

    path: Path
    table: str | None = Field(default=None, description="the table of the contract; a format has its own")
    format: FeedFormat | None = Field(default=None, description="whose file it is: its columns are known then")
    account_by: Literal["account_id", "domain"] | None = Field(
        default=None, description="how rows find their account; by both, account_id first, where both are there"
    )
    account_from: AccountFrom | None = None
    columns: dict[str, str | None] = Field(
        default_factory=dict,
        description="column of the table -> column of the file, or field.key of a JSON cell; domain may hold e-mail addresses",
    )
    constants: dict[str, str] = Field(default_factory=dict, description="column of the table -> what every row has in it")
    values: dict[str, dict[str, str]] = Field(default_factory=dict, description="column of the table -> text in the file -> text")
    lists: tuple[str, ...] = Field(default=(), description="columns that are called as a category and list its technologies")
    separator: str | None = Field(default=None, min_length=1, description="between the technologies of one cell, e.g. ;")
    date_format: str | None = Field(default=None, description="strptime form of dates that are not ISO, e.g. %m/%d/%Y")
    known_after_days: int | None = Field(
        default=None, ge=0, description="where no column says when a row was known: so many days after its own time"
    )
    gone_after_days: int | None = Field(default=None, ge=0, description="a technology counts as gone so many days after it was last seen")

    @field_validator("constants", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        # YAML reads 2026-03-01 as a date and 5 as a number; cells are texts.
        if not isinstance(value, dict):
            return value
        return {k: v if not isinstance(v, (int, float, dt.date)) or isinstance(v, bool) else str(v) for k, v in value.items()}

    @model_validator(mode="after")
    def _of_one_mind(self) -> Feed:
        if self.table is None and self.format is None:
            raise ValueError("a feed says which table it adds to (table), or whose file it is (format)")
        if both := sorted(set(self.constants) & {c for c, source in self.columns.items() if source is not None}):
            raise ValueError(f"{both[0]} stands in columns and in constants; one of the two holds")
        if self.account_from is not None and {"account_id", "domain"} & {*self.columns, *self.constants}:
            raise ValueError("account_from says where the account is found; account_id and domain are then no columns of the file")
        return self

    def shown(self) -> str:
        """What messages call it: the file's name."""
        return self.path.name
