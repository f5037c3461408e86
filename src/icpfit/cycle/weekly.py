"""``icpfit drift --weekly``: do the signals still tell wins from losses among the deals that matured since the champion was trained?"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

import numpy as np

from icpfit.bundle import Bundle
from icpfit.config import Outcome
from icpfit.cycle.asked import Asked, Int64s
from icpfit.cycle.intake import facts_of, other_outcome
from icpfit.cycle.opened import Opened
from icpfit.cycle.watch import WatchReport, fact_lines, is_fact, must_mend, subjects, told_words
from icpfit.drift.answered import Answered
from icpfit.drift.finding import Finding
from icpfit.drift.unseen import then_of
from icpfit.drift.weekly import weekly_findings
from icpfit.moments import DAY, Micros
from icpfit.registry import Workspace, load_bundle

ALPHA = 0.05
"""Of watches that nothing happens in, those that ever raise an alarm. A watch lasts as long as its champion."""
WEEK = 7 * DAY


def weekly_report(opened: Opened, workspace: Workspace, as_of: Micros) -> WatchReport:
    """The watch of the champion in force, from the day of its training to ``as_of``; computed anew from the data each time.

    Raises:
        BundleError: there is no champion, or it is damaged.
    """
    bundle = load_bundle(workspace, "champion")
    findings = findings_of_the_week(Asked(opened, bundle, as_of))
    alarms = [f for f in findings if f.alarm]
    then, now = bundle.metrics.get("as_of"), opened.day(as_of)
    lines = [f"champion {bundle.version}" + (f", trained as of {then}; watched until {now}" if then and now else "")]
    facts = [asdict(f) for f in findings if is_fact(asdict(f))]
    lines += fact_lines(facts)
    for found in alarms:
        lines += [f"ALARM: {told_words(asdict(found))}", f"  what to do: {found.action}"]
    lines += [told_words(asdict(f)) for f in findings if not f.alarm and f.code != "WATCH-SIGNAL" and not is_fact(asdict(f))]
    signals = [f for f in findings if f.code == "WATCH-SIGNAL"]
    if quiet := [f for f in signals if not f.alarm and f.p_value is not None]:
        lines.append(f"signals that tell no less than chance allows: {len(quiet)} of {len(signals)}")
    quiet_words = "nothing needs action" if any(f.p_value is not None for f in findings) else "nothing can be told yet"
    if facts:
        quiet_words = "nothing else is asked before this is mended" if must_mend(facts) else "no alarm; look at what stands first"
    lines.append(f"findings that need action: {len(alarms)} of {len(findings)}" if alarms else quiet_words)
    return WatchReport({"champion": bundle.version, "findings": [asdict(f) for f in findings]}, lines, bool(alarms), must_mend(facts))


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
        words = "cannot tell; the champion does not hold what earlier profiles said; the next retrain keeps it"
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
