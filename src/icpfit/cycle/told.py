"""Findings as the lines of a command: what needs action first, then what is still, and what cannot be told yet."""

from __future__ import annotations

from collections.abc import Sequence

from icpfit.documents.drift_words import code_of
from icpfit.documents.words import listed
from icpfit.drift.verdict import Found, one_cause
from icpfit.plural import counted

NOT_ASKED = ("TRADE-DATA", "WATCH-BEFORE")
"""What somebody can bring in is told before what only time brings."""
MOST_FACTS = 6
"""of one code"""
MOST_UNTOLD = 3
"""findings that cannot tell, in words of their own; the JSON and the document have all of them"""
SOON = 50
"""more rows that a team waits for; where there are more already, as many again"""
LEVELS = ("MODEL-WINRATE", "MODEL-RETENTION")
OF_THE_TRADE = ("MODEL-", "ICP-", "TRADE-")
SUBJECT_FIRST = "cannot tell;"
"""words that begin so do not say of what"""


def told_words(finding: Found, more: str = "") -> str:
    """What it is about, what was seen, and the code that the JSON has for it.

    >>> told_words({"code": "DRIFT-FEATURE", "subject": "Size", "words": "Size: has moved"})
    'Size: has moved (DRIFT-FEATURE)'
    >>> told_words({"code": "MODEL-WINRATE", "subject": "win rate", "words": "cannot tell; too few"}, "5 more are needed")
    'win rate: cannot tell; too few; 5 more are needed (MODEL-WINRATE)'
    """
    subject, words = finding["subject"], finding["words"]
    said = f"{subject}: {words}" if words.startswith(SUBJECT_FIRST) and subject else words
    return f"{said}{f'; {more}' if more else ''} ({finding['code']})"


def fact_lines(facts: Sequence[Found]) -> list[str]:
    """Each with what to do; of many of one code the first few, and what to do once where it is the same."""
    lines: list[str] = []
    for code in dict.fromkeys(f["code"] for f in facts):
        same = [f for f in facts if f["code"] == code]
        for f, after in zip(same[:MOST_FACTS], [*same[1:MOST_FACTS], None], strict=True):
            lines.append(f"LOOK AT: {f['words']} ({code})")
            if after is None and len(same) > MOST_FACTS:
                lines.append(f"LOOK AT: {len(same) - MOST_FACTS:,} more of the kind; --json names them ({code})")
            if after is None or after["action"] != f["action"]:
                lines.append(f"  what to do: {f['action']}")
    return lines


def alarm_lines(alarms: Sequence[Found]) -> list[str]:
    """Each alarm with what to do and a few rows that show it; one that shows the same stands below it by its name alone."""
    lines = []
    for f, others in one_cause(alarms):
        lines.append(f"ALARM: {told_words(f)}")
        lines += [f"  what to do: {f['action']}"] if f["action"] else []
        lines += [f"  for example: {', '.join(f['rows'])}"] if f["rows"] else []
        lines += [f"  also seen as: {', '.join(_name(o) for o in others)}"] if others else []
    return lines


def _name(f: Found) -> str:
    return f["code"] if f["code"] == "DRIFT-WHOLE" else f"{f['code']} {f['subject']}"


def proposal_lines(proposals: Sequence[Found]) -> list[str]:
    """What speaks for something, below what it speaks for."""
    by_action: dict[str, list[Found]] = {}
    for f in proposals:
        by_action.setdefault(f["action"], []).append(f)
    lines = []
    for action, same in by_action.items():
        lines += [f"PROPOSED: {action}", *(f"  because: {told_words(f)}" for f in same)]
    return lines


def still_line(still: Sequence[Found]) -> list[str]:
    """How many questions found nothing that matters, and what they are about."""
    if not still:
        return []
    by_code: dict[str, int] = {}
    for f in still:
        by_code[f["code"]] = by_code.get(f["code"], 0) + 1
    names = [f"{n:,} {code_of(c).many}" if n > 1 and code_of(c).many else code_of(c).one for c, n in by_code.items()]
    return [f"still: {counted(len(still), 'question')}: {listed(names)}"]


def untold_lines(untold: Sequence[Found]) -> list[str]:
    """Those that somebody can do something about, one of a kind; the rest in one line, with the most rows that any of them needs.

    The win rate, or the share who stay, is told in any case: it is asked first by everybody.
    """
    shown: list[Found] = [f for f in untold if f["code"] in NOT_ASKED]
    for f in untold:
        soon = bool(f["needed"]) and f["needed"] <= max(f["n_current"], SOON) and f["code"].startswith(OF_THE_TRADE)
        if (soon or f["code"] in LEVELS) and f["code"] not in {g["code"] for g in shown}:
            shown.append(f)
    shown = shown[:MOST_UNTOLD]
    rest = [f for f in untold if not any(f is g for g in shown)]
    return [*(_untold(f) for f in shown), *_rest(rest, "more " if shown else "")]


def _untold(f: Found) -> str:
    if not f["needed"] or f"{f['needed']:,}" in f["words"]:
        return told_words(f)
    return told_words(f, f"{counted(f['needed'], f'more {_noun(f)} is', f'more {_noun(f)}s are')} needed to tell")


def _rest(rest: Sequence[Found], more: str) -> list[str]:
    if not rest:
        return []
    lines = f"cannot tell yet: {counted(len(rest), f'{more}question')}"
    most = {noun: max((f["needed"] for f in rest if f["needed"] and _noun(f) == noun), default=0) for noun in ("deal", "customer")}
    needs = " or ".join(f"{n:,} more {noun}{'' if n == 1 else 's'}" for noun, n in most.items() if n)
    lines += f"; up to {needs} are needed" if needs else ""
    never = sum(not f["needed"] for f in rest)
    lines += f"; for {'all' if never == len(rest) else f'{never:,}'} of them new ones alone will not do" if never else ""
    return [f"{lines}; --json and icpfit document name them"]


def _noun(f: Found) -> str:
    return "customer" if "customer" in f["cohort"] or code_of(f["code"]).rows == "customers" else "deal"
