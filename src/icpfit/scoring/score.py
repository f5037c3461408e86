"""Score a target list with a bundle. The caller brings the features; nothing here knows where they came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.bundle import Bundle
from icpfit.models.expected_arr import ExpectedArr
from icpfit.models.familiarity import Familiarity
from icpfit.models.results import FittedModel
from icpfit.moments import DAY, to_datetime
from icpfit.scoring.reasons import reason_columns
from icpfit.scoring.resolve import Resolved
from icpfit.sources.targets import TargetList

FeatureBuilder = Callable[[npt.NDArray[np.int64]], pd.DataFrame]
"""Moments (microseconds, one per scorable row) to training-set columns, one row each."""

REASONS = 5
HOT_DAYS = 7
HOT_TIERS = ("A", "B")
LAYER_POINTS = ("points_firmographic", "points_technographic", "points_behavioral", "points_intent")
CARRIED = ("account_id", "domain", "name", "as_of")


@dataclass(frozen=True)
class ScoredList:
    """``frame``: one row per scorable input row, in input order, in the fixed columns and then the
    input's own. ``rejected``: ``line, reason``. ``features``: what was used, with account_id and as_of."""

    frame: pd.DataFrame
    rejected: pd.DataFrame
    features: pd.DataFrame
    rows_in: int
    model_version: str

    def __post_init__(self) -> None:
        if self.rows_in != len(self.frame) + len(self.rejected):
            raise ValueError(f"{self.rows_in} rows in, but {len(self.frame)} scored and {len(self.rejected)} rejected")

    @property
    def reasons(self) -> dict[str, int]:
        """Rejected rows by reason; every "the same as line N" counts under one name."""
        named = self.rejected["reason"].astype(str).str.replace(r"^the same as line \d+$", "the same as another line", regex=True)
        return {str(k): int(v) for k, v in named.value_counts().sort_index().items()}


def score_targets(
    bundle: Bundle, targets: TargetList, resolved: Resolved, build: FeatureBuilder, names: pd.DataFrame | None = None
) -> ScoredList:
    """Probabilities, points, tier and reasons for each row that ``resolved`` names.

    ``names``: what the data folder knows of the resolved accounts (``account_id, domain, name``), used
    where the list does not say.
    """
    features = build(resolved.as_of).reset_index(drop=True)
    n = len(features)
    out: dict[str, object] = {}
    p_win, p_retain, p_icp = np.full(n, np.nan), np.full(n, np.nan), np.ones(n)
    if bundle.win is not None:
        p_win, low, high = _probabilities(bundle.win, features)
        out |= {"p_win": p_win, "p_win_low": low, "p_win_high": high}
        p_icp = p_icp * p_win
    else:
        out |= {"p_win": p_win, "p_win_low": p_win, "p_win_high": p_win}
    if bundle.retention is not None:
        p_retain, low, high = _probabilities(bundle.retention, features)
        out |= {"p_retain": p_retain, "p_retain_low": low, "p_retain_high": high}
        p_icp = p_icp * p_retain
    elif bundle.retention_base is not None:
        rate, low_rate, high_rate = bundle.retention_base
        out |= {"p_retain": np.full(n, rate), "p_retain_low": np.full(n, low_rate), "p_retain_high": np.full(n, high_rate)}
        p_icp = p_icp * rate
    else:
        out |= {"p_retain": p_retain, "p_retain_low": p_retain, "p_retain_high": p_retain}
    out["p_icp"] = p_icp
    out["expected_arr"] = p_icp * ExpectedArr.from_dict(bundle.expected_arr).expect(features)
    points = bundle.card.score(features)
    out |= {c: points[c].to_numpy() for c in ("points", *LAYER_POINTS, "tier", "disqualified")}
    out["unfamiliar"] = Familiarity.from_dict(bundle.familiarity).unfamiliar(features)
    out["hot"] = _hot(bundle, points, resolved, build)
    leading = bundle.win or bundle.retention
    if leading is None:
        raise ValueError("a bundle holds at least one model")
    reasons = reason_columns(leading, features, {s.name: s for s in bundle.specs}, REASONS)
    out |= {c: reasons[c].to_numpy() for c in reasons.columns}
    out["model_version"] = [bundle.version] * n
    as_of = [_iso(m) for m in resolved.as_of]
    out["as_of"] = as_of
    identity = _identity(targets, resolved, names)
    frame = pd.concat([identity, pd.DataFrame(out)], axis=1)
    frame = pd.concat([frame, _own_columns(targets, resolved, set(frame.columns))], axis=1)
    used = pd.concat([identity[["account_id"]], pd.DataFrame({"as_of": as_of}), features], axis=1)
    return ScoredList(frame, resolved.rejected, used, targets.rows_in, bundle.version)


