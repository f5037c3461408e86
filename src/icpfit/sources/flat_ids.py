"""What a row of a flat file is called, and whose it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import FlatSource
from icpfit.sources.identity import company_domain, normalise_domains
from icpfit.sources.rows import DataFinding
from icpfit.sources.values import Moments, categories

TABLE = "flat"


def row_ids(
    source: FlatSource,
    frame: pd.DataFrame,
    content: pd.DataFrame,
    row: npt.NDArray[np.int64],
    created: Moments,
    good: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.object_], tuple[DataFinding, ...]]:
    """One id per row, and a finding where a key came more than once.

    A repeated key keeps each row, as ``id``, ``id#2``, ``id#3``: in the file's order where that is time,
    else by creation and then by ``content`` (which leaves out what is only known at the close), so that
    neither the order of the file nor what happened later decides which is which. Without an id two equal
    rows may well be two deals: both are kept.
    """
    if source.columns.id is None:
        return np.array([f"row-{n:07d}" for n in row], dtype=object), _alike(source, frame[good])
    ids = frame[source.columns.id].astype(object).to_numpy().copy()
    again = pd.Series(ids[good]).duplicated(keep=False).to_numpy()
    at = np.flatnonzero(good)[again]
    if not len(at):
        return ids, ()
    columns = [content[c].iloc[at].tolist() for c in content.columns]
    cells = list(zip(*columns, strict=True)) if columns else [()] * len(at)
    taken, number = set(ids[good]), dict.fromkeys(ids[at], 0)
    order = (
        range(len(at)) if source.row_order_is_time else sorted(range(len(at)), key=lambda k: (created.micros[at[k]], cells[k], row[at[k]]))
    )
    for k in order:
        own = ids[at[k]]
        number[own] += 1
        while number[own] > 1 and f"{own}#{number[own]}" in taken:
            number[own] += 1
        if number[own] > 1:
            ids[at[k]] = f"{own}#{number[own]}"
    key = frame[source.columns.id].iloc[at[0]]
    rows = ", ".join(f"{row[i]:,}" for i in [i for i in at if frame[source.columns.id].iloc[i] == key][:4])
    words = (
        f"{source.path.name}: {len(number):,} values of {source.columns.id!r} stand in several rows with different content, "
        f"{len(at):,} rows in all, e.g. {key!r} in rows {rows}. Each row is kept, as {key}, {key}#2, and so on."
    )
    return ids, (DataFinding("FLAT-KEY-REPEATED", "warning", TABLE, words, len(at)),)


def _alike(source: FlatSource, frame: pd.DataFrame) -> tuple[DataFinding, ...]:
    n = int(frame.duplicated().sum())
    words = (
        f"{source.path.name}: {n:,} of {len(frame):,} rows are like an earlier row in every column. Without an id nobody can "
        "tell whether they are copies: they were kept. If a column tells the rows apart, name it under source.columns.id."
    )
    return (DataFinding("FLAT-ALIKE", "note", TABLE, words, n),) if n else ()


def account_ids(source: FlatSource, frame: pd.DataFrame, ids: npt.NDArray[np.object_], missing: frozenset[str]) -> npt.NDArray[np.object_]:
    """The account's id, else its registrable domain (never a mail provider's), else the row's own key (before any ``#2``).

    So rows of one company, and rows of one key, stay together.
    """
    own = ids if source.columns.id is None else frame[source.columns.id].astype(object).to_numpy()
    for column, known in ((source.columns.domain, _companies), (source.columns.account_id, list)):
        if column is not None:
            given = known(categories(frame[column], missing))
            own = np.array([o if g is None else g for g, o in zip(given, own, strict=True)], dtype=object)
    return own


def _companies(domains: npt.NDArray[np.object_]) -> list[str | None]:
    return [company_domain(d) for d in normalise_domains(domains)]
