"""``icpfit drift``: has anything moved since the champion was trained?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from icpfit.bundle import Bundle
from icpfit.cycle.opened import Opened
from icpfit.drift import Finding, compare
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
    """Deals whose outcome became known since the champion was trained, against those it learned from."""
    bundle = load_bundle(workspace, "champion")
    findings = findings_since(opened, bundle, as_of)
    alarms = [f for f in findings if f["alarm"]]
    then, now = bundle.metrics.get("as_of"), opened.day(as_of)
    lines = [f"champion {bundle.version}" + (f", trained as of {then}; looked at as of {now}" if then and now else "")]
    lines += [f"ALARM {f['code']} {f['subject']}: {f['words']}" for f in alarms]
    lines += [f"{f['code']}: {f['words']}" for f in findings if not f["alarm"] and f["p_value"] is None]
    told = [f for f in findings if f["p_value"] is not None]
    if alarms:
        lines.append(f"{len(alarms)} of {len(findings)} findings need action")
    else:
        lines.append("nothing needs action" if told else "nothing can be told yet")
    return WatchReport({"champion": bundle.version, "findings": findings}, lines, bool(alarms))


def findings_since(opened: Opened, bundle: Bundle, as_of: Micros) -> list[dict[str, Any]]:
    """Findings as plain values. Where the source has no dates, the one finding is that nothing can be told."""
    leading = opened.outcomes[0]
    model = bundle.win if leading == "win" else bundle.retention
    if model is None:
        return []
    now = opened.with_features(bundle.specs).training_set(leading, as_of)
    if now.timing != "dated":
        words = "cannot tell; the source has no dates, so what is new cannot be told from what was there before"
        return [asdict(Finding("DRIFT-DATES", "dates", None, None, None, None, len(now.frame), 0, False, words))]
    newer = np.isnan(now.labels_at(bundle.as_of))
    findings = [_outcome_finding(now, newer, bundle, ALPHA * SPLIT["win rate"])]
    if int(newer.sum()) >= ENOUGH:
        labels = [s.label for s in bundle.specs]
        names = {s.name: s.label if labels.count(s.label) == 1 else f"{s.label} ({s.name})" for s in bundle.specs}
        shown = now.frame[[c for c in model.encoding.columns if c in now.frame.columns]].rename(columns=names)
        findings += compare(shown[~newer], shown[newer], alpha=ALPHA * SPLIT["data"], seed=bundle.seed)
    return [asdict(f) for f in findings]


def _outcome_finding(now: TrainingSet, newer: np.ndarray, bundle: Bundle, level: float) -> Finding:
    """Observed against expected outcomes of deals that matured since, by the champion's own probabilities (a z test)."""
    model = bundle.win if now.outcome == "win" else bundle.retention
    good = "wins" if now.outcome == "win" else "customers kept"
    code = "MODEL-WINRATE" if now.outcome == "win" else "MODEL-RETENTION"
    n = int(newer.sum())
    if model is None or n < ENOUGH:
        words = f"cannot tell yet; {n:,} outcomes became known since {day_text(bundle.as_of)}, and {ENOUGH} are needed"
        return Finding(code, good, None, None, None, None, int((~newer).sum()), n, False, words)
    p = model.probability(now.features[newer])
    observed, expected = float(now.label[newer].sum()), float(p.sum())
    z = (observed - expected) / math.sqrt(float((p * (1 - p)).sum()))
    p_value = float(2 * stats.norm.sf(abs(z)))
    effect = abs(observed - expected) / n
    alarm = p_value <= level and effect >= FLOOR_RATE
    words = f"{observed:,.0f} {good} among {n:,} deals whose outcome became known since, where the champion expected {expected:,.0f}"
    return Finding(code, good, z, p_value, p_value, effect, int((~newer).sum()), n, alarm, words)
