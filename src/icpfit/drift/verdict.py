"""What a finding amounts to, for everybody who counts findings; and which alarms show one and the same thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from icpfit.drift.finding import DESCRIBED, FACTS, MUST_MEND
from icpfit.plural import counted

Found = Mapping[str, Any]
"""a finding as plain values, as ``icpfit drift --json`` has it"""
Verdict = Literal["fact", "alarm", "proposal", "described", "still", "cannot tell"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

LIKELY = 0.8
"""how often a change that matters must be found for "nothing was seen" to say much"""
SURE = 0.05
"""of a q-value: what is sure, and yet no alarm, was seen to be too small to matter, however few the rows"""
WATCHED = "WATCH-"
"""looks of a watch that goes on: what is sure only for the time being may yet grow"""
MAKE_UP = ("TRADE-MIX", "TRADE-UPMARKET")
OF_WINS = " of the wins"


def verdict_of(f: Found) -> Verdict:
    """Every finding is one of six, so that their numbers add up to all.

    >>> quiet = {"code": "TRADE-MIX", "alarm": False, "action": "", "p_value": 0.4, "q_value": 1.0, "power": 0.9}
    >>> verdict_of(quiet), verdict_of({**quiet, "power": 0.3}), verdict_of({**quiet, "power": 0.3, "q_value": 0.01})
    ('still', 'cannot tell', 'still')
    >>> verdict_of({**quiet, "p_value": None}), verdict_of({**quiet, "p_value": None, "action": "retrain"})
    ('cannot tell', 'proposal')
    >>> verdict_of({**quiet, "code": "DRIFT-LOST", "p_value": None, "action": "look at the export"})
    'fact'
    """
    if f["alarm"]:
        return "alarm"
    if f.get("code") in DESCRIBED:
        return "described"
    if f.get("code") in FACTS and f.get("action"):
        return "fact"
    if f.get("action"):
        return "proposal"
    power, q = f.get("power"), f.get("q_value")
    small = q is not None and q <= SURE and not str(f["code"]).startswith(WATCHED)
    weak = power is not None and power < LIKELY and not small
    return "cannot tell" if f["p_value"] is None or weak else "still"


def by_verdict(findings: Sequence[Found]) -> dict[str, list[Found]]:
    """Every finding under its verdict."""
    found: dict[str, list[Found]] = {name: [] for name in VERDICTS}
    for f in findings:
        found[verdict_of(f)].append(f)
    return found


def must_mend(findings: Sequence[Found]) -> bool:
    """Whether the data must be mended before anything can be asked of it."""
    return any(f["code"] in MUST_MEND for f in by_verdict(findings)["fact"])


def count_line(findings: Sequence[Found]) -> str:
    """How many there are of each, which add up to all findings."""
    if must_mend(findings):
        return "nothing else is asked before this is mended"
    n = {name: len(found) for name, found in by_verdict(findings).items()}
    of = counted(len(findings), "finding")
    if not any(f["p_value"] is not None for f in findings) and not n["proposal"] and not n["fact"]:
        return f"nothing can be told yet: {of}"
    head = f"{n['alarm']:,} of {of} {'needs' if n['alarm'] == 1 else 'need'} action;" if n["alarm"] else f"nothing needs action; of {of}"
    one = "is" if n["fact"] == 1 else "are"
    are = ("proposes" if n["proposal"] == 1 else "propose", "is" if n["still"] == 1 else "are")
    told = {
        "fact": f"{one} to be looked at first",
        "proposal": f"{are[0]} something",
        "described": "set two cards side by side",
        "still": f"{are[1]} still",
        "cannot tell": "cannot be told yet",
    }
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
