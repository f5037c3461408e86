"""What a finding amounts to, for everybody who counts findings; and which alarms show one and the same thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from icpfit.plural import counted

Found = Mapping[str, Any]
"""a finding as plain values, as ``icpfit drift --json`` has it"""
Verdict = Literal["alarm", "proposal", "still", "cannot tell"]

LIKELY = 0.8
"""how often a change that matters must be found for "nothing was seen" to say much"""
SURE = 0.05
"""of a q-value: what is sure, and yet no alarm, was seen to be too small to matter, however few the rows"""
WATCHED = "WATCH-"
"""looks of a watch that goes on: what is sure only for the time being may yet grow"""
MAKE_UP = ("TRADE-MIX", "TRADE-UPMARKET")
OF_WINS = " of the wins"


def verdict_of(f: Found) -> Verdict:
    """Every finding is one of four, so that their numbers add up to all.

    >>> quiet = {"code": "TRADE-MIX", "alarm": False, "action": "", "p_value": 0.4, "q_value": 1.0, "power": 0.9}
    >>> verdict_of(quiet), verdict_of({**quiet, "power": 0.3}), verdict_of({**quiet, "power": 0.3, "q_value": 0.01})
    ('still', 'cannot tell', 'still')
    >>> verdict_of({**quiet, "p_value": None}), verdict_of({**quiet, "p_value": None, "action": "retrain"})
    ('cannot tell', 'proposal')
    """
    if f["alarm"]:
        return "alarm"
    if f.get("action"):
        return "proposal"
    power, q = f.get("power"), f.get("q_value")
    small = q is not None and q <= SURE and not str(f["code"]).startswith(WATCHED)
    weak = power is not None and power < LIKELY and not small
    return "cannot tell" if f["p_value"] is None or weak else "still"


def by_verdict(findings: Sequence[Found]) -> dict[str, list[Found]]:
    """Every finding under one of alarm, proposal, still and cannot tell."""
    found: dict[str, list[Found]] = {name: [] for name in ("alarm", "proposal", "still", "cannot tell")}
    for f in findings:
        found[verdict_of(f)].append(f)
    return found


def count_line(findings: Sequence[Found]) -> str:
    """The four numbers, which add up to all findings."""
    n = {name: len(found) for name, found in by_verdict(findings).items()}
    of = counted(len(findings), "finding")
    if not any(f["p_value"] is not None for f in findings) and not n["proposal"]:
        return f"nothing can be told yet: {of}"
    head = f"{n['alarm']:,} of {of} {'needs' if n['alarm'] == 1 else 'need'} action;" if n["alarm"] else f"nothing needs action; of {of}"
    are = ("proposes" if n["proposal"] == 1 else "propose", "is" if n["still"] == 1 else "are")
    told = {"proposal": f"{are[0]} something", "still": f"{are[1]} still", "cannot tell": "cannot be told yet"}
    return f"{head} {', '.join(f'{n[name]:,} {words}' for name, words in told.items() if n[name])}".rstrip("; ")


def one_cause(alarms: Sequence[Found]) -> list[tuple[Found, list[Found]]]:
    """Each alarm with those that show the same: of an attribute the trade's before the data's, of all attributes those that moved."""
    told: list[tuple[Found, list[Found]]] = []
    rest = [f for f in alarms if f["code"] not in ("DRIFT-FEATURE", "ATTRIBUTION-FEATURE", "DRIFT-WHOLE")]
    told = [(f, []) for f in rest]
    for f in (g for g in alarms if g["code"] in ("DRIFT-FEATURE", "ATTRIBUTION-FEATURE")):
        same = next((others for head, others in told if _names(head, str(f["subject"]))), None)
        if same is None:
            told.append((f, []))
        else:
            same.append(f)
    for f in (g for g in alarms if g["code"] == "DRIFT-WHOLE"):
        same = next((others for head, others in told if any(o["code"] == "DRIFT-FEATURE" for o in (head, *others))), None)
        if same is None:
            told.append((f, []))
        else:
            same.append(f)
    return told


def _names(f: Found, attribute: str) -> bool:
    """Whether an alarm of the trade is about who comes, or who buys, by this attribute."""
    if f["code"] == "TRADE-NEW-SEGMENT":
        return f"; {attribute}: " in str(f["words"])
    return f["code"] in MAKE_UP and str(f["subject"]).removesuffix(OF_WINS) == attribute
