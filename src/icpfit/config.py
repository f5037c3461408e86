"""What a company declares. Frozen, and nothing unknown gets through: a typo is an error with a line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from icpfit.config_checks import CheckSettings
from icpfit.config_crm import CrmSource, PostgresPlace, Source
from icpfit.config_drift import DriftSettings, ProductLaunch
from icpfit.config_faults import did_you_mean, words_of
from icpfit.config_features import Aggregate, Direction, FeatureSpec, Kind, read_feature_files, repeated
from icpfit.config_feeds import AccountFrom, Feed
from icpfit.config_identity import IdentitySettings
from icpfit.config_scorecard import Disqualifier, ScorecardSettings, TierSettings, Weighed
from icpfit.config_sources import (
    LAYERS,
    OUTCOMES,
    DatabaseSource,
    DuckDBSource,
    FlatColumns,
    FlatSource,
    FolderSource,
    Layer,
    MappedSource,
    Outcome,
    PostgresSource,
    Strict,
)
from icpfit.config_text import read_text, read_yaml
from icpfit.errors import ConfigError
from icpfit.paths import plain_path

__all__ = [
    "LAYERS",
    "OUTCOMES",
    "AccountFrom",
    "Aggregate",
    "CheckSettings",
    "Config",
    "CrmSource",
    "DatabaseSource",
    "Direction",
    "Disqualifier",
    "DriftSettings",
    "DuckDBSource",
    "FeatureSpec",
    "Feed",
    "FlatColumns",
    "FlatSource",
    "FolderSource",
    "GateSettings",
    "IdentitySettings",
    "Kind",
    "Layer",
    "LeakageAllowance",
    "MappedSource",
    "Outcome",
    "OutcomeSettings",
    "PostgresSource",
    "ProductLaunch",
    "ScorecardSettings",
    "Source",
    "TierSettings",
    "TrainingSettings",
    "Weighed",
    "load_config",
    "parse_config",
]


class OutcomeSettings(Strict):
    """How deals and customers become labels. Days unless said otherwise."""

    scoring_delay_days: float = Field(default=0, ge=0)
    maturity_share: float = Field(default=0.9, gt=0, le=1)
    stale_after_days: int | None = Field(default=None, ge=1)
    retention_horizon_days: int = Field(default=365, ge=1)
    renewal_grace_days: int = Field(default=30, ge=0)
    retention_rule: Literal["kept_arr", "expanded_or_referred"] = "kept_arr"
    first_subscription_within_days: int = Field(default=90, ge=1)
    max_discount: float | None = Field(default=0.3, gt=0, lt=1, description="share of list; wins above it are bought, and do not teach fit")
    deal_attributes: tuple[Literal["source", "product", "use_case"], ...] = ()


class LeakageAllowance(Strict):
    """A refused attribute that may come back, and who says that it was known in time."""

    feature: str
    why: str = Field(min_length=10)


class TrainingSettings(Strict):
    """The budget and the rules of tuning and validation."""

    seed: int = 7
    trials: int = Field(default=24, ge=1)
    minutes: float | None = Field(default=None, gt=0)
    min_train_rows: int = Field(default=100, ge=20)
    test_quarters: int = Field(default=6, ge=1, description="newest quarters that are tested forward in time")
    final_quarters: int = Field(default=2, ge=1, description="of those, the newest, which tuning never sees")
    permutations: int = Field(default=999, ge=199)
    bootstrap: int = Field(default=400, ge=50)
    max_rows_tuning: int = Field(default=20_000, ge=1_000)
    segments: tuple[str, ...] = Field(
        default=("region", "product"), description="traits or features in whose values the models are looked at one by one"
    )
    allow: tuple[LeakageAllowance, ...] = ()


class GateSettings(Strict):
    """What a challenger must show before leadership is asked."""

    non_inferiority_auc: float = Field(default=0.01, ge=0, le=0.2)
    calibration_slope: tuple[float, float] = (0.7, 1.4)
    min_card_spearman: float = Field(default=0.85, ge=0, le=1)
    max_tier_moves: float = Field(default=0.35, ge=0, le=1)
    min_reverse_gap: float = Field(default=0.0, description="kept customers' mean points less those of the churned, at least")
    max_wins_below_line: float = Field(default=0.5, ge=0, le=1, description="share of past wins in tier D")
    binding_warnings: bool = False
    cannot_tell_passes: bool = True
    min_matured_rows: int = Field(default=60, ge=1)


class Config(Strict):
    """A company's whole declaration."""

    company: str = "Your company"
    currency: str = "USD"
    source: Source
    feeds: tuple[Feed, ...] = ()
    max_left_out: float = Field(default=0.2, ge=0, le=1)
    accountless_rows_exempt: bool = False
    identity: IdentitySettings = IdentitySettings()
    checks: CheckSettings = CheckSettings()
    outcomes: OutcomeSettings = OutcomeSettings()
    features: tuple[FeatureSpec, ...] = ()
    feature_files: tuple[str, ...] = Field(default=(), description="files of further features, beside this one: features/*.yaml")
    built_in_features: bool = Field(
        default=False, description="the built-in features too, where a declared one does not bear the name; without any declared, always"
    )
    competitor_domains: tuple[str, ...] = Field(default=(), description="of the features competitor_domain that name none themselves")
    training: TrainingSettings = TrainingSettings()
    scorecard: ScorecardSettings = ScorecardSettings()
    gates: GateSettings = GateSettings()
    drift: DriftSettings = DriftSettings()
    _places: Mapping[str, str] = PrivateAttr(default_factory=dict)
    _gave_way: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _tables_for_feeds(self) -> Config:
        for name, said in (("feeds", bool(self.feeds)), ("checks", self.checks != CheckSettings())):
            if said and isinstance(self.source, FlatSource):
                raise ValueError(f"{name} are about the tables of the contract; a flat file has none")
        return self

    @model_validator(mode="after")
    def _unique_names(self) -> Config:
        if twice := repeated(self.features):
            raise ValueError(f"features declared twice: {', '.join(twice)}")
        return self

    @property
    def feature_places(self) -> Mapping[str, str]:
        """The file of each feature that came from one."""
        return self._places

    @property
    def gave_way(self) -> Mapping[str, str]:
        """The file of each feature that is not used, since the configuration itself declares one of its name."""
        return self._gave_way

    def with_files(self, files: Mapping[str, tuple[FeatureSpec, ...]]) -> Config:
        """With the features of ``files`` behind its own, which go before one of the same name."""
        own = {s.name for s in self.features}
        further = tuple(s for specs in files.values() for s in specs if s.name not in own)
        whole = self.model_copy(update={"features": (*self.features, *further)})
        places = {s.name: place for place, specs in files.items() for s in specs}
        whole._places = {name: place for name, place in places.items() if name not in own}
        whole._gave_way = {name: place for name, place in places.items() if name in own}
        return whole

    def fingerprint(self) -> str:
        """sha256 of the declaration, without the places where the data and the files of features lie: their content counts."""
        # The checks are asked of the data, and the triggers of drift of what came since: they change nothing that is learned.
        places = set(self.source.where)
        body = self.model_dump(mode="json", exclude={"source": places, "feature_files": True, "checks": True, "drift": True})
        for part in (*body["feeds"], *(f["account_from"] for f in body["feeds"] if f["account_from"])):
            part.pop("path", None)
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def load_config(path: Path) -> Config:
    """Read a configuration; relative paths in it start at its own folder, and ``${NAME}`` is an environment variable.

    Raises:
        ConfigError: the file is missing, is not YAML, or declares something unknown; with the
            place in the file's own words (``scorecard.tiers.0.share``).
    """
    text = read_text(path, "configuration", "name yours with --config; icpfit init --from DATA --out CONFIG writes one")
    return parse_config(text, path)


