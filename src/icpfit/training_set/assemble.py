"""The last step that both ways of making a training set share."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Config, FeatureSpec, Outcome
from icpfit.outcomes import LabelsAt
from icpfit.outcomes.sensitivity import AtMaturity
from icpfit.training_set.canonical import fingerprint_of
from icpfit.training_set.core import Timing, TrainingSet
from icpfit.training_set.rewritten import Rewritten


def assemble(
    outcome: Outcome,
    config: Config,
    specs: tuple[FeatureSpec, ...],
    *,
    now: LabelsAt,
    used: npt.NDArray[np.int64],
    deal_id: npt.NDArray[np.object_],
    account_id: npt.NDArray[np.object_],
    as_of: pd.Series,
    cohort: npt.NDArray[np.object_],
    position: npt.NDArray[np.int64],
    features: pd.DataFrame,
    amount: npt.NDArray[np.float64],
    labels_at: Callable[[int], npt.NDArray[np.float64]],
    timing: Timing,
    current_state: tuple[str, ...],
    helpers: tuple[FeatureSpec, ...] = (),
    notes: tuple[str, ...] = (),
    histories: Mapping[str, Rewritten] | None = None,
    maturity: Callable[[], tuple[AtMaturity, ...]] = tuple,
) -> TrainingSet:
    """``used`` are the entries of ``now`` that become rows, in order. ``now, deal_id, account_id, amount`` have one entry per
    deal; ``as_of, cohort, position, features`` and what ``labels_at`` gives one per row used."""
    keys = {"deal_id": deal_id[used], "account_id": account_id[used], "as_of": as_of.to_numpy(), "cohort": cohort}
    head = pd.DataFrame({**keys, "label": now.label[used].astype(np.int8)}).astype(
        {"deal_id": object, "account_id": object, "cohort": object}
    )
    frame = pd.concat([head, features[[s.name for s in specs]].reset_index(drop=True)], axis=1)
    out = np.flatnonzero(now.reason != "")
    out = out[np.argsort(deal_id[out].astype(str), kind="stable")]
    left_out_rows = pd.DataFrame({"deal_id": deal_id[out], "account_id": account_id[out], "reason": now.reason[out]}, dtype=object)
    return TrainingSet(
        outcome=outcome,
        frame=frame,
        specs=specs,
        position=position,
        labels_at=labels_at,
        amount=amount[used],
        timing=timing,
        considered=int(now.exists.sum()),
        left_out={str(reason): int(count) for reason, count in left_out_rows["reason"].value_counts().sort_index().items()},
        left_out_rows=left_out_rows,
        fingerprint=fingerprint_of(frame, specs, outcome, config),
        helpers=helpers,
        current_state=current_state,
        notes=notes,
        histories=histories or {},
        maturity=maturity,
    )
