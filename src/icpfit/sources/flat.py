"""The flat file: one row per deal, customer or lead, every row a row used or a row left out, by reason."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from icpfit.config import FeatureSpec, FlatSource
from icpfit.errors import SourceError
from icpfit.moments import DAY, Micros, choose_as_of, round_up_to_day
from icpfit.paths import absent, configured
from icpfit.sources.flat_faults import Faults, refuse_far_newest
from icpfit.sources.flat_features import TABLE, declare_specs, flat_targets, parse_features
from icpfit.sources.flat_ids import account_ids, row_ids
from icpfit.sources.flat_results import OtherResult, other_results, unnamed_results
from icpfit.sources.flat_roles import check_columns, check_results, label_of
from icpfit.sources.flat_times import mark_times, read_times, seen_as_of, two_closes
from icpfit.sources.flat_windows import leave_out_by_window
from icpfit.sources.rows import DataFinding, LeftOut, RowCount
from icpfit.sources.texts import read_texts
from icpfit.sources.values import Moments, categories, numbers, with_points

__all__ = ["FlatTable", "flat_targets", "read_flat", "read_under"]

BASE = ("id", "account_id", "domain", "name", "created_at", "closed_at", "amount", "label")


@dataclass(frozen=True)
class FlatTable:
    """The usable rows of a flat file.

    ``frame``: ``id, account_id`` (text; the id where the file names no account), ``domain, name`` (text
    or None), ``created_at, closed_at`` (Int64 microseconds since 1970 in UTC, NA = not known),
    ``amount`` (float64), ``label`` (float64: 1 positive, 0 negative, NaN where the result is neither:
    still open, or unknown), then one column per spec. Its index is the row's number in the file. Rows
    stand in the file's order where that is time, else by ``created_at`` and ``id``.

    A negative row without a close (a lead that simply never bought) closes ``outcome_window_days`` after its
    creation, where the configuration names that window beside a ``closed_at``.

    ``newest`` is the default moment of knowing, rounded up to the day; None where no column holds a time.
    ``fingerprint`` is a sha256 over the content of the used rows: the same for any order of the rows,
    unless their order is time. ``unused`` are the columns that have no role and no layer, ``columns`` all that the file has.
    ``others`` are the results that are neither positive nor negative.
    """

    frame: pd.DataFrame
    specs: tuple[FeatureSpec, ...]
    count: RowCount
    left_out: LeftOut
    findings: tuple[DataFinding, ...]
    unused: tuple[str, ...]
    fingerprint: str
    newest: Micros | None
    columns: tuple[str, ...] = ()
    others: tuple[OtherResult, ...] = ()

    def __post_init__(self) -> None:
        names = [*BASE, *(s.name for s in self.specs)]
        if list(self.frame.columns) != names:
            raise ValueError(f"a flat table has the columns {names}, got {list(self.frame.columns)}")
        if self.count.used != len(self.frame):
            raise ValueError(f"{self.count.used} rows counted as used, {len(self.frame)} are there")


def read_flat(source: FlatSource, *, max_left_out: float, as_of: Micros | None = None) -> FlatTable:
    """Read the file that ``source`` describes, and account for every row of it.

    With ``as_of`` the file is read as it was known then: rows created at or after it are left out, and a
    close at or after it has not happened yet. What kind a column is follows from the rows that are left.
    (Without a ``closed_at`` column nothing tells when a result became known: it is taken as it stands.)

    Raises:
        ConfigError: the configuration names a column or a result that the file does not have.
        SourceError: the file cannot be read, more than ``max_left_out`` of its rows have faults, none is
            usable, or its newest time is far behind all others.
    """
    if absent(source.path):
        raise SourceError(f"{source.path}: no such file", hint=configured(source.path, "file"))
    texts = read_texts(source.path, source.separator)
    place, roles = texts.place, source.columns
    check_columns(source, texts)
    missing = frozenset(source.missing)
    frame, row = texts.frame, texts.row
    if source.decimal_comma:
        numeric = [h for h in (roles.amount, *(h for names in source.layers.values() for h in names)) if h]
        frame = frame.assign(**{h: with_points(frame[h]) for h in numeric})
    blank = pd.Series("", index=frame.index, dtype="str")
    faults = Faults(place, row, frame[roles.id] if roles.id else blank, texts.broken)
    times = read_times(source, frame, missing)
    if as_of is not None:
        frame, times = seen_as_of(source, frame, times, as_of)
    created, closed = times.created, times.closed

    if roles.id:
        faults.mark("exact copy", frame.duplicated().to_numpy())
        faults.mark("no id", frame[roles.id].isin(["", *missing]).to_numpy(), roles.id)
    mark_times(source, faults, frame, times)
    amount = numbers(frame[roles.amount] if roles.amount else blank, missing)
    faults.mark("bad number", amount.bad, roles.amount, frame, "If the text means unknown, add it to source.missing.")
    if as_of is not None and roles.created_at:
        faults.set_aside("created at or after the as-of date", created.micros >= as_of)

    good = faults.good
    specs, said = declare_specs(source, frame[good], row[good], place)
    features = parse_features(frame, specs, missing)
    for header, bad in features.bad.items():
        faults.mark("bad number", bad, header, frame, "If the text means unknown, add it to source.missing.")
    label = label_of(source, frame[roles.result])
    closed_micros = times.closed_micros
    faults.refuse_too_many(max_left_out)
    never = check_results(source, frame[roles.result][faults.good], label[faults.good], as_of)
    newest = refuse_far_newest(
        place,
        row,
        {"created_at": (created.micros, created.known), "closed_at": (closed_micros, closed.known & ~np.isnan(label))},
        faults.good,
    )
    newest = None if newest is None else round_up_to_day(newest)
    closed_known = closed.known
    if source.outcome_window_days is not None and roles.closings:
        lapsed = (label == 0) & ~closed.known & created.known
        closed_micros = np.where(lapsed, created.micros + source.outcome_window_days * DAY, closed_micros)
        closed_known = closed.known | lapsed
    windows = leave_out_by_window(source, faults, created, as_of if as_of is not None else newest)
    if not faults.good.any():
        raise SourceError(f"{place}: no row is left to learn from, mostly '{faults.most()}'", hint=_what_to_do(faults, created, as_of))

    good = faults.good
    others = other_results(source, frame[roles.result], row, good, created, closed, as_of if as_of is not None else newest)
    content = frame.drop(columns=[roles.result, *roles.closings])
    twice = two_closes(source, frame, row, times, good)
    ids, repeated = row_ids(source, frame, content, row, created, good)
    table = pd.DataFrame(
        {
            "id": ids,
            "account_id": account_ids(source, frame, ids, missing),
            "domain": categories(frame[roles.domain] if roles.domain else blank, missing),
            "name": categories(frame[roles.name] if roles.name else blank, missing),
            "created_at": pd.arrays.IntegerArray(created.micros.copy(), ~created.known),
            "closed_at": pd.arrays.IntegerArray(closed_micros.astype(np.int64), ~closed_known),
            "amount": amount.values,
            "label": label,
        },
        index=pd.Index(row, name="row"),
    )
    table[["id", "account_id", "domain", "name"]] = table[["id", "account_id", "domain", "name"]].astype(object)
    table = pd.concat([table, features.frame.set_axis(table.index)], axis=1)[good]
    if not source.row_order_is_time:
        table = table.sort_values(["created_at", "id"], kind="stable")
    used = [c for c in dict.fromkeys([*_role_columns(source), *(s.column or s.name for s in specs)]) if c]
    given = {*used, *(h for names in source.layers.values() for h in names)}
    return FlatTable(
        frame=table,
        specs=specs,
        count=faults.count(),
        left_out=faults.left_out(),
        findings=(*faults.findings(), *never, *unnamed_results(source, others), *windows, *twice, *repeated, *said),
        unused=tuple(c for c in texts.columns if c not in given),
        fingerprint=_content(frame.loc[good, used], specs, ordered=source.row_order_is_time),
        newest=newest,
        columns=texts.columns,
        others=others,
    )


def read_under(table: FlatTable, source: FlatSource, specs: tuple[FeatureSpec, ...]) -> FlatTable:
    """The rows of ``table`` with features that a model knows, whatever layers and kinds its columns have now.

    They are read as those of a target list are: a column that is gone, or a text that is no number, is unknown.
    """
    texts = read_texts(source.path, source.separator)
    rows = texts.frame.iloc[pd.Index(texts.row).get_indexer(table.frame.index)].set_axis(table.frame.index)
    features = flat_targets(source.missing, specs, rows, decimal_comma=source.decimal_comma)
    return replace(table, frame=pd.concat([table.frame[list(BASE)], features], axis=1), specs=specs)


def _what_to_do(faults: Faults, created: Moments, as_of: Micros | None) -> str | None:
    known = created.micros[created.known]
    if as_of is not None and len(known) and known.min() >= as_of:
        return choose_as_of("rows", int(known.min()), int(known.max()))
    return faults.example()


def _role_columns(source: FlatSource) -> tuple[str | None, ...]:
    c = source.columns
    return (c.id, c.result, c.created_at, *c.closings, c.account_id, c.domain, c.name, c.amount)


def _content(frame: pd.DataFrame, specs: tuple[FeatureSpec, ...], *, ordered: bool) -> str:
    """Every row's own hash, sorted unless the order means something, then one over all of them."""
    columns = sorted(frame.columns)
    lists = [frame[c].tolist() for c in columns]
    rows = [hashlib.sha256("\x1f".join(cells).encode()).digest() for cells in zip(*lists, strict=True)]
    kinds = "\x1f".join([TABLE, *columns, *(f"{s.name}:{s.kind}" for s in specs)])
    return hashlib.sha256(kinds.encode() + b"".join(rows if ordered else sorted(rows))).hexdigest()
