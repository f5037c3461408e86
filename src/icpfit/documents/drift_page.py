"""Has anything moved? The findings as cards that a sales leader acts on, what cannot be told, and what was asked and is still."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from icpfit.documents.drift_figures import drift_figures
from icpfit.documents.drift_values import DriftPictures
from icpfit.documents.drift_words import GROUPS, OTHER_GROUP, PROPOSED, SUBJECT_FIRST, code_of, group_of
from icpfit.documents.words import count, known, listed, percent, sentence
from icpfit.drift.verdict import by_verdict, count_line, verdict_of
from icpfit.plural import counted

Found = Mapping[str, Any]

MOST_ROWS = 5
SINGLY = 3
"""findings of one code that are told one by one"""
POWER_SAID = (" of 100", " in 100", "of the time")
"""by which the words of a finding that tells its power are known"""
NOTHING: dict[str, Any] = {"words": "", "who": "", "rows": [], "more": ""}
"""of a card that is made of others"""
NOT_BY_ITSELF = "Nothing is changed by itself: a new profile is in force only once leadership has signed it off."


def drift_page(found: Sequence[Found] | None, pictures: DriftPictures | None = None, *, about: str = "") -> dict[str, Any]:
    """``state``: moved, still, cannot tell, or not asked (``found`` is None). ``about``: which profile was asked of, in a sentence.

    A record from before findings had a cohort, a power and an action has cards without them.
    """
    found_ = [dict(f) for f in found or ()]
    verdicts = by_verdict(found_)
    facts, described = verdicts["fact"], verdicts["described"]
    proposed = [f for f in found_ if _code(f).startswith(PROPOSED) and f.get("action") and not f["alarm"]]
    alarms = [f for f in found_ if f["alarm"] and f not in proposed]
    told = [f for f in found_ if f["p_value"] is not None and f not in proposed]
    open_ = [f for f in found_ if f["p_value"] is None and not f["alarm"] and f not in [*proposed, *described, *facts]]
    state = "not asked" if found is None else "moved" if alarms else "still" if told else "cannot tell"
    return {
        "state": state,
        "headline": _headline(state, len(alarms), proposed=bool(proposed), first=bool(facts)),
        "about": about,
        "first": [{**_card(f, {}), "who": ""} for f in facts],
        "groups": _groups(alarms, most_changed(pictures)),
        "proposed": _proposed(proposed),
        "by_itself": NOT_BY_ITSELF if proposed else "",
        "open": [*_untold(open_), *_weak([f for f in told if not f["alarm"]])],
        "asked": _asked(found_) if told else "",
        "described": [sentence(_words(f)) for f in described],
        "figures": drift_figures(pictures) if pictures is not None else [],
    }


def _headline(state: str, alarms: int, *, proposed: bool, first: bool) -> str:
    but = ", but something in the data must be looked at first." if first else ", but something is proposed." if proposed else "."
    if state == "moved":
        moved = "One thing has moved and needs action" if alarms == 1 else f"{alarms} things have moved and need action"
        return f"{moved}{but}" if first else f"{moved}."
    if state == "still":
        return f"Nothing has moved beyond chance{but}"
    if state == "cannot tell":
        return f"Whether something has moved cannot be told yet{but}"
    return "Whether something has moved was not asked."


def most_changed(pictures: DriftPictures | None) -> dict[str, str]:
    """By attribute, the band whose share changed most, then and now."""
    said = {}
    for f in pictures.features if pictures is not None else ():
        words, then, now = max(f.bands, key=lambda b: abs(b[2] - b[1]))
        said[f.label] = f"most changed: {words}, {percent(then)} then, {percent(now)} now"
    return said


def _groups(alarms: Sequence[Found], changed: Mapping[str, str]) -> list[dict[str, Any]]:
    """Cards by group. Several findings of a kind that all ask for the same are one card, each a line of it."""
    titles = [*(title for _, title in GROUPS), OTHER_GROUP]
    groups = []
    for title in titles:
        same: dict[tuple[str, str, str], list[Found]] = {}
        for i, f in enumerate(g for g in alarms if group_of(_code(g)) == title):
            alone = "" if _code(f) == "DRIFT-FEATURE" and not f.get("rows") else str(i)
            same.setdefault((_code(f), str(f.get("action") or ""), alone), []).append(f)
        cards = [_card(found[0], changed) if len(found) == 1 else _one_of_many(found, changed) for found in same.values()]
        groups += [{"title": title, "cards": cards}] if cards else []
    return groups


def _proposed(proposed: Sequence[Found]) -> list[dict[str, Any]]:
    """What speaks for one and the same is one card, with a line for each."""
    same: dict[str, list[dict[str, Any]]] = {}
    for f in proposed:
        card = _card(f, {})
        same.setdefault(card["todo"], []).append(card)
    return [
        cards[0] if len(cards) == 1 else {**cards[0], "headline": todo, "todo": "", **NOTHING, "lines": [_line(c) for c in cards]}
        for todo, cards in same.items()
    ]


def _line(card: Mapping[str, Any]) -> str:
    return " ".join(w for w in (card["headline"], card["words"]) if w)


def _one_of_many(found: Sequence[Found], changed: Mapping[str, str]) -> dict[str, Any]:
    code = code_of(_code(found[0]))
    lines = [
        sentence("; ".join(w for w in (_words(f).replace(": has moved; ", ": "), changed.get(str(f.get("subject")), "")) if w))
        for f in found
    ]
    return {**_card(found[0], {}), "headline": f"{count(len(found))} {code.many} have moved.", "words": "", "lines": lines}


def _card(f: Found, changed: Mapping[str, str]) -> dict[str, Any]:
    """``headline`` is the finding's words up to the first semicolon, ``words`` what follows it."""
    first, _, rest = _words(f).partition("; ")
    rows = [str(r) for r in f.get("rows") or ()]
    now, before = known(f.get("n_current")), known(f.get("n_reference"))
    many = code_of(_code(f)).rows
    seen = f"{count(now)} newer {many} beside {count(before)} before" if now and before else f"{count(now)} {many}" if now else ""
    cohort = str(f.get("cohort") or "")
    if f["p_value"] is None:
        seen = ""  # a fact compares nothing
    if now and before and f"{count(now)} " in f"{cohort} " and f"{count(before)} " in f"{cohort} ":
        seen = ""  # the cohort says it
    band = changed.get(str(f.get("subject")), "") if _code(f) == "DRIFT-FEATURE" else ""
    return {
        "code": _code(f),
        "headline": sentence(first),
        "words": " ".join(w for w in (sentence(rest), sentence(band)) if w),
        "lines": [],
        "who": " · ".join(w for w in (cohort, seen) if w),
        "todo": sentence(str(f.get("action") or code_of(_code(f)).action)),
        "rows": rows[:MOST_ROWS],
        "more": f" and {len(rows) - MOST_ROWS} more" if len(rows) > MOST_ROWS else "",
    }


