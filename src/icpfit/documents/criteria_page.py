"""Criteria by priority and the profile beside its own past, as words and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from icpfit.criteria.exclusions import FAR, MIN_ROWS
from icpfit.criteria.signals import MOST, NEARLY_ALL
from icpfit.criteria.standing import CANNOT
from icpfit.documents.parts import NOTHING, part, table
from icpfit.documents.past_page import past_wins_part
from icpfit.documents.words import OUTCOMES, Terms, count, known, listed, money, number, percent
from icpfit.plural import counted
from icpfit.scorecard.card import TIER_NAMES

BEST = {
    "best fit": ("customer of best fit", "customers of best fit (the upper 30% by LTV)"),
    "best cohort": ("of the best customers", "of the best customers (none of them a problem, and good on most that is measured)"),
    "won and kept": ("deal won and kept", "deals won and kept"),
    "won": ("deal won", "deals won"),
    "stayed": ("customer who stayed", "customers who stayed"),
}
FITS = {"best fit": "Best fit", "good fit": "Good fit", "stretch deal": "Stretch deal", "left": "Left"}


def criteria_page(report: Mapping[str, Any] | None, gates: Sequence[Mapping[str, Any]], currency: str) -> list[dict[str, Any]]:
    """The parts in their order; none without a report, but where past wins stood, which the gates know too."""
    if not report:
        alone = past_wins_part(next((g["numbers"] for g in gates if g["gate"] == "retrospective_recall"), {}))
        return [alone] if alone else []
    terms = OUTCOMES["retention" if report["best"]["is"] == "stayed" else "win"]
    scored = (report["retrospective"] or {}).get("scored", "")
    parts = [
        _primary(report["primary"], report["best"], report.get("later")),
        _secondary(report["secondary"], report["best"], terms, report.get("later")),
        _negative(report["negative"], terms, currency),
        _fits(report["fits"], scored, report["best"]),
        past_wins_part(report["retrospective"] or {}),
        _reverse(report["reverse"], scored),
    ]
    return [p for p in parts if p is not None]


def _primary(report: Mapping[str, Any], best: Mapping[str, Any], later: Mapping[str, Any] | None) -> dict[str, Any]:
    title = "Must-haves (primary criteria)"
    sides, gone = _others(best), "customers who left, pay less or are a problem" if best["tables"] else "customers who left"
    against = " and ".join(f"{count(best[n])} {gone if n == 'left' else 'deals lost'}" for n, _ in sides)
    words = [
        f"a must-have is what at least {percent(NEARLY_ALL)} of the best have, and at most {percent(MOST)} {_of_each(sides)}. The best are "
        f"here {counted(best['best'], *BEST[best['is']])}; beside them stand {against or 'no others'}"
    ]
    if best.get("of", best["best"]) != best["best"]:
        words.append(
            f"of all {count(best['of'])} such customers only these {count(best['best'])} are counted here: those whose deals the card was "
            "learned from. The same holds of those who left"
        )
    if not best["tables"]:
        words.append("the file says one outcome of each row and nothing of what customers are worth: all that went well count as the best")
    if not report["enough"]:
        return part(title, [*words, "there are too few of the best, or of the others, to tell a must-have"])
    if not report["found"]:
        fallen = later is not None and (later["not_borne_out"] or later.get("new"))
        held = " that later tests bear out (see strong signals)" if fallen else ""
        words.append(f"no line of the scorecard is a must-have: none{held} is in nearly all of the best and absent in most of the others")
        if near := report["nearest"]:
            seen = ", ".join(f"{percent(near['has'][n]['share'])} of {name}" for n, name in [("best", "the best"), *sides])
            words.append(f"nearest comes “{near['words']}”: {seen} have it")
        return part(title, words)
    rows = [(s["words"], f"{s['points']:.0f}", *(_of(s["has"][n]) for n in ("best", *(n for n, _ in sides)))) for s in report["found"]]
    heads = [("Criterion", False), ("Points", True), ("Best", True), *((n.capitalize(), True) for n, _ in sides)]
    remark = f"how many {_of_all(sides)} have it; counted are those whose value is known"
    return part(title, words, [table("Must-haves", heads, rows, stack=True)], [remark])


def _others(best: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Whom the best are held against, of those there are."""
    return [(n, name) for n, name in (("left", "those who left"), ("lost", "deals lost")) if best[n]]


def _of_all(sides: Sequence[tuple[str, str]]) -> str:
    return listed(["of the best", *(f"of {name}" for _, name in sides)])


def _of_each(sides: Sequence[tuple[str, str]]) -> str:
    return " and ".join(f"of {name}" for _, name in sides) or "of the others"


