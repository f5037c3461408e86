"""What a company wants to be woken by between two quarters. It proposes a retrain, and changes nothing that is learned."""

from __future__ import annotations

import datetime as dt

from pydantic import Field, field_validator

from icpfit.config_sources import Strict


class ProductLaunch(Strict):
    """A day from which the company sells something that the profile has not seen."""

    name: str = Field(min_length=1)
    date: str = Field(description="2026-05-01, or that day as YAML writes it")

    @field_validator("date", mode="before")
    @classmethod
    def _a_day(cls, value: object) -> object:
        if isinstance(value, dt.datetime):
            return value.date().isoformat()
        if isinstance(value, dt.date):
            return value.isoformat()
        try:
            return dt.date.fromisoformat(str(value).strip()).isoformat()
        except ValueError:
            raise ValueError(f"{value!r} is not a date; write it as 2026-01-31") from None


class DriftSettings(Strict):
    """Each line is a trigger: `icpfit drift` proposes an off-cycle retrain when it is reached."""

    product_launches: tuple[ProductLaunch, ...] = ()
    win_rate_floor: float | None = Field(default=None, gt=0, lt=1, description="share of deals won that must not be undercut")
    churn_above: float | None = Field(default=None, gt=0, lt=1, description="share of customers that may leave in a year")
    customers_reached: int | None = Field(default=100, ge=1, description="customers from which on a profile rests on evidence; null: never")
    churn_cluster: bool = Field(default=True, description="customers of one segment leave more often than before")
    new_segment: bool = Field(default=True, description="among the wins stands what hardly stood there before")
    longer_cycle: bool = Field(default=True, description="won deals take longer than before")
