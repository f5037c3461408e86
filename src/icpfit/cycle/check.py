"""``icpfit check``: will this data teach, and what stands in the way?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from icpfit.cycle.opened import Opened
from icpfit.cycle.report import findings_report, left_out_lines, merges_report, refusals_report, rows_report
from icpfit.cycle.segmenting import check_named_segments
from icpfit.models.evidence import MEANING, too_little, weigh_evidence
from icpfit.models.leakage import find_leaks
from icpfit.plural import counted
from icpfit.scorecard.disqualify import check_disqualifiers, unmet_words
from icpfit.sources.nonsense import find_nonsense
from icpfit.sources.rows import DataFinding, RowCount


@dataclass(frozen=True)
class CheckReport:
    values: Mapping[str, Any]
    lines: list[str]
    failed: bool


def check_source(opened: Opened, as_of: str | None) -> CheckReport:
    """Rows by reason, findings, what would be refused and how much evidence there is; trains nothing.

    Raises:
        ConfigError: a segment, a line or a disqualifier names what is not there.
    """
    check_named_segments(opened.config, opened.specs)
    check_disqualifiers(opened.config.scorecard.disqualifiers, opened.specs)
    moment = opened.moment(as_of)
    day = opened.day(moment)
    notes = opened.too_early(moment)
    lines = [f"as of {day}" if day is not None else "no dates: nothing can be tested forward in time", *notes]
    for count in opened.counts:
        lines += _count_lines(opened.place(count.table), count, "")
        for part in count.parts:
            lines += _count_lines(part.place, part, "  ")
    refused: list[dict[str, str]] = []
    suspects: list[dict[str, str]] = []
    outcomes: dict[str, Any] = {}
    training = []
    for outcome in opened.outcomes:
        data = opened.training_set(outcome, moment)
        training.append(data)
        leaks = find_leaks(data, opened.config.training.allow)
        refused += refusals_report(leaks.refused, data)
        suspects += refusals_report(leaks.suspects, data)
        wins = int(data.label.sum())
        found = weigh_evidence(wins, len(data.label) - wins)
        outcomes[outcome] = {
            "considered": data.considered,
            "used": len(data.frame),
            "left_out": dict(sorted(data.left_out.items())),
            "evidence": {"level": found.level, "wins": found.wins, "losses": found.losses},
            "notes": list(data.notes),
        }
        good, bad = ("won", "lost") if outcome == "win" else ("kept", "left")
        lines.append(
            f"{outcome}: {len(data.frame):,} of {counted(data.considered, 'row')} can be learned from "
            f"({found.wins:,} {good}, {found.losses:,} {bad}); evidence: {found.level}, {MEANING[found.level]}"
        )
        if short := too_little(outcome, found, opened.config.training.min_train_rows):
            lines.append(f"  no model can be made of it yet: {short}")
        lines += left_out_lines(data.left_out)
        lines += [f"  {note}" for note in data.notes]
    lines += [f"refused: {r['attribute']}: {r['reason']}" for r in refused]
    lines += [f"suspect: {r['attribute']}: {r['reason']}" for r in suspects]
    current = opened.current_state()
    if current:
        lines.append(f"read from today's values, since there is no history: {', '.join(current)}")
    findings = opened.findings
    if opened.warehouse is not None:
        findings += find_nonsense(opened.warehouse, opened.config.checks)
    unmet = unmet_words(opened.config.scorecard.disqualifiers, training)
    findings += tuple(DataFinding("DISQUALIFIER-UNMET", "warning", "", words) for words in unmet)
    lines += [f"{f.severity}: {f.words}" for f in findings]
    values = {
        "as_of": day,
        "rows": rows_report(opened.counts),
        "refused": refused,
        "suspects": suspects,
        "evidence": outcomes[opened.outcomes[0]]["evidence"],
        "outcomes": outcomes,
        "notes": list(notes),
        "current_state": list(current),
        "identity": [f for f in findings_report(opened.findings) if f["code"].startswith(("IDENTITY", "DOMAIN"))]
        + merges_report(opened.merges),
        "findings": findings_report(findings),
    }
    return CheckReport(values, lines, any(f.severity == "error" for f in findings))


def _count_lines(name: str, count: RowCount, indent: str) -> list[str]:
    left = sum(count.left_out.values())
    first = f"{indent}{name}: {counted(count.rows_in, 'row')} in, {count.used:,} used, {left:,} left out"
    return [first] if count.parts else [first, *(f"{indent}  {n:,} {reason}" for reason, n in sorted(count.left_out.items()))]
