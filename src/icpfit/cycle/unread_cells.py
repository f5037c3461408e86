"""Cells of a list to be scored that are no numbers where numbers should stand: scored as unknown, and said."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from icpfit.bundle import Bundle
from icpfit.cycle.opened import Opened
from icpfit.features.account_query import field_of
from icpfit.features.values import unread
from icpfit.scoring.resolve import Resolved
from icpfit.sources.flat_features import flat_unread
from icpfit.sources.phrases import unread_finding
from icpfit.sources.rows import DataFinding
from icpfit.sources.targets import TargetList

Unread = tuple[str, bool, npt.NDArray[np.bool_]]
"""the list's column, whether it should say yes or no, and the rows to be scored where it is not read"""


def unread_cells(opened: Opened, bundle: Bundle, targets: TargetList, resolved: Resolved) -> tuple[DataFinding, ...]:
    """A warning for each column of the list that a feature reads as a number, or as yes and no, with cells that are neither."""
    columns = _of_flat(bundle, targets, resolved) if opened.warehouse is None else _of_accounts(opened, bundle, targets, resolved)
    return tuple(_finding(targets, resolved, *column) for column in columns if column[2].any())


def _finding(targets: TargetList, resolved: Resolved, column: str, is_flag: bool, unread_rows: npt.NDArray[np.bool_]) -> DataFinding:
    first = resolved.rows[np.flatnonzero(unread_rows)[0]]
    return unread_finding(
        targets.path.name,
        column,
        rows=int(unread_rows.sum()),
        rows_in=len(unread_rows),
        line=int(targets.line[first]),
        cell=str(targets.frame[column].iloc[first]),
        is_flag=is_flag,
    )


def _of_flat(bundle: Bundle, targets: TargetList, resolved: Resolved) -> Iterator[Unread]:
    rows = targets.frame.iloc[resolved.rows].reset_index(drop=True)
    for column, (kind, bad) in flat_unread(bundle.missing, bundle.specs, rows, decimal_comma=bundle.decimal_comma).items():
        yield column, kind == "flag", bad


def _of_accounts(opened: Opened, bundle: Bundle, targets: TargetList, resolved: Resolved) -> Iterator[Unread]:
    """Fields of the account: of what happened to it a list says nothing."""
    asked: dict[str, bool] = {}
    for spec in bundle.declared:
        field = field_of(spec)
        if field is not None and spec.table == "accounts" and spec.aggregate in ("value", "age_years") and spec.kind != "category":
            asked.setdefault(field, spec.kind == "flag")
    for field, is_flag in asked.items():
        cells, column = opened.said(targets, resolved, "accounts", field), targets.column(field)
        if cells is not None and column is not None and opened.warehouse is not None:
            yield column, is_flag, unread(opened.warehouse.connection, cells.to_numpy(dtype=object), as_flags=is_flag)