def _probabilities(model: FittedModel, features: pd.DataFrame) -> tuple[npt.NDArray[np.float64], ...]:
    margin = model.margin(features)
    return (model.calibration.probability(margin), *model.calibration.interval(margin))


def _hot(bundle: Bundle, points: pd.DataFrame, resolved: Resolved, build: FeatureBuilder) -> list[bool | None]:
    """Fit already high, intent newly showing: more intent points than a week before; None for accounts not known then."""
    n = len(points)
    known = np.array([a is not None for a in resolved.account_id])
    if not known.any() or not any(a.layer == "intent" for a in bundle.card.attributes):
        return [None] * n
    then = build(resolved.as_of - HOT_DAYS * DAY).reset_index(drop=True)
    # The list's own words about an account are those of today; what the data folder knew then is in the tables of dated rows.
    seen = [s.name for s in bundle.specs if s.table not in ("accounts", "deals")]
    known &= then[seen].notna().any(axis=1).to_numpy()
    before = bundle.card.score(then)
    risen = points["points_intent"].to_numpy() > before["points_intent"].to_numpy()
    fit = points["tier"].isin(HOT_TIERS).to_numpy()
    return [bool(r and f) if k else None for r, f, k in zip(risen, fit, known, strict=True)]


def _identity(targets: TargetList, resolved: Resolved, names: pd.DataFrame | None) -> pd.DataFrame:
    """What the list says of itself; where it is silent, what the data folder knows."""
    rows = targets.frame.iloc[resolved.rows].reset_index(drop=True)
    known = names.set_index("account_id") if names is not None else pd.DataFrame(columns=["domain", "name"])
    out: dict[str, list[str | None]] = {}
    for column in ("account_id", "domain", "name"):
        own = targets.roles.get(column)
        said = [None if own is None or pd.isna(v) or not str(v).strip() else str(v) for v in (rows[own] if own else [None] * len(rows))]
        if column == "account_id":
            looked_up: list[str | None] = list(resolved.account_id)
        elif column in known.columns:
            looked_up = [None if a is None or a not in known.index else _text(known.at[a, column]) for a in resolved.account_id]
        else:
            looked_up = [None] * len(rows)
        out[column] = [s if s is not None else k for s, k in zip(said, looked_up, strict=True)]
    return pd.DataFrame(out, dtype=object)


def _own_columns(targets: TargetList, resolved: Resolved, taken: set[str]) -> pd.DataFrame:
    rows = targets.frame.iloc[resolved.rows].reset_index(drop=True)
    carried = {targets.roles.get(c) for c in CARRIED} - {None}
    out: dict[str, pd.Series] = {}
    for column in rows.columns:
        if column in carried:
            continue
        name = str(column)
        while name in taken or name in out:
            name = f"input_{name}"
        out[name] = rows[column]
    return pd.DataFrame(out, index=rows.index)


def _text(value: object) -> str | None:
    return None if value is None or value != value else str(value)


def _iso(micros: int) -> str:
    moment = to_datetime(int(micros))
    return f"{moment:%Y-%m-%d}" if micros % DAY == 0 else moment.isoformat()