def _words(f: Found) -> str:
    """Behind the subject where they do not begin with it themselves, and are no whole sentence."""
    words, subject = str(f["words"]), str(f.get("subject") or "")
    alone = not _code(f).startswith(SUBJECT_FIRST) or words.lower().startswith(subject.lower())
    return words if alone else f"{subject}: {words}"


def _untold(open_: Sequence[Found]) -> list[str]:
    """One by one, but for those of a kind that are many."""
    by_code: dict[str, list[Found]] = {}
    for f in open_:
        by_code.setdefault(_code(f), []).append(f)
    said: list[str] = []
    for code, same in by_code.items():
        if len(same) > SINGLY and code:
            many = counted(len(same), code_of(code).one, code_of(code).many)
            said.append(f"{sentence(f'{many}: too little is new, or was known before, to tell')} {_power(same)}".strip())
        else:
            said += [_open(f) for f in same]
    return said


def _open(f: Found) -> str:
    """What cannot be told, how many rows it lacks, and how likely a change would be seen among so many."""
    words = _words(f)
    first, mark, rest = words.partition("; ")
    if mark and first in ("cannot tell", "cannot tell yet"):  # the heading says so; what is asked it does not
        words = f"{code_of(_code(f)).one}: {rest}" if _code(f) else rest
    return " ".join(w for w in (sentence(words), _needed(f, words), _power([f], words)) if w)


def _needed(f: Found, words: str) -> str:
    needed, many = known(f.get("needed")), code_of(_code(f)).rows
    if not needed or count(needed) in words:
        return ""
    one = {"deals": "deal", "customers": "customer"}[many]
    return f"{counted(int(needed), f'more {one} is', f'more {many} are')} needed."


def _power(found: Sequence[Found], words: str = "") -> str:
    """
    >>> _power([{"code": "MODEL-WINRATE", "power": 0.244}])
    'A change of 8 points would be found in 24 of 100 such periods.'
    >>> _power([{"code": "DRIFT-FEATURE", "power": p} for p in (0.1, 0.5)])
    'A change that matters would be found in 10 to 50 of 100 such periods.'
    """
    powers = sorted(100 * p for f in found if (p := known(f.get("power"))) is not None)
    if not powers or any(said in words for said in POWER_SAID):
        return ""
    low, high = f"{powers[0]:.0f}", f"{powers[-1]:.0f}"
    return sentence(f"{code_of(_code(found[0])).change} would be found in {low if low == high else f'{low} to {high}'} of 100 such periods")


def _may_be_missed(f: Found) -> bool:
    return verdict_of(f) == "cannot tell"


def _weak(still: Sequence[Found]) -> list[str]:
    """What was asked, showed nothing, and may well have been missed: said, so that nobody takes it for stable."""
    weak: dict[str, list[Found]] = {}
    for f in still:
        if _may_be_missed(f):
            weak.setdefault(_code(f), []).append(f)
    said = []
    for code, same in weak.items():
        if len(same) > SINGLY:
            said.append(f"{sentence(f'{counted(len(same), code_of(code).one, code_of(code).many)}: nothing seen')} {_power(same)}")
        else:
            said += [
                " ".join(w for w in (sentence(_words(f)), _power([f], str(f["words"])), _needed(f, str(f["words"]))) if w) for f in same
            ]
    return said


def _asked(found: Sequence[Found]) -> str:
    """How many findings there are of each kind, and what is still."""
    by_code: dict[str, int] = {}
    for f in by_verdict(found)["still"]:
        by_code[_code(f)] = by_code.get(_code(f), 0) + 1
    names = [f"{n:,} {code_of(c).many or code_of(c).one}" if n > 1 else code_of(c).one for c, n in by_code.items() if c]
    still = f" No change that matters in: {listed(names)}." if names else ""
    return f"{sentence(count_line(found))}{still}"


def _code(f: Found) -> str:
    return str(f.get("code") or "")
