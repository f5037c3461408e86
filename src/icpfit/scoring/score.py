"""Score a target list with a bundle. The caller brings the features; nothing here knows where they came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.bundle import Bundle
from icpfit.models.expected_arr import ExpectedArr
from icpfit.models.familiarity import Familiarity
from icpfit.models.results import FittedModel
from icpfit.moments import DAY, day_text, to_datetime
from icpfit.scoring.reasons import reason_columns
from icpfit.scoring.resolve import Resolved
from icpfit.sources.targets import NO_MOMENT, TargetList, plain_name

FeatureBuilder = Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], pd.DataFrame]
"""(positions among the scorable rows, a moment in microseconds for each) to training-set columns, one row each."""

REASONS = 5
HOT_DAYS = 7
HOT_TIERS = ("A", "B")
CARRIED = ("account_id", "domain", "name", "as_of")
"""Columns of the list whose value stands in the scored list's own column of that name."""

Kind = Literal["text", "number", "whole", "flag"]
_NUMBERS = ("p_win", "p_win_low", "p_win_high", "p_retain", "p_retain_low", "p_retain_high", "p_icp", "expected_arr")
_POINTS = ("points", "points_firmographic", "points_technographic", "points_behavioral", "points_intent")

COLUMNS: dict[str, Kind] = {
    **dict.fromkeys(("account_id", "domain", "name"), "text"),
    **dict.fromkeys(_NUMBERS, "number"),
    **dict.fromkeys(_POINTS, "whole"),
    **dict.fromkeys(("tier", "disqualified"), "text"),
    **dict.fromkeys(("unfamiliar", "hot"), "flag"),
    **dict.fromkeys((f"reason_{j + 1}" for j in range(REASONS)), "text"),
    **dict.fromkeys((f"reason_{j + 1}_points" for j in range(REASONS)), "number"),
    **dict.fromkeys(("model_version", "as_of"), "text"),
}
"""The scored list's own columns, in their order; the input's own follow."""


@dataclass(frozen=True)
class ScoredList:
    """``frame``: one row per scorable input row, in input order, in ``COLUMNS`` and then the input's own.
    ``rejected``: ``line, reason``. ``features``: what was used, after account_id, domain, name and as_of (but one that is a feature)."""

    frame: pd.DataFrame
    rejected: pd.DataFrame
    features: pd.DataFrame
    rows_in: int
    model_version: str

    def __post_init__(self) -> None:
        if self.rows_in != len(self.frame) + len(self.rejected):
            raise ValueError(f"{self.rows_in} rows in, but {len(self.frame)} scored and {len(self.rejected)} rejected")
        if list(self.frame.columns[: len(COLUMNS)]) != list(COLUMNS):
            raise ValueError(f"a scored list begins with the columns {list(COLUMNS)}")
        if not self.frame.columns.is_unique:
            raise ValueError("a scored list has no column twice")

    @property
    def reasons(self) -> dict[str, int]:
        """Rejected rows by reason; every "the same as line N" counts under one name, whatever else it says."""
        named = self.rejected["reason"].astype(str).str.replace(r"^the same as line \d+.*$", "the same as another line", regex=True)
        return {str(k): int(v) for k, v in named.value_counts().sort_index().items()}


def score_targets(
    bundle: Bundle,
    targets: TargetList,
    resolved: Resolved,
    build: FeatureBuilder,
    known: pd.DataFrame | None = None,
    product: npt.NDArray[np.object_] | None = None,
) -> ScoredList:
    """Probabilities, points, tier and reasons for each row that ``resolved`` names.

    ``p_icp`` is the product of the chances that the bundle knows: of both, or of the only one. ``known``: what
    the data folder knows of its accounts (``account_id, domain, name``, and ``visible_at`` in microseconds
    where it was noted when they became known), used where the list does not say. ``product``: what each row
    would buy, as the training calls it; None or "" where the list does not say.
    """
    everyone = np.arange(len(resolved.rows))
    features = build(everyone, resolved.as_of).reset_index(drop=True)
    n = len(features)
    out: dict[str, object] = {}
    if bundle.win is not None:
        win = _probabilities(bundle.win, features)
    else:
        win = _constant(n, None)
    if bundle.retention is not None:
        retain = _probabilities(bundle.retention, features)
    else:
        retain = _constant(n, bundle.retention_base)
    out |= dict(zip(("p_win", "p_win_low", "p_win_high"), win, strict=True))
    out |= dict(zip(("p_retain", "p_retain_low", "p_retain_high"), retain, strict=True))
    p_icp = np.where(np.isnan(win[0]), 1.0, win[0]) * np.where(np.isnan(retain[0]), 1.0, retain[0])
    out["p_icp"] = p_icp
    out["expected_arr"] = p_icp * ExpectedArr.from_dict(bundle.expected_arr).expect(features, product)
    points = bundle.card.score(features)
    out |= {c: points[c].to_numpy() for c in (*_POINTS, "tier", "disqualified")}
    out["unfamiliar"] = Familiarity.from_dict(bundle.familiarity).unfamiliar(features)
    out["hot"] = _hot(bundle, points, resolved, build, known)
    leading = bundle.win or bundle.retention
    if leading is None:
        raise ValueError("a bundle holds at least one model")
    reasons = reason_columns(leading, features, {s.name: s for s in bundle.specs}, REASONS)
    out |= {c: reasons[c].to_numpy() for c in reasons.columns}
    out["model_version"] = np.full(n, bundle.version, dtype=object)
    out["as_of"] = _moments_text(resolved.as_of)
    frame = pd.DataFrame(_identity(targets, resolved, known) | out)[list(COLUMNS)]
    named = [c for c in CARRIED if c not in features.columns]
    used = pd.concat([frame[named], features], axis=1)
    frame = pd.concat([frame, _own_columns(targets, resolved)], axis=1)
    return ScoredList(frame, resolved.rejected, used, targets.rows_in, bundle.version)


