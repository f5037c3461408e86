"""How a company wants its accounts to be told apart."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from icpfit.config_sources import Strict


class IdentitySettings(Strict):
    """Which accounts are one company. Every merge is listed by ``icpfit check``, and can be forbidden here."""

    merge_by_domain: bool = Field(default=True, description="accounts with one registrable domain are one company")
    merge_by_crm: bool = Field(default=True, description="the table account_merges is applied")
    keep_apart: tuple[str | tuple[str, ...], ...] = Field(
        default=(), description="an account id is never merged with any; ids in a list of their own are never merged with each other"
    )
    never_merge_domains: tuple[str, ...] = Field(default=(), description="domains that several companies share")
    parents: Literal["keep_apart", "roll_up"] = Field(
        default="keep_apart", description="accounts connected by parent_id: companies of their own, or one with their parent"
    )

    @field_validator("keep_apart", mode="before")
    @classmethod
    def _ids_as_text(cls, value: object) -> object:
        # YAML reads 4711 as a number; account ids are texts.
        if not isinstance(value, (list, tuple)):
            return value
        return tuple(tuple(_id(one) for one in part) if isinstance(part, (list, tuple)) else _id(part) for part in value)

    @property
    def apart(self) -> frozenset[frozenset[str]]:
        """Pairs of accounts that are never merged."""
        lists = [part for part in self.keep_apart if not isinstance(part, str)]
        return frozenset(frozenset((a, b)) for part in lists for a in part for b in part if a != b)

    @property
    def alone(self) -> frozenset[str]:
        """Accounts that are never merged with any."""
        return frozenset(part for part in self.keep_apart if isinstance(part, str))


def _id(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


DEFAULT_IDENTITY = IdentitySettings()