def _secondary(report: Mapping[str, Any], best: Mapping[str, Any], terms: Terms, later: Mapping[str, Any] | None) -> dict[str, Any]:
    title = "Strong signals (secondary criteria)"
    fallen = _not_borne_out(later, terms)
    if not report["found"]:
        return part(title, [f"not one of {count(report['asked'])} comparisons shows a strong signal", *fallen])
    others = _others(best)
    sides = ["best", *(n for n, _ in others)]
    rows = [
        (
            s["words"],
            f"{s['points']:.0f}",
            f"{percent(s['met']['share'])} (else {percent(s['otherwise']['share'])})",
            _times(s["lift"]),
            *(percent(s["has"][n]["share"]) for n in sides),
        )
        for s in report["found"]
    ]
    heads = [
        ("Criterion", False),
        *((h, True) for h in ("Points", terms.good.capitalize(), "Times as often", *(n.capitalize() for n in sides))),
    ]
    stays = ", or is more common among the best customers than among those who left" if len(others) > 1 else ""
    words = (
        f"each goes with {terms.many} that {terms.were} more often than others{stays}, counted on the {terms.many} that the card was "
        f"learned from{_borne_out(later)}. “Points” is what it adds on the scorecard on average; “times as often” is how often such "
        f"{terms.many} {terms.were}, beside all others whose value is known. The last "
        f"columns say how many {_of_all(others)} have it"
    )
    remark = "ranges hold in 90 of 100 repetitions, with accounts counted once"
    return part(title, [words, *fallen], [table("Strong signals", heads, rows, stack=True)], [remark])


def _borne_out(later: Mapping[str, Any] | None) -> str:
    if later is None:
        return ""
    return f". {count(later['deals'])} of them, each scored by a card that was made without it, bear each out"


def _not_borne_out(later: Mapping[str, Any] | None, terms: Terms) -> list[str]:
    if later is None:
        return []
    fallen, new = (listed([f"“{label}”" for label in later.get(name, ())]) for name in ("not_borne_out", "new"))
    said = [
        fallen
        and f"{terms.many} that were scored by cards made without them do not bear out {fallen}, or are too few: it may be luck, so "
        "no criterion is made of it",
        new and f"hardly a card of the past asked {new}, so no later {terms.many} can bear it out yet",
    ]
    return [words for words in said if words]


def _negative(report: Mapping[str, Any], terms: Terms, currency: str) -> dict[str, Any]:
    title = "Disqualifiers to consider (negative criteria)"
    rule = (
        f"{count(report['asked'])} yes/no conditions on all attributes were tried. One is named where {MIN_ROWS} accounts or more meet "
        f"it and surely {percent(1 - FAR)} fewer of such {terms.many} {terms.were} than of the others, found on one half of all "
        f"{terms.many}, confirmed on the other"
    )
    held = [_held(d, terms) for d in report["declared"]]
    if not report["found"]:
        return part(title, [f"none was found. {rule}", *held])
    rows = [
        (
            x["words"],
            f"{count(x['met']['rows'])}",
            f"{percent(x['met']['share'])} (else {percent(x['otherwise']['share'])})",
            _times(x["times"]),
            f"{count(x['lost_wins'])} ({money(x['lost_value'], currency)} {report['value_is']})"
            if x["lost_value"]
            else count(x["lost_wins"]),
            ("in force" if x["in_force"] else "proposed") + (", read as it is today" if x.get("today") else ""),
        )
        for x in report["found"]
    ]
    stays = any(x["outcome"] == "retention" for x in report["found"]) and terms.good == "won"
    names = (terms.many.capitalize(), "Won or kept" if stays else terms.good.capitalize(), "Times as often", "Thrown away")
    heads = [("Criterion", False), *((h, True) for h in names), ("Status", False)]
    words = [
        f"{rule}. “Thrown away” counts the {terms.many_good} that it would have turned down. They are proposals: nothing is in force "
        "before it stands in the configuration"
    ]
    lines = [line for x in report["found"] if not x["in_force"] for line in x["yaml"].split("\n")]
    return part(title, [*words, *held], [table("Disqualifiers to consider", heads, rows, stack=True)], to_copy=lines)


def _held(declared: Mapping[str, Any], terms: Terms) -> str:
    """What the rows say of a disqualifier in force that they do not bear out; nothing where they do."""
    if declared["borne_out"]:
        return ""
    if declared["borne_out"] is None:
        of = f" of {counted(n, 'account')}" if (n := declared.get("accounts")) else ""
        return f"in force, and too rare to judge: “{declared['words']}” ({count(declared['met']['rows'])} {terms.many}{of})"
    verdict = "below the rest, but not far below it" if declared["times"][2] < 1 else "not shown to be below the rest"
    share, other = percent(declared["met"]["share"]), percent(declared["otherwise"]["share"])
    return (
        f"in force, and {verdict}: “{declared['words']}”. {share} of such {terms.many} {terms.were}, {other} of the others; it turns down "
        f"{count(declared['met']['hits'])} of {count(declared['met']['hits'] + declared['otherwise']['hits'])} {terms.many_good}"
    )


