"""How a company declares a feature: a name, a reason, and what is counted of what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from icpfit.config_faults import did_you_mean, problem_words
from icpfit.config_sources import Layer, Strict
from icpfit.config_text import read_text, read_yaml
from icpfit.errors import ConfigError
from icpfit.paths import plain_path

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


class FeatureFile(Strict):
    """A file of features: the same list as ``features`` in a configuration."""

    features: tuple[FeatureSpec, ...] = ()


def parse_features(text: str, path: Path) -> tuple[FeatureSpec, ...]:
    """The features in the text of a file at ``path``.

    Raises:
        ConfigError: it is no list of features, or some are wrong; every problem with the feature's name.
    """
    body = read_yaml(text, path)
    if not isinstance(body, dict) or not isinstance(body.get("features"), list):
        raise ConfigError(f"{path}: a file of features is a mapping, with the list 'features' in it", hint="features: [{name: …}, …]")
    try:
        specs = FeatureFile.model_validate(body).features
    except ValidationError as error:
        raise ConfigError(f"{path}: {_all_words(error, body['features'])}", hint=did_you_mean(error, FeatureFile)) from error
    if twice := repeated(specs):
        raise ConfigError(f"{path}: features declared twice: {', '.join(twice)}", hint="leave one of the two")
    return specs


def repeated(specs: Sequence[FeatureSpec]) -> list[str]:
    """Names that more than one feature has."""
    return sorted(name for name, n in Counter(s.name for s in specs).items() if n > 1)


def read_feature_files(patterns: Sequence[str], config: Path) -> dict[str, tuple[FeatureSpec, ...]]:
    """The features of each file that ``feature_files`` of the configuration at ``config`` names, in the order of their names.

    Raises:
        ConfigError: a pattern meets no file, a file cannot be read, or two files declare a feature of one name.
    """
    found: dict[str, tuple[FeatureSpec, ...]] = {}
    place_of: dict[str, str] = {}
    for pattern in patterns:
        paths = [config.parent / pattern] if not any(c in pattern for c in "*?[") else sorted(config.parent.glob(pattern))
        if not paths:
            raise ConfigError(f"{config}: feature_files: there is no file {pattern}", hint=f"a path starts at {config.parent}")
        for path in paths:
            place = str(plain_path(path))
            if place in found:
                continue
            found[place] = parse_features(read_text(path, "file of features", f"feature_files in {config} names it"), path)
            for spec in found[place]:
                if spec.name in place_of:
                    raise ConfigError(
                        f"{place}: the feature {spec.name!r} stands in {place_of[spec.name]} too", hint="leave one of the two"
                    )
                place_of[spec.name] = place
    return found


def _all_words(error: ValidationError, written: Sequence[object]) -> str:
    """Every problem, each under the name of its feature."""
    told = []
    for problem in error.errors():
        place = problem["loc"]
        at = place[1] if len(place) > 1 and place[0] == "features" and isinstance(place[1], int) else None
        body = written[at] if at is not None else None
        name = body.get("name") if isinstance(body, dict) else None
        where = "" if at is None else f"feature {name!r}: " if name else f"feature {at + 1} of the list: "
        told.append(f"{where}{problem_words(problem, skip=0 if at is None else 2)}")
    return "; ".join(told)