def parse_config(text: str, path: Path) -> Config:
    """What :func:`load_config` makes of the text of a file at ``path``."""
    body = read_yaml(text, path)
    if not isinstance(body, dict):
        raise ConfigError(f"{path}: a configuration is a mapping, with 'source' in it")
    try:
        config = Config.model_validate(body)
    except ValidationError as error:
        raise ConfigError(f"{path}: {words_of(error)}", hint=did_you_mean(error, Config)) from error
    if config.feature_files:
        config = config.with_files(read_feature_files(config.feature_files, path))
    feeds = tuple(_placed_feed(f, path, i) for i, f in enumerate(config.feeds))
    return config.model_copy(update={"source": _placed(config.source, path), "feeds": feeds})


def _placed(source: Any, config: Path) -> Any:
    """A source whose relative path starts at the configuration's folder; a database on a server has none."""
    if isinstance(source, CrmSource):
        return source.model_copy(update={"over": _placed(source.over, config)})
    if isinstance(source, (PostgresSource, PostgresPlace)):
        return source
    return source.model_copy(update={"path": _place(source.path, config, "source.path")})


def _placed_feed(feed: Feed, config: Path, number: int) -> Feed:
    """The feed with its files where they are, seen from the configuration's folder."""
    found: dict[str, object] = {"path": _place(feed.path, config, f"feeds.{number}.path")}
    if feed.account_from is not None and feed.account_from.path is not None:
        there = _place(feed.account_from.path, config, f"feeds.{number}.account_from.path")
        found["account_from"] = feed.account_from.model_copy(update={"path": there})
    return feed.model_copy(update=found)


def _place(written: Path, config: Path, setting: str) -> Path:
    return plain_path(config.parent / _with_environment(written, config, setting))  # a full path stays what it is


def _with_environment(written: Path, config: Path, setting: str) -> Path:
    """``${NAME}`` in the data's path is the environment's: one configuration serves several machines."""
    import os
    import re

    def named(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if value is None:
            raise ConfigError(f"{config}: {setting} names the variable {match[1]}, which is not set", hint=f"export {match[1]}=…")
        return value

    return Path(re.sub(r"\$\{(\w+)\}", named, str(written)))
