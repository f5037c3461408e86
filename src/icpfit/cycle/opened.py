"""A company's source, opened: the same few questions asked of a data folder and of a flat file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Config, FeatureSpec, FlatSource, FolderSource, Outcome, load_config
from icpfit.errors import SourceError
from icpfit.features.build import build_features, current_state
from icpfit.moments import parse_moment
from icpfit.scoring.resolve import Resolved
from icpfit.scoring.score import FeatureBuilder
from icpfit.sources.contract import TABLES
from icpfit.sources.flat import FlatTable, read_flat
from icpfit.sources.flat_features import flat_targets
from icpfit.sources.folder import read_folder
from icpfit.sources.rows import DataFinding, RowCount
from icpfit.sources.targets import TargetList, read_target_list
from icpfit.sources.warehouse import Warehouse
from icpfit.training_set import TrainingSet, build_training_set, training_set_from_flat


@dataclass(frozen=True)
class Opened:
    """A configuration with its data read and checked. One of ``warehouse`` and ``flat`` is there."""

    config: Config
    warehouse: Warehouse | None
    flat: FlatTable | None

    def __post_init__(self) -> None:
        if (self.warehouse is None) == (self.flat is None):
            raise ValueError("a source is a warehouse or a flat file")

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What can be learned here. A flat file holds one outcome; retention needs subscriptions."""
        if isinstance(self.config.source, FlatSource):
            return (self.config.source.outcome,)
        if self.warehouse is not None and self.warehouse.has("subscriptions"):
            return ("win", "retention")
        return ("win",)

    @property
    def counts(self) -> tuple[RowCount, ...]:
        if self.warehouse is not None:
            return self.warehouse.counts
        return (self._flat.count,)

    @property
    def findings(self) -> tuple[DataFinding, ...]:
        return self.warehouse.findings if self.warehouse is not None else self._flat.findings

    @property
    def fingerprint(self) -> str:
        return self.warehouse.fingerprint if self.warehouse is not None else self._flat.fingerprint

    @property
    def has_times(self) -> bool:
        """Whether any column says when; without one the moment is 0 and means nothing."""
        return self.warehouse is not None or self._flat.newest is not None

    @property
    def specs(self) -> tuple[FeatureSpec, ...]:
        return self.config.features if self.warehouse is not None else self._flat.specs

    @property
    def _flat(self) -> FlatTable:
        if self.flat is None:
            raise ValueError("not a flat file")
        return self.flat

    def moment(self, as_of: str | None) -> int:
        """``--as-of``, or the newest time in the data, rounded up to the day. Never the clock."""
        if as_of is not None:
            return parse_moment(as_of)
        newest = self.warehouse.newest if self.warehouse is not None else self._flat.newest
        return newest if newest is not None else 0

    def training_set(self, outcome: Outcome, as_of: int) -> TrainingSet:
        if self.warehouse is not None:
            return build_training_set(self.warehouse, self.config, outcome, as_of)
        return training_set_from_flat(self._flat, self.config, as_of if self._flat.newest is not None else None)

    def with_features(self, specs: tuple[FeatureSpec, ...]) -> Opened:
        """The same data under a bundle's own features: scoring uses what the model learned from, whatever the configuration says now."""
        if self.warehouse is None:
            return self
        return replace(self, config=self.config.model_copy(update={"features": tuple(s for s in specs if s.table != "deals")}))

    def current_state(self) -> tuple[str, ...]:
        return current_state(self.warehouse, self.config.features) if self.warehouse is not None else ()

    def known_accounts(self) -> tuple[frozenset[str], dict[str, str], pd.DataFrame | None]:
        """Known account ids, normalised domain to account, and their names. A flat file knows none."""
        if self.warehouse is None:
            return frozenset(), {}, None
        columns = [c for c in ("account_id", "domain", "name") if c in self.warehouse.columns["accounts"]]
        listed = ", ".join(f'"{c}"' for c in columns)
        accounts = self.warehouse.connection.sql(f"SELECT {listed} FROM accounts ORDER BY account_id DESC").df().astype(object)
        accounts = accounts.where(accounts.notna(), None)
        # Descending order, so that of accounts with one domain the first id is the one that stays.
        by_domain = {d: a for a, d in zip(accounts["account_id"], accounts["domain"], strict=True) if d is not None}
        return frozenset(accounts["account_id"]), by_domain, accounts

    def read_targets(self, path: Path) -> TargetList:
        extra: tuple[str, ...] = ()
        if isinstance(self.config.source, FlatSource):
            extra = tuple(c for c in (self.config.source.columns.account_id, self.config.source.columns.id) if c)
        return read_target_list(path, id_columns=extra)

    def feature_builder(self, specs: tuple[FeatureSpec, ...], targets: TargetList, resolved: Resolved) -> FeatureBuilder:
        """Moments to the columns of ``specs`` (a bundle's own), for the rows that are to be scored."""
        rows = targets.frame.iloc[resolved.rows].reset_index(drop=True)
        if self.warehouse is None or not isinstance(self.config.source, FolderSource):
            if not isinstance(self.config.source, FlatSource):
                raise ValueError("a source is a folder or a flat file")
            values = flat_targets(self.config.source, specs, rows)
            return lambda _: values
        warehouse = self.warehouse
        fields = dict.fromkeys((*TABLES["accounts"].columns, *warehouse.columns["accounts"]))
        said = {c: rows[own] for c in fields if c != "account_id" and (own := targets.roles.get(c, c)) in rows.columns}
        overrides = pd.DataFrame(said, index=rows.index) if said else None
        of_accounts = tuple(s for s in specs if s.table != "deals")
        # A target account has no deal: what a model knows of deals is unknown, unless the list says it.
        of_deals = {s.name: rows[s.column] if s.column in rows.columns else None for s in specs if s.table == "deals"}

        def build(as_of: npt.NDArray[np.int64]) -> pd.DataFrame:
            moments = pd.DataFrame({"account_id": pd.Series(resolved.account_id, dtype=object), "as_of": as_of})
            built = build_features(warehouse, of_accounts, moments, overrides)
            for name, values in of_deals.items():
                built[name] = pd.Series(values, index=built.index, dtype=object)
            return built[[s.name for s in specs]]

        return build


def open_source(config: Config, as_of: str | None = None) -> Opened:
    """Read the source as the contract asks; of a flat file, only what was known at ``as_of``.

    Raises:
        SourceError: a file fault; nothing was written.
    """
    source = config.source
    if isinstance(source, FolderSource):
        warehouse = read_folder(source, max_left_out=config.max_left_out, accountless_rows_exempt=config.accountless_rows_exempt)
        if not config.features:
            raise SourceError(
                "the configuration declares no features",
                hint="icpfit init --from THE_FOLDER --out CONFIG proposes one for every column, technology, event and signal",
            )
        return Opened(config, warehouse, None)
    moment = parse_moment(as_of) if as_of is not None else None
    return Opened(config, None, read_flat(source, max_left_out=config.max_left_out, as_of=moment))


def open_config(path: Path, as_of: str | None = None) -> Opened:
    """A configuration file and the data that it names."""
    return open_source(load_config(path), as_of)
