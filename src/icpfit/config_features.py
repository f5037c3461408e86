"""How a company declares a feature: a name, a reason, and what is counted of what."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from icpfit.config_sources import Layer, Strict

Direction = Literal["increasing", "decreasing"]
Kind = Literal["number", "category", "flag"]
Aggregate = Literal[
    "value",  # a field of accounts as of the moment
    "change",  # a number of accounts as of the moment, times what it was a window before
    "age_years",  # years from a year column to the moment
    "free_email_domain",  # the account's domain is a free-mail provider
    "disposable_email_domain",  # the account's domain is a provider of throw-away addresses
    "competitor_domain",  # the account's domain is one of `domains`
    "present",  # a technology in use as of the moment
    "count",
    "rate",  # how many in thirty days, over the window
    "trend",  # the last window less the one before it: rows, or the sum of `column`
    "distinct",  # distinct values of `column` (users)
    "sum",
    "mean",
    "min",
    "max",
    "last",  # the last value of `column`
    "any",
    "work_hours_share",  # share of rows from Monday to Friday, 8 to 18 o'clock
    "recency_days",  # days since the last one, unknown if never
    "days_since_first",
    "days_to_first",  # days from the first event `after` to the first row
    "all_of",  # every condition on other features holds: [uses_salesforce, jobs_90d >= 3, not layoffs_180d]
    "any_of",  # one of them holds
    "ratio",  # one feature by another
    "difference",  # one feature less another
    "column",  # a column of a flat file, as it stands
]


class FeatureSpec(Strict):
    """One feature, with its reason. ``name`` is its column in training sets and in the card's SQL."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    label: str = Field(min_length=1)
    layer: Layer
    unit: str = ""
    kind: Kind = "number"
    table: str = Field(default="", description="where the rows are; a feature made of other features has none")
    aggregate: Aggregate
    column: str | None = None
    where: str | None = Field(default=None, description="an SQL condition over the table's columns")
    window_days: float | None = Field(default=None, gt=0, description="[as_of - window, as_of)")
    after: str | None = Field(default=None, description="only rows within window_days after the account's first event of this name")
    history: bool = Field(default=False, description="read from account_history as of the moment")
    utc_offset_hours: float = Field(default=0, ge=-12, le=14, description="the clock of work_hours_share; the same all year round")
    domains: tuple[str, ...] = Field(default=(), description="of competitor_domain")
    of: tuple[str, ...] = Field(default=(), description="the features that a combination is made of, or conditions on them")
    hidden: bool = Field(default=False, description="only for combinations to be made of; no column of its own")
    monotone: Direction | None = None
    why: str = ""
