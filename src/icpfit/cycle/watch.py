"""``icpfit drift``: has anything moved since the champion was trained?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from icpfit.bundle import Bundle
from icpfit.config import FeatureSpec
from icpfit.cycle.opened import Opened
from icpfit.drift import Finding, compare
from icpfit.errors import FeatureError
from icpfit.moments import Micros, day_text
from icpfit.registry import Workspace, load_bundle
from icpfit.training_set import TrainingSet

ALPHA = 0.05
SPLIT = {"data": 0.6, "win rate": 0.4}
"""How the command's alpha is shared among its questions."""

ENOUGH = 50
"""Newly matured deals that a win-rate finding needs."""

FLOOR_RATE = 0.03


@dataclass(frozen=True)
class WatchReport:
    values: Mapping[str, Any]
    lines: list[str]
    alarmed: bool


def watch(opened: Opened, workspace: Workspace, as_of: Micros) -> WatchReport:
    """Deals created since the champion's moment against those it learned from."""
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
        shown = now.frame[names].rename(columns=subjects(bundle.specs))
        findings += compare(shown[~newer], shown[newer], alpha=ALPHA * SPLIT["data"], seed=bundle.seed)
    return [asdict(f) for f in findings]


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
