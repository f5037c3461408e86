"""What a finding amounts to, for everybody who counts findings; and which alarms show one and the same thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Found = Mapping[str, Any]
"""a finding as plain values, as ``icpfit drift --json`` has it"""
Verdict = Literal["alarm", "proposal", "still", "cannot tell"]

LIKELY = 0.8
"""how often a change that matters must be found for "nothing was seen" to say much"""
SURE = 0.05
"""of a q-value: what is sure, and yet no alarm, was seen to be too small to matter, however few the rows"""
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
    weak = power is not None and power < LIKELY and not (q is not None and q <= SURE)
    return "cannot tell" if f["p_value"] is None or weak else "still"


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
