"""A company's source, opened: the same few questions asked of tables wherever they lie and of a flat file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.bundle import Bundle
from icpfit.config import Config, CrmSource, FeatureSpec, FlatSource, FolderSource, MappedSource, Outcome, load_config
from icpfit.features.build import build_features, current_state
from icpfit.features.declared import check_features, declare
from icpfit.features.spelling import misspelt_values
from icpfit.moments import choose_as_of, day_text, parse_moment
from icpfit.scoring.resolve import Resolved
from icpfit.scoring.score import FeatureBuilder
from icpfit.sources.contract import TABLES
from icpfit.sources.crm.read import read_crm
from icpfit.sources.database import read_database
from icpfit.sources.directory import Directory, directory_of
from icpfit.sources.flat import FlatTable, read_flat, read_under
from icpfit.sources.flat_features import flat_targets
from icpfit.sources.folder import read_folder
from icpfit.sources.intake import Intake
from icpfit.sources.merges import Merge
from icpfit.sources.rows import DataFinding, RowCount
from icpfit.sources.sql import plain_own_text
from icpfit.sources.staging import is_own
from icpfit.sources.targets import TargetList, read_target_list
from icpfit.sources.warehouse import Warehouse
from icpfit.training_set import TrainingSet, build_training_set, training_set_from_flat


@dataclass(frozen=True)
class Opened:
    """A configuration with its data. Tables are read and checked; a flat file is read when its rows are asked for.

    ``flat_as_of``: of a flat file, only what was known then. ``flat_specs``: its features, where not the configuration but
    a model says which. ``flat_read``: the file's rows under the configuration's features, where they were read already.
    """

    config: Config
    warehouse: Warehouse | None
    flat_as_of: int | None = None
    flat_specs: tuple[FeatureSpec, ...] | None = None
    flat_read: FlatTable | None = None
    said_of_features: tuple[DataFinding, ...] = ()

    def __post_init__(self) -> None:
        if (self.warehouse is None) != isinstance(self.config.source, FlatSource):
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
        return (self.flat.count,)

    def place(self, table: str) -> str:
        """What people call a table: a flat file has a name of its own."""
        return self.config.source.path.name if isinstance(self.config.source, FlatSource) else table

    @property
    def findings(self) -> tuple[DataFinding, ...]:
        if self.warehouse is None:
            return self.flat.findings
        return (*self.warehouse.findings, *self.said_of_features, *self._misspelt)

    @cached_property
    def _misspelt(self) -> tuple[DataFinding, ...]:
        return misspelt_values(self.warehouse, self.config.features) if self.warehouse is not None else ()

    @property
    def merges(self) -> tuple[Merge, ...]:
        """Accounts that are another one. A flat file has none."""
        return self.warehouse.merges if self.warehouse is not None else ()

    @property
    def lasting_findings(self) -> tuple[DataFinding, ...]:
        """The findings as a model keeps them: of a table by its name, since it may lie in another file or database the next time."""
        places = self.warehouse.places if self.warehouse is not None else {}
        own = {table: f"{place}:" for table, place in places.items()}
        return tuple(
            replace(f, words=f"{f.table}:{f.words.removeprefix(own[f.table])}")
            if f.table in own and f.words.startswith(own[f.table])
            else f
            for f in self.findings
        )

    @property
    def fingerprint(self) -> str:
        return self.warehouse.fingerprint if self.warehouse is not None else self.flat.fingerprint

    @property
    def specs(self) -> tuple[FeatureSpec, ...]:
        return self.config.features if self.warehouse is not None else self.flat.specs

    @cached_property
    def flat(self) -> FlatTable:
        """The flat file's rows, read at the first call.

        Raises:
            SourceError: a file fault.
        """
        if not isinstance(self.config.source, FlatSource):
            raise ValueError("not a flat file")
        table = self.flat_read or read_flat(self.config.source, max_left_out=self.config.max_left_out, as_of=self.flat_as_of)
        return table if self.flat_specs is None else read_under(table, self.config.source, self.flat_specs)

    @property
    def newest(self) -> int | None:
        """The newest time in the data, rounded up to the day; None where it has no dates."""
        if self.warehouse is not None:
            return self.warehouse.newest
        source = self.config.source
        if isinstance(source, FlatSource) and source.columns.created_at is None and source.columns.closed_at is None:
            return None  # no need to read the file
        return self.flat.newest

    def moment(self, as_of: str | None) -> int:
        """``--as-of``, or the newest time in the data, rounded up to the day. Never the clock. 0 without dates."""
        asked = self.scoring_moment(as_of)
        return asked if asked is not None else 0

    def scoring_moment(self, as_of: str | None) -> int | None:
        """The same; None where nothing is said and the source has no dates."""
        return parse_moment(as_of) if as_of is not None else self.newest

    def day(self, moment: int) -> str | None:
        """The day of a moment; None where the source has no dates, so that it means nothing."""
        return None if moment == 0 and self.newest is None else day_text(moment)

    def too_early(self, moment: int) -> tuple[str, ...]:
        """In words, that no deal of the data folder was created before ``moment``, and when they were; else nothing.

        Of a flat file nothing is left then, and reading it says so.
        """
        if self.warehouse is None:
            return ()
        first, last = self.warehouse.connection.sql("SELECT min(created_at), max(created_at) FROM deals").fetchall()[0]
        if first is None:  # every deal was set aside, and not by a fault: nothing can be learned from none
            return ("no deal can be used: see the reasons at deals",)
        return (f"nothing was known as of {day_text(moment)}: {choose_as_of('deals', first, last)}",) if first >= moment else ()

    def training_set(self, outcome: Outcome, as_of: int) -> TrainingSet:
        if self.warehouse is not None:
            check_features(self.warehouse, self.config.features, self.config.feature_places)
            return build_training_set(self.warehouse, self.config, outcome, as_of)
        return training_set_from_flat(self.flat, self.config, as_of if self.newest is not None else None)

    def with_features(self, specs: tuple[FeatureSpec, ...]) -> Opened:
        """The same data under a bundle's own features: a model is asked with what it learned from, whatever the configuration says now."""
        if self.warehouse is None:
            own = self.flat if self.flat_specs is None else self.flat_read
            return replace(self, flat_specs=specs, flat_read=own)
        outcomes = self.config.outcomes.model_copy(update={"deal_attributes": tuple(s.column for s in specs if s.table == "deals")})
        features = tuple(s for s in specs if s.table != "deals")
        return replace(self, config=self.config.model_copy(update={"features": features, "outcomes": outcomes}))

    def current_state(self) -> tuple[str, ...]:
        return current_state(self.warehouse, self.config.features) if self.warehouse is not None else ()

    @cached_property
    def directory(self) -> Directory:
        """Which account an id or a domain means. A flat file knows none."""
        return directory_of(self.warehouse.connection) if self.warehouse is not None else Directory()

    def known_accounts(self) -> pd.DataFrame | None:
        """What scoring needs to know of the accounts that are kept. A flat file knows none."""
        if self.warehouse is None:
            return None
        columns = [c for c in ("account_id", "domain", "name", "visible_at") if c in self.warehouse.columns["accounts"]]
        listed = ", ".join(f'"{c}"' for c in columns)
        accounts = self.warehouse.connection.sql(f"SELECT {listed} FROM accounts ORDER BY account_id").df().astype(object)
        known: pd.DataFrame = accounts.where(accounts.notna(), None)
        return known

    def read_targets(self, path: Path) -> TargetList:
        """A target list; one that bears the flat file's own headers is understood as the file is."""
        if not isinstance(self.config.source, FlatSource):
            return read_target_list(path)
        own = self.config.source.columns
        named = {"account_id": (own.account_id, own.id), "domain": (own.domain,), "name": (own.name,)}
        return read_target_list(path, also={role: [c for c in columns if c] for role, columns in named.items()})

    def feature_builder(self, bundle: Bundle, targets: TargetList, resolved: Resolved) -> FeatureBuilder:
        """Rows to be scored, each as of a moment, to the features of the bundle, read as it has learned to read them."""
        specs = bundle.specs
        rows = targets.frame.iloc[resolved.rows].reset_index(drop=True)
        if isinstance(self.config.source, FlatSource):
            values = flat_targets(bundle.missing, specs, rows, decimal_comma=bundle.decimal_comma)
            return lambda chosen, _: values.iloc[chosen].reset_index(drop=True)
        if self.warehouse is None:
            raise ValueError("a source is a warehouse or a flat file")
        warehouse = self.warehouse
        fields = dict.fromkeys((*TABLES["accounts"].columns, *warehouse.columns["accounts"]))

        def said_of(table: str, column: str) -> pd.Series | None:
            return self.said(targets, resolved, table, column)

        said = {c: cells for c in fields if c != "account_id" and (cells := said_of("accounts", c)) is not None}
        accounts = np.array(resolved.account_id, dtype=object)
        of_accounts = tuple(s for s in bundle.declared if s.table != "deals")
        # A target account has no deal: what a model knows of deals is unknown, unless the list says it.
        of_deals = {s.name: said_of("deals", s.column or s.name) for s in specs if s.table == "deals"}

        def build(chosen: npt.NDArray[np.int64], as_of: npt.NDArray[np.int64]) -> pd.DataFrame:
            moments = pd.DataFrame({"account_id": pd.Series(accounts[chosen], dtype=object), "as_of": as_of})
            overrides = pd.DataFrame(said, index=rows.index).iloc[chosen].reset_index(drop=True) if said else None
            built = build_features(warehouse, of_accounts, moments, overrides)
            for name, cells in of_deals.items():
                values = cells.to_numpy(dtype=object)[chosen] if cells is not None else [None] * len(chosen)
                built[name] = pd.Series(values, index=built.index, dtype=object)
            return built[[s.name for s in specs]]

        return build

    def said(self, targets: TargetList, resolved: Resolved, table: str, column: str) -> pd.Series | None:
        """What a list says of a table's column, one cell per row to be scored, in the words of the training; None where it has none."""
        own = targets.column(column)
        if own is None:
            return None
        cells = targets.frame[own].iloc[resolved.rows].reset_index(drop=True)
        return self._as_mapped((table,), column, cells)

    def products(self, targets: TargetList, resolved: Resolved) -> npt.NDArray[np.object_] | None:
        """What a list says that each row to be scored would buy, in the words of the training; None where it says nothing.

        A deal's product is its own, else its subscription's: the words of both are understood.
        """
        own = targets.column("product")
        if own is None:
            return None
        return self._as_mapped(("deals", "subscriptions"), "product", targets.frame[own].iloc[resolved.rows]).to_numpy(object)

    def _as_mapped(self, tables: tuple[str, ...], column: str, cells: pd.Series) -> pd.Series:
        """Cells of a target list as those of the tables became when they were read: ``source.values`` translated, flags and
        whole numbers of a company's own columns in their plain form.

        Where two tables translate a text, the first one's word holds.
        """
        source = self.config.source
        if not isinstance(source, MappedSource):
            return cells
        values = {old: new for table in reversed(tables) for old, new in source.values.get(table, {}).get(column, {}).items()}
        own = all(is_own(TABLES[table], column) for table in tables)
        if not values and not own:
            return cells
        said = [values.get(c, c) or None for c in cells]
        if own:
            said = [None if c is None else plain_own_text(str(c)) for c in said]
        # The dtype is said: pandas would make texts with gaps a type of its own, whose gaps are not None.
        return pd.Series(said, index=cells.index, dtype=object)


def open_source(config: Config, as_of: str | None = None) -> Opened:
    """Open the source as the contract asks; of a flat file, only what was known at ``as_of``.

    Raises:
        ConfigError: ``as_of`` is no date.
        SourceError: a file fault; nothing was written. A flat file is read later, when its rows are asked for.
    """
    source, moment = config.source, parse_moment(as_of) if as_of is not None else None
    if isinstance(source, FlatSource):
        return Opened(config, None, moment)
    intake = Intake.of(config)
    if isinstance(source, CrmSource):
        warehouse = read_crm(source, intake)
    elif isinstance(source, FolderSource):
        warehouse = read_folder(source, intake)
    else:
        warehouse = read_database(source, intake)
    declared = declare(config, warehouse)
    return Opened(config.model_copy(update={"features": declared.specs}), warehouse, said_of_features=declared.findings)


def open_config(path: Path, as_of: str | None = None) -> Opened:
    """A configuration file and the data that it names."""
    return open_source(load_config(path), as_of)
