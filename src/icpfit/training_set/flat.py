"""A training set from a flat file: its columns are the features, its rows are placed in time as well as the file allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Config, FlatSource
from icpfit.errors import ConfigError
from icpfit.moments import DAY, quarter_of, to_timestamps
from icpfit.outcomes import NEVER, DealBook, LabelsAt, known, win_labels
from icpfit.outcomes.columns import micros
from icpfit.outcomes.sensitivity import AtMaturity, maturity_sensitivity
from icpfit.training_set.assemble import assemble
from icpfit.training_set.core import Timing, TrainingSet

if TYPE_CHECKING:
    from icpfit.sources.flat import FlatTable

BLOCKS = 10
"""Cohorts of a file whose row order is its only time."""

NO_RESULT = "no result"
NO_CLOSE = "a result without a close date"
TOO_YOUNG = "too young to have an outcome"

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]


def training_set_from_flat(flat: FlatTable, config: Config, as_of: int | None) -> TrainingSet:
    """One row per row of the file with a known result.

    With ``created_at`` the rows are *dated*: with ``closed_at`` too, the rules of maturity are those of deals, for churn as
    for wins, since whoever decides fast is known first; without it a result counts as known
    ``outcome_window_days`` (or 0) after the creation. Where the configuration says that the row order is time they are
    *ordered*: a row's position is its number, a cohort is a tenth. Else there is no time, and
    ``labels_at`` gives every label. ``as_of`` (microseconds; None = the newest time) counts for dated rows only.

    Raises:
        ConfigError: the configuration's source is not a flat file.
    """
    source = config.source
    if not isinstance(source, FlatSource):
        raise ConfigError("a flat training set needs source.kind: flat")
    rows = flat.frame
    if source.columns.created_at is not None:
        return _dated(flat, config, source, as_of)
    label = rows["label"].to_numpy(dtype=np.float64)
    reason = np.where(np.isnan(label), NO_RESULT, "").astype(object)
    everything = np.ones(len(rows), dtype=bool)
    known_rows = LabelsAt(0, everything, label, reason)
    used = np.flatnonzero(reason == "")
    if not source.row_order_is_time:
        position = np.zeros(len(used), dtype=np.int64)
        cohort = np.full(len(used), "all", dtype=object)
        return _assembled(flat, config, source, known_rows, used, position, cohort, "none", lambda _: label[used])
    position = rows.index.to_numpy(dtype=np.int64)[used]

    def labels_at(moment: int) -> Floats:
        return np.where(known.before(position, moment), label[used], np.nan)

    return _assembled(flat, config, source, known_rows, used, position, _blocks(position), "ordered", labels_at)


def _dated(flat: FlatTable, config: Config, source: FlatSource, as_of: int | None) -> TrainingSet:
    rows = flat.frame
    cutoff = as_of if as_of is not None else flat.newest
    cutoff = NEVER if cutoff is None else cutoff
    created = micros(rows["created_at"])
    result = rows["label"].to_numpy(dtype=np.float64)
    if source.columns.closed_at is not None:
        # the file's own columns are what is known of a row, so it is scored as it is created
        settings = config.outcomes.model_copy(update={"scoring_delay_days": 0.0})
        stage = np.select([result == 1, result == 0], ["won", "lost"], "open").astype(object)
        deals = pd.DataFrame(
            {
                "deal_id": rows["id"].to_numpy(dtype=object),
                "account_id": rows["account_id"].to_numpy(dtype=object),
                "created_at": created,
                "closed_at": rows["closed_at"].to_numpy(dtype=np.float64, na_value=np.nan),
                "stage": stage,
            }
        )
        book = DealBook.from_frames(deals, settings)
        undated = ~np.isnan(result) & (book.closed == NEVER)

        def labelled(moment: int) -> LabelsAt:
            labels = win_labels(book, moment)
            reason = np.where(undated & (labels.reason == "still open"), NO_CLOSE, labels.reason).astype(object)
            return LabelsAt(moment, labels.exists, labels.label, reason)

    else:
        known_at = known.later(created, (source.outcome_window_days or 0) * DAY)

        def labelled(moment: int) -> LabelsAt:
            ripe = known.before(known_at, moment)
            return LabelsAt.of(moment, known.before(created, moment), result == 1, [(NO_RESULT, np.isnan(result)), (TOO_YOUNG, ~ripe)])

    now = labelled(cutoff)
    maturity = (lambda: maturity_sensitivity(book, cutoff)) if source.columns.closed_at is not None else tuple
    used = np.flatnonzero(now.exists & (now.reason == ""))
    used = used[np.lexsort((rows["id"].to_numpy(dtype=object)[used].astype(str), created[used]))]

    def labels_at(moment: int) -> Floats:
        return labelled(min(moment, cutoff)).label[used]

    return _assembled(flat, config, source, now, used, created[used], quarter_of(created[used]), "dated", labels_at, maturity)


def _assembled(
    flat: FlatTable,
    config: Config,
    source: FlatSource,
    now: LabelsAt,
    used: Int64s,
    position: Int64s,
    cohort: npt.NDArray[np.object_],
    timing: Timing,
    labels_at: Callable[[int], Floats],
    maturity: Callable[[], tuple[AtMaturity, ...]] = tuple,
) -> TrainingSet:
    rows = flat.frame.reset_index(drop=True)
    moments = to_timestamps(position) if timing == "dated" else pd.Series(np.full(len(used), np.datetime64("NaT"), "datetime64[us]"))
    return assemble(
        source.outcome,
        config,
        flat.specs,
        now=now,
        used=used,
        deal_id=rows["id"].to_numpy(dtype=object),
        account_id=rows["account_id"].to_numpy(dtype=object),
        as_of=moments,
        cohort=cohort,
        position=position,
        features=rows.iloc[used],
        amount=rows["amount"].to_numpy(dtype=np.float64),
        labels_at=labels_at,
        timing=timing,
        # a flat file holds one value of each column, whenever it was written
        current_state=tuple(s.name for s in flat.specs),
        maturity=maturity,
    )


def _blocks(position: Int64s) -> npt.NDArray[np.object_]:
    """``rows 1-4119`` for each row: ten blocks of equal size, named by the numbers of their first and last row."""
    out = np.empty(len(position), dtype=object)
    for block in np.array_split(np.arange(len(position)), BLOCKS):
        if len(block):
            out[block] = f"rows {position[block[0]]}-{position[block[-1]]}"
    return out