def _fits(report: Mapping[str, Any] | None, scored: str, best: Mapping[str, Any]) -> dict[str, Any] | None:
    if report is None:
        return None
    title = "Best fit, good fit and stretch deals"
    if not report["can_tell"]:
        return part(title, [report["words"]])
    by = {f["fit"]: f for f in report["fits"]}
    here = sum(f["customers"] for f in report["fits"])
    words = [
        f"by LTV, of all {counted(here, 'customer')}: {count(by['best fit']['customers'])} of best fit, "
        f"{count(by['good fit']['customers'])} of good fit, and {count(by['stretch deal']['customers'])} stretch deals (customers below "
        f"good fit, and not the ideal customer); {count(by['left']['customers'])} have left",
        f"the table shows into which tiers their deals fell{scored and ', ' + scored}",
        _apart(by["best fit"]["in_ab"], by["stretch deal"]["in_ab"], by["left"]["in_ab"]),
    ]
    rows = [
        (
            name,
            f"{count(by[fit]['customers'])} ({count(by[fit]['read'])} read)",
            *(percent(by[fit]["tiers"][t] / by[fit]["read"]) if by[fit]["read"] >= 10 else "too few" for t in TIER_NAMES),
            _of(by[fit]["in_ab"]) if by[fit]["read"] >= 10 else NOTHING,
        )
        for fit, name in FITS.items()
    ]
    heads = [("Customers", False), ("All", True), *((t, True) for t in TIER_NAMES), ("A or B", True)]
    remarks = [f"{counted(report['not_read'], 'customer')} are older than the oldest card, and are not read"] if report["not_read"] else []
    if best["tables"] and best["left"]:
        remarks.append(
            f"“Left” are here only those who are gone by now. The {count(best['left'])} beside the must-haves are of the deals that the "
            "card was learned from, and hold those too who are still here and pay less, or are a problem"
        )
    return part(title, words, [table("Tiers of customers, by what they are worth", heads, rows, stack=True)], remarks)


def _apart(best: Mapping[str, Any], stretch: Mapping[str, Any], left: Mapping[str, Any]) -> str:
    """Whether the tiers told the best from the others, by intervals that do not meet."""
    if min(best["rows"], stretch["rows"]) < 20:
        return ""
    told = (
        "stood higher than"
        if best["low"] > stretch["high"]
        else "stood lower than"
        if best["high"] < stretch["low"]
        else "stood no higher than"
    )
    said = f"best-fit deals {told} stretch deals"
    if left["rows"] >= 20 and min(best["low"], stretch["low"]) > left["high"]:
        said += "; both stood above customers who left"
    return f"{said}: the points say who buys and stays, and not how much they pay" if told == "stood no higher than" else said


def _reverse(report: Mapping[str, Any] | None, scored: str) -> dict[str, Any] | None:
    if report is None:
        return None
    title = "Does the profile look like the best customers, or like those who leave?"
    by_revenue = report["by"] != "stayed"
    strong = "the strongest customers by net revenue retention" if by_revenue else "customers who stayed"
    gone = "were gone at their first renewal" if by_revenue else "left"
    if (auc := known(report["auc"])) is None:
        return part(title, [f"cannot tell: {report['why']}"])
    span = f"{100 * auc:.0f} of 100 pairs (90% range {100 * report['auc_low']:.0f} to {100 * report['auc_high']:.0f}; lots give 50)"
    line = f" (the quarter that pay {percent(report['line'])} or more of their first ARR at the first renewal)" if by_revenue else ""
    words = [
        report["verdict"] if report["verdict"] != CANNOT else "cannot tell: the range includes what lots would give",
        f"of {strong}{line}, {_share(report['strongest'])} stood in tier A or B; of those who "
        f"{gone}, {_share(report['churned'])}. In {span} the strong customer had more points than the one who left",
    ]
    return part(title, words, remarks=[f"their deals are {scored}" if scored else ""])


def _share(share: Mapping[str, Any]) -> str:
    return f"{percent(share['share'])} ({count(share['hits'])} of {count(share['rows'])})"


def _of(share: Mapping[str, Any]) -> str:
    return f"{percent(share['share'])} ({percent(share['low'])} to {percent(share['high'])})" if share["rows"] else NOTHING


def _times(found: Sequence[float]) -> str:
    return f"{number(found[0], 2)} ({number(found[1], 2)} to {number(found[2], 2)})"