def _probabilities(model: FittedModel, features: pd.DataFrame) -> tuple[npt.NDArray[np.float64], ...]:
    margin = model.margin(features)
    return (model.calibration.probability(margin), *model.calibration.interval(margin))


def _constant(n: int, values: tuple[float, float, float] | None) -> tuple[npt.NDArray[np.float64], ...]:
    return tuple(np.full(n, v) for v in (values if values is not None else (np.nan, np.nan, np.nan)))


def _hot(
    bundle: Bundle, points: pd.DataFrame, resolved: Resolved, build: FeatureBuilder, known: pd.DataFrame | None
) -> npt.NDArray[np.object_]:
    """Fit already high, intent newly showing: tier A or B, and more intent points than a week before.

    None for accounts that were not known a week before, and where the card has no intent.
    """
    hot = np.full(len(points), None, dtype=object)
    if known is None or not any(a.layer == "intent" for a in bundle.card.attributes):
        return hot
    then = resolved.as_of - HOT_DAYS * DAY
    account = pd.Series(resolved.account_id, dtype=object)
    there = account.notna().to_numpy()
    if "visible_at" in known.columns:
        since = account.map(known.set_index("account_id")["visible_at"]).to_numpy(np.float64)
        there = there & (np.isnan(since) | (since < then))
    hot[there] = False
    fit = np.flatnonzero(there & points["tier"].isin(HOT_TIERS).to_numpy())
    if len(fit):
        before = bundle.card.score(build(fit, then[fit]))["points_intent"].to_numpy()
        hot[fit[points["points_intent"].to_numpy()[fit] > before]] = True
    return hot


def _identity(targets: TargetList, resolved: Resolved, known: pd.DataFrame | None) -> dict[str, object]:
    """What the list says of itself; where it is silent, what the data folder knows."""
    account = pd.Series(resolved.account_id, dtype=object)
    out: dict[str, object] = {}
    for column in ("account_id", "domain", "name"):
        said = pd.Series(targets.text(column)[resolved.rows], dtype=object)
        said = said.where(said.notna() & (said.str.strip() != ""), None) if said.notna().any() else said
        if column == "account_id":
            looked_up = account
        elif known is not None and column in known.columns:
            looked_up = account.map(known.set_index("account_id")[column])
        else:
            looked_up = pd.Series([None] * len(said), dtype=object)
        told = said.where(said.notna(), looked_up).astype(object)
        out[column] = told.where(told.notna(), None).to_numpy(dtype=object)
    return out


def _own_columns(targets: TargetList, resolved: Resolved) -> pd.DataFrame:
    """The list's own columns as they are; one whose name is taken becomes ``input_<name>``."""
    rows = targets.frame.iloc[resolved.rows].reset_index(drop=True)
    carried = {own for role, own in targets.roles.items() if role in CARRIED and plain_name(own) == role}
    kept = [str(c) for c in rows.columns if c not in carried]
    taken = {*COLUMNS, *(c for c in kept if c not in COLUMNS)}
    names = []
    for name in kept:
        if name in COLUMNS:
            while name in taken:
                name = f"input_{name}"
            taken.add(name)
        names.append(name)
    return rows[kept].set_axis(names, axis=1)


def _moments_text(micros: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """A day as ``2026-01-31``, else ISO with the time; None where there is no moment."""
    distinct, place = np.unique(micros, return_inverse=True)
    return np.array([None if m == NO_MOMENT else _iso(int(m)) for m in distinct], dtype=object)[place]


def _iso(micros: int) -> str:
    return day_text(micros) if micros % DAY == 0 else to_datetime(micros).isoformat()
