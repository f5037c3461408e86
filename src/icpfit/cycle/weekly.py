"""``icpfit drift --weekly``: do the signals still tell wins from losses among the deals that matured since the champion was trained?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from icpfit.bundle import Bundle
from icpfit.config import Outcome
from icpfit.cycle.asked import Asked, Int64s
from icpfit.cycle.intake import facts_of, other_outcome
from icpfit.cycle.opened import Opened
from icpfit.cycle.told import alarm_lines, fact_lines, still_line, told_words
from icpfit.cycle.watch import WatchReport, subjects
from icpfit.documents.words import listed
from icpfit.drift.answered import Answered
from icpfit.drift.finding import Finding
from icpfit.drift.unseen import then_of
from icpfit.drift.verdict import by_verdict, count_line, must_mend
from icpfit.drift.weekly import weekly_findings
from icpfit.moments import DAY, Micros
from icpfit.plural import counted
from icpfit.registry import Workspace, load_bundle

ALPHA = 0.05
"""Of watches that nothing happens in, those that ever raise an alarm. A watch lasts as long as its champion."""
WEEK = 7 * DAY
SIGNAL = "WATCH-SIGNAL"
RETENTION = "customers kept: not watched week by week, since most renewals lie a year ahead; icpfit drift asks who leaves"


def weekly_report(opened: Opened, workspace: Workspace, as_of: Micros) -> WatchReport:
    """The watch of the champion in force, from the day of its training to ``as_of``; computed anew from the data each time.

    Raises:
        BundleError: there is no champion, or it is damaged.
    """
    bundle = load_bundle(workspace, "champion")
    asked = Asked(opened, bundle, as_of)
    findings = [asdict(f) for f in findings_of_the_week(asked)]
    found = by_verdict(findings)
    then, now = bundle.metrics.get("as_of"), opened.day(as_of)
    lines = [
        f"champion {bundle.version}" + (f", trained as of {then}; watched until {now}" if then and now else ""),
        *fact_lines(found["fact"]),
        *alarm_lines(_together(found["alarm"])),
        *(told_words(f) for f in [*found["still"], *found["cannot tell"]] if f["code"] != SIGNAL),
        *_signal_lines([f for f in findings if f["code"] == SIGNAL]),
        *([RETENTION] if opened.outcomes[0] == "win" and "retention" in opened.outcomes else []),
        count_line(findings),
    ]
    return WatchReport({"champion": bundle.version, "findings": findings}, lines, bool(found["alarm"]), must_mend(findings))


def _together(alarms: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Signals that ask for one and the same, as they do where all deals ended alike, are one line that names them all."""
    by_action: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for f in alarms:
        by_action.setdefault((f["code"], f["action"]), []).append(f)
    told: list[Mapping[str, Any]] = []
    for same in by_action.values():
        most = max(same, key=lambda f: int(f["n_current"]))
        names, said = listed([f["subject"] for f in same]), most["words"].removeprefix(f"{most['subject']}: ")
        told.append({**most, "words": f"{names}: {said}"})
    return told


def _signal_lines(signals: Sequence[Mapping[str, Any]]) -> list[str]:
    """Those of the card's signals that raise no alarm, in a line or two."""
    found = by_verdict(signals)
    few = [f["needed"] for f in found["cannot tell"]]
    lines = still_line(found["still"])
    if few:
        most = max((n for n in few if n), default=0)
        needed = f"up to {counted(most, 'more deal')} are needed" if most else "too few older deals are known"
        lines.append(f"cannot tell yet: whether one of {counted(len(few), 'signal')} of the card lost its effect; {needed}")
    return lines


def findings_of_the_week(asked: Asked) -> list[Finding]:
    """What to mend in the data, the win rate and each signal of the champion's card; one finding where the question cannot be put."""
    leading = asked.opened.outcomes[0]
    if leading not in asked.outcomes:
        return [other_outcome(asked, leading)]
    facts = facts_of(asked, leading, subjects(asked.bundle.specs))
    if not facts.askable:
        return list(facts.found)
    then = then_of(asked.bundle.unseen, leading)
    if then is None:
        words = "cannot tell; the profile in force was kept without what earlier ones said; the next retrain keeps it"
        return [*facts.found, Finding("WATCH-BEFORE", "the weekly watch", None, None, None, None, 0, 0, False, words)]
    now, known = newly_known(asked, leading)
    asks = weekly_findings(then, now, alpha=ALPHA, seed=asked.bundle.seed, known=known, labels=labels_of(asked.bundle), outcome=leading)
    return [*facts.found, *asks]


def newly_known(asked: Asked, outcome: Outcome) -> tuple[Answered, Int64s]:
    """The deals whose end became known in a full week since the champion was trained, and the end of that week.

    The week under way is left out: what is looked at after it must not depend on the hour at which somebody asked.
    """
    now, training = asked.answered(outcome), asked.training(outcome)
    rows = np.flatnonzero(asked.newer(outcome))
    rows = rows[np.argsort(training.position[rows], kind="stable")]
    known = np.full(len(rows), np.iinfo(np.int64).max)
    if len(rows):
        for week in range(asked.bundle.as_of + WEEK, asked.as_of + 1, WEEK):
            fresh = (known > week) & ~np.isnan(training.labels_at(week)[rows])
            known[fresh] = week
    full = np.flatnonzero(known < np.iinfo(np.int64).max)
    return now.of(full), known[full]


def labels_of(bundle: Bundle) -> dict[str, str]:
    """How people call the card's attributes; two of one label keep apart by their names."""
    said = Counter(a.label for a in bundle.card.attributes)
    return {a.name: a.label if said[a.label] == 1 else f"{a.label} ({a.name})" for a in bundle.card.attributes}
