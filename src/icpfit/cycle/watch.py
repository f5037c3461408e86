"""``icpfit drift``: has anything moved since the champion was trained?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from icpfit.bundle import Bundle
from icpfit.config import FeatureSpec
from icpfit.cycle.opened import Opened
from icpfit.drift import Finding, compare
from icpfit.errors import FeatureError
from icpfit.moments import DAY, Micros, day_text
from icpfit.registry import Workspace, load_bundle
from icpfit.training_set import TrainingSet

ALPHA = 0.05
SPLIT = {"data": 0.6, "win rate": 0.4}
"""How the command's alpha is shared among its questions."""

ENOUGH = 50
"""Newly matured deals that a win-rate finding needs."""

ENOUGH_BEFORE = 200
"""Deals of the year before the champion that newer ones are compared with; with fewer, all older ones."""

FLOOR_RATE = 0.03
YEAR = 365 * DAY


@dataclass(frozen=True)
class WatchReport:
    values: Mapping[str, Any]
    lines: list[str]
    alarmed: bool


def watch(opened: Opened, workspace: Workspace, as_of: Micros) -> WatchReport:
    """Deals created since the champion's moment: how they ended against what it expected, and how they look against those before."""
    bundle = load_bundle(workspace, "champion")
    findings = findings_since(opened, bundle, as_of)
    alarms = [f for f in findings if f["alarm"]]
    lines = [f"champion {bundle.version}, trained as of {day_text(bundle.as_of)}; looked at as of {day_text(as_of)}"]
    lines += [f"ALARM {f['code']} {f['subject']}: {f['words']}" for f in alarms]
    lines += [f"{f['code']}: {f['words']}" for f in findings if not f["alarm"] and f["p_value"] is None]
    lines.append(f"{len(alarms)} of {len(findings)} findings need action" if alarms else "nothing needs action")
    return WatchReport({"champion": bundle.version, "findings": findings}, lines, bool(alarms))


def findings_since(opened: Opened, bundle: Bundle, as_of: Micros) -> list[dict[str, Any]]:
    """Findings as plain values; empty where the source has no dates. What the champion reads and is gone cannot be told."""
    leading = opened.outcomes[0]
    model = bundle.win if leading == "win" else bundle.retention
    if model is None:
        return []
    try:
        now = opened.with_features(bundle.specs).training_set(leading, as_of)
    except FeatureError as error:
        gone = Finding("DRIFT-SOURCE", "the data", None, None, None, None, 0, 0, False, f"cannot tell: {error.message}")
        return [asdict(gone)]
    if now.timing != "dated":
        return []
    newer = now.position >= bundle.as_of
    names = [c for c in model.encoding.columns if c in now.frame.columns]
    findings = [_outcome_finding(now, newer, bundle, ALPHA * SPLIT["win rate"])]
    if int(newer.sum()) >= ENOUGH:
        shown = within_a_year(now.frame[names], bundle.specs).rename(columns=subjects(bundle.specs))
        findings += compare(shown[before(now.position, bundle.as_of)], shown[newer], alpha=ALPHA * SPLIT["data"], seed=bundle.seed)
    return [asdict(f) for f in findings]


def before(position: npt.NDArray[np.int64], moment: Micros) -> npt.NDArray[np.bool_]:
    """The deals that newer ones are compared with: of the year before ``moment``, or all older ones where those are few.

    The oldest deals stand where the tables begin: their windows look into nothing, so they have gaps that
    later ones cannot have, and would make every later quarter look as if it had moved.
    """
    older = position < moment
    year = older & (position >= moment - YEAR)
    return year if int(year.sum()) >= ENOUGH_BEFORE else older


def within_a_year(frame: pd.DataFrame, specs: Sequence[FeatureSpec]) -> pd.DataFrame:
    """Days since something, counted up to a year; longer ago, or never, is a year.

    What has no window looks back to where the tables begin: it grows older by itself from quarter to quarter,
    and what was never seen becomes rarer, though nothing has moved.
    """
    open_ended = [s.name for s in specs if s.aggregate in ("recency_days", "days_since_first") and s.window_days is None]
    cut = {name: frame[name].clip(upper=365.0).fillna(365.0) for name in open_ended if name in frame.columns}
    return frame.assign(**cut)


def subjects(specs: Sequence[FeatureSpec]) -> dict[str, str]:
    """Name to the words a finding is told in; two features of one label keep apart by their names."""
    said = Counter(s.label for s in specs)
    return {s.name: s.label if said[s.label] == 1 else f"{s.label} ({s.name})" for s in specs}


def _outcome_finding(now: TrainingSet, newer: np.ndarray, bundle: Bundle, level: float) -> Finding:
    """Observed against expected outcomes of deals that matured since, by the champion's own probabilities."""
    model = bundle.win if now.outcome == "win" else bundle.retention
    good = "wins" if now.outcome == "win" else "customers kept"
    code = "MODEL-WINRATE" if now.outcome == "win" else "MODEL-RETENTION"
    n = int(newer.sum())
    if model is None or n < ENOUGH:
        words = f"{n:,} deals created since {day_text(bundle.as_of)} have an outcome; {ENOUGH} are needed, so this cannot be told yet"
        return Finding(code, good, None, None, None, None, int((~newer).sum()), n, False, words)
    p = model.probability(now.features[newer])
    observed, expected = float(now.label[newer].sum()), float(p.sum())
    z = (observed - expected) / math.sqrt(float((p * (1 - p)).sum()))
    p_value = float(2 * stats.norm.sf(abs(z)))
    effect = abs(observed - expected) / n
    alarm = p_value <= level and effect >= FLOOR_RATE
    words = f"{observed:,.0f} {good} among {n:,} new deals, where the champion expected {expected:,.0f}"
    return Finding(code, good, z, p_value, p_value, effect, int((~newer).sum()), n, alarm, words)
