"""What a set of features compiles to: a few queries, and how their whole numbers become values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from icpfit.config import FeatureSpec

Finish = Literal[
    "number",
    "flag",
    "category",
    "days",
    "mean",
    "rate",
    "change",
    "age_years",
    "free_email_domain",
    "disposable_email_domain",
    "competitor_domain",
]
OF_TWO: frozenset[Finish] = frozenset(("mean", "rate", "change"))
"""Finishes that divide one column by another."""


@dataclass(frozen=True, slots=True)
class Output:
    """One feature from the columns of a query: whole numbers, microseconds or texts, so that every engine returns the same.

    ``columns`` has one name, or two where one is divided by the other: the sum and the number of values of a
    ``mean``, how many and in how many microseconds for a ``rate``, now and before for a ``change``. ``field`` is
    the accounts column that the feature reads, if it reads one: there a target list's own word goes first.
    ``domains`` are those of ``competitor_domain``.
    """

    feature: str
    columns: tuple[str, ...]
    finish: Finish
    field: str | None = None
    domains: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.columns) != (2 if self.finish in OF_TWO else 1):
            raise ValueError(f"{self.feature}: {self.finish} is not made of {len(self.columns)} columns")


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT: ``_moment`` and the columns of its outputs, a row per moment whose account is known.

    ``numbers`` names relations that the query joins to read numbers out of a text column: relation ->
    column of ``table``; each has ``_text`` (every text of the column) and ``_number``.
    """

    table: str
    sql: str
    outputs: tuple[Output, ...]
    numbers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """``queries`` in a fixed order, then ``combinations`` of what they give, each behind its parts.

    ``current_state`` names the features that are read from today's values.
    """

    queries: tuple[Query, ...]
    combinations: tuple[FeatureSpec, ...]
    current_state: tuple[str, ...]
