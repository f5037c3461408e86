"""``icpfit drift``: has anything moved since the champion was trained?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from icpfit.bundle import Bundle
from icpfit.config import FeatureSpec
from icpfit.cycle.asked import Asked
from icpfit.cycle.opened import Opened
from icpfit.drift import Finding, compare
from icpfit.errors import FeatureError
from icpfit.moments import Micros, day_text
from icpfit.plural import counted
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
    lines += [f"ALARM: {told_words(f)}" for f in alarms]
    lines += [told_words(f) for f in findings if not f["alarm"] and f["p_value"] is None]
    told = [f for f in findings if f["p_value"] is not None]
    if alarms:
        lines.append(f"findings that need action: {len(alarms)} of {len(findings)}")
    else:
        lines.append("nothing needs action" if told else "nothing can be told yet")
    return WatchReport({"champion": bundle.version, "findings": findings}, lines, bool(alarms))


def told_words(finding: Mapping[str, Any]) -> str:
    """What it is about, what was seen, and the code that the JSON has for it.

    >>> told_words({"code": "DRIFT-FEATURE", "subject": "Size", "words": "Size: has moved"})
    'Size: has moved (DRIFT-FEATURE)'
    """
    subject, words = finding["subject"], finding["words"]
    return f"{words if words.startswith(subject) else f'{subject}: {words}'} ({finding['code']})"


def findings_since(opened: Opened, bundle: Bundle, as_of: Micros) -> list[dict[str, Any]]:
    """Findings as plain values. Where the source has no dates, the one finding is that nothing can be told."""
    asked, leading = Asked(opened, bundle, as_of), opened.outcomes[0]
    if leading not in asked.outcomes:
        return []
    model = bundle.models()[leading]
    try:
        now = asked.training(leading)
    except FeatureError as error:
        return [asdict(Finding("DRIFT-SOURCE", "the data", None, None, None, None, 0, 0, False, f"cannot tell; {error.message}"))]
    if now.timing != "dated":
        words = "cannot tell; the source has no dates, so what is new cannot be told from what was there before"
        return [asdict(Finding("DRIFT-DATES", "dates", None, None, None, None, len(now.frame), 0, False, words))]
    newer = asked.newer(leading)
    findings = [_outcome_finding(now, newer, bundle, ALPHA * SPLIT["win rate"])]
    if int(newer.sum()) >= ENOUGH:
        known = now.frame[[c for c in model.encoding.columns if c in now.frame.columns]]
        shown = within_a_year(known, bundle.specs).rename(columns=subjects(bundle.specs))
        findings += compare(shown[asked.before(leading)], shown[newer], alpha=ALPHA * SPLIT["data"], seed=bundle.seed)
    return [asdict(f) for f in findings]


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
    """Observed against expected outcomes of deals that matured since, by the champion's own probabilities (a z test)."""
    model = bundle.win if now.outcome == "win" else bundle.retention
    good = "wins" if now.outcome == "win" else "customers kept"
    code = "MODEL-WINRATE" if now.outcome == "win" else "MODEL-RETENTION"
    n = int(newer.sum())
    if model is None or n < ENOUGH:
        words = f"cannot tell yet; {counted(n, 'outcome')} became known since {day_text(bundle.as_of)}, and {ENOUGH} are needed"
        return Finding(code, good, None, None, None, None, int((~newer).sum()), n, False, words)
    p = model.probability(now.features[newer])
    observed, expected = float(now.label[newer].sum()), float(p.sum())
    variance = float((p * (1 - p)).sum())
    z = (observed - expected) / math.sqrt(max(variance, float(np.finfo(float).eps)))  # a model that is certain of every deal has none
    p_value = float(2 * stats.norm.sf(abs(z)))
    effect = abs(observed - expected) / n
    alarm = p_value <= level and effect >= FLOOR_RATE
    among = "deals whose outcome" if now.outcome == "win" else "customers whose fate"
    words = f"{observed:,.0f} {good} among {n:,} {among} became known since, where the champion expected {expected:,.0f}"
    return Finding(code, good, z, p_value, p_value, effect, int((~newer).sum()), n, alarm, words)
