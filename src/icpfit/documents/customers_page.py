"""Customers and losses, as words and tables: each part has a title, sentences and tables, and the templates only place them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from icpfit.documents.words import LEFT_OUT, count, known, listed, money, number, percent, sentence
from icpfit.plural import counted

NOTHING = "—"
FEW = 10
"""Fewer customers than this carry no share."""
COHORTS = ("best", "average", "problem")
MEASURES = {
    "acv": "First year's ARR",
    "growth": "ARR now, of the first",
    "nps": "NPS",
    "csat": "CSAT",
    "days_to_value": "Days to first value",
    "cycle_days": "Sales cycle in days",
    "escalations": "Escalations",
}
TYPES = {
    "wrong fit": "wrong fit",
    "right fit, lost to a competitor": "right fit, lost to a competitor",
    "right fit, no decision": "right fit, no decision",
    "right fit, other reason": "right fit, other reason",
    "not known": "not known",
}
TODO = {
    "wrong fit": "should not have been in the funnel: exclude such accounts earlier",
    "right fit, lost to a competitor": "positioning or product",
    "right fit, no decision": "nurture and return",
    "right fit, other reason": "price, product or another reason",
    "not known": "no fit or no reason is known of them",
}


def customers_page(report: Mapping[str, Any] | None, currency: str) -> list[dict[str, Any]]:
    """The parts in their order: ``title``, ``words`` (sentences), ``tables`` (``name``, ``heads``, ``rows``), ``remarks``. None for no report."""
    if not report:
        return []
    parts = [
        _lifetime(report["lifetime"], report["customers"], currency),
        _expansion(report["expansion"], report["customers"]),
        _cohorts(report["cohorts"], report["customers"], currency),
        _profiles(report["profiles"], currency),
        _losses(report["losses"]),
        _lookalike(report["lookalike"]),
    ]
    return [p for p in parts if p is not None]


def _part(title: str, words: Sequence[str], tables: Sequence[dict[str, Any]] = (), remarks: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "title": title,
        "words": [sentence(w) for w in words if w],
        "tables": [t for t in tables if t["rows"]],
        "remarks": [sentence(r) for r in remarks if r],
    }


def _table(name: str, heads: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """``heads``: (name, a number or not); ``rows``: (the row's name, its cells), each cell (text, a number or not)."""
    return {"name": name, "heads": list(heads), "rows": [(row[0], list(zip(row[1:], [h[1] for h in heads[1:]], strict=True))) for row in rows]}


def _lifetime(report: Mapping[str, Any], customers: Mapping[str, Any], currency: str) -> dict[str, Any]:
    title = "What customers are worth"
    if not customers["table"]:
        return _part(title, ["cannot tell: there is no table of subscriptions, so nobody knows who is a customer and what they pay"])
    left_out = "; ".join(f"{LEFT_OUT.get(why, why)}: {count(n)}" for why, n in customers["left_out"].items())
    remark = f"left out: {left_out}" if left_out else ""
    if not report["can_tell"]:
        return _part(title, [f"how long customers stay cannot be told: {report['words']}"], remarks=[remark])
    months, low, high = report["lifetime_months"]
    lines, fits = report["lines"], report["fits"]
    words = [
        f"a new customer stays {number(months, 0)} months{_range(low, high, 0)} on average, counted up to five years; {count(report['left'])} of "
        f"{counted(report['customers'], 'customer')} have left, and those still here count as long as they were watched",
        f"LTV is ARR times lifetime: of a customer who left, the months it stayed; of one still here, those it stayed and may stay on. "
        f"On average it is {_money_range(report['ltv_mean'], currency)}",
        f"best fit, the upper 30% by LTV, begins at {money(lines['best_from'], currency)} ({counted(fits['best fit'], 'customer')}), good fit, the "
        f"next 30%, at {money(lines['good_from'], currency)} ({count(fits['good fit'])}); {count(fits['stretch deal'])} below are stretch deals, "
        f"and who left is none of them",
    ]
    beyond = known(report["beyond_watch"]) or 0.0
    rows = [
        (
            b["group"],
            count(b["customers"]),
            count(b["left"]),
            _months(b) if b["customers"] >= FEW else "too few",
            money(b["first_arr"], currency) if b["customers"] >= FEW else "too few",
            money(b["ltv_of_a_new_one"][0], currency) if b["customers"] >= FEW else "too few",
        )
        for b in report["by_size"]
    ]
    heads = [
        ("Size at the start", False),
        *((h, True) for h in ("Customers", "Left so far", "Months a new one stays", "First ARR, the middle one", "LTV of a new one")),
    ]
    table = _table("What customers are worth, by size", heads, rows)
    return _part(
        title,
        words,
        [table] if len(rows) > 1 else [],
        [
            f"{percent(beyond)} of that time lies beyond the {count(report['watched_months'])} months through which enough customers were watched, "
            "and repeats the year before"
            if beyond > 0.01
            else "",
            "groups of few customers are drawn toward the average of all. Ranges hold in 90 of 100 repetitions",
            remark,
        ],
    )


def _expansion(report: Mapping[str, Any], customers: Mapping[str, Any]) -> dict[str, Any] | None:
    if not customers["table"]:
        return None
    title = "Do customers grow?"
    if not report["can_tell"]:
        n = report["customers"]
        return _part(title, [f"cannot tell: the first renewal of {counted(n, 'customer')} has passed, and {report['needed']} are needed"])
    value, low, high = report["nrr"]
    words = [
        f"at the first renewal customers pay {percent(value)} of what they began with{_range(low, high, percents=True)}: of "
        f"{counted(report['customers'], 'customer')}, {count(report['expanded'])} paid more, {count(report['contracted'])} less, and {count(report['gone'])} were gone",
        _goes_with(report.get("goes_with"), "customers who grew", "the others"),
    ]
    rows = [
        (
            c["cohort"],
            count(c["customers"]),
            *(
                ("too few",) * 4
                if c["nrr"] is None
                else (
                    f"{percent(c['nrr'][0])}{_range(c['nrr'][1], c['nrr'][2], percents=True)}",
                    *(percent(c[k] / c["customers"]) for k in ("expanded", "contracted", "gone")),
                )
            ),
        )
        for c in report["by_start"]
    ]
    heads = [("Began in", False), *((h, True) for h in ("Customers", "Net revenue retention", "Pay more", "Pay less", "Gone"))]
    tables = [_table("Net revenue retention", heads, rows), _differences(report.get("goes_with"), "Grew", "Did not")]
    return _part(title, words, [t for t in tables if t is not None])


def _cohorts(report: Mapping[str, Any], customers: Mapping[str, Any], currency: str) -> dict[str, Any] | None:
    if not customers["table"] or not report["placed"]:
        return None
    cohorts, why = report["cohorts"], report["problem_because"]
    sizes = {name: cohorts[name]["customers"] for name in COHORTS}
    words = [
        "a problem customer is gone, pays less than at the start, or has a low NPS with two escalations or more. One of the best is none of "
        "that, and in the upper third on at least half of the measures known of it, of three at least",
        f"of {counted(report['placed'], 'customer')} past the first renewal, {count(sizes['best'])} are among the best, {count(sizes['average'])} average "
        f"and {count(sizes['problem'])} problem customers ({count(why['gone'])} gone, {count(why['contracted'])} paying less, "
        f"{count(why['low NPS with escalations'])} with a low NPS and escalations)",
        _goes_with(report.get("best_from_problem"), "the best customers", "the problem customers"),
    ]
    rows = [
        (label, *(_median(cohorts[name]["medians"][measure], measure, currency) for name in COHORTS))
        for measure, label in MEASURES.items()
        if any(cohorts[name]["medians"][measure] for name in COHORTS)
    ]
    heads = [("The middle customer", False), *((f"{name.capitalize()} ({count(sizes[name])})", True) for name in COHORTS)]
    tables = [_table("Best, average and problem customers", heads, rows)]
    differing = _differences(report.get("best_from_problem"), "Best", "Problem")
    unknown = listed([m for m in report["unknown_measures"]])
    return _part(
        "Best, average and problem customers",
        words,
        tables + ([differing] if differing else []),
        [
            f"not known of any customer, and so not counted: {unknown}" if unknown else "",
            "attributes are those at the start of the deal, compared among customers of the same year. What goes with size also goes with ARR"
            if differing
            else "",
        ],
    )


def _profiles(report: Mapping[str, Any], currency: str) -> dict[str, Any]:
    title = "One profile or two?"
    if report["found"] != 2:
        return _part(title, [report["words"]])
    profiles = report["profiles"]
    rows = [
        ("Share of won deals", *(f"{percent(p['deal_share'])} ({count(p['deals'])})" for p in profiles.values())),
        ("Share of their value", *(percent(p["value_share"]) for p in profiles.values())),
        (f"Value ({report['value_is']}), the middle deal", *(_interval(p["value"], lambda v: money(v, currency)) for p in profiles.values())),
        ("Cycle in days, the middle deal", *(_interval(p["cycle_days"], count) for p in profiles.values())),
        ("Value per day of cycle", *(money(p["value_per_day"], currency) for p in profiles.values())),
        ("Stayed", *(_enough(p, percent(p["retained"])) for p in profiles.values())),
        ("Net revenue retention", *(_enough(p, percent(p["nrr"])) for p in profiles.values())),
    ]
    fast, slow = profiles
    heads = [("", False), (fast.capitalize(), True), (slow.capitalize(), True)]
    differing = _differences(report["told_apart_by"], "Fast", "Slow")
    tables = [_table("Two profiles", heads, rows), *([differing] if differing else [])]
    return _part(title, [report["words"], _goes_with(report["told_apart_by"], "fast deals", "slow ones")], tables)


def _losses(report: Mapping[str, Any]) -> dict[str, Any]:
    title, lost = "Why deals were lost", report["lost"]
    if not lost:
        return _part(title, ["no deal was lost"])
    if report["line"] is None:
        about = "no model says how well a lost deal fits, so wrong fit is what the reason calls so"
    else:
        chance = "won and kept" if report["joint"] else "won"
        about = (
            f"a deal fits from a chance of {percent(report['line'])} to be {chance}, below which {percent(report['share_below_line'])} of all deals lie, "
            "as many as tier D holds; its chance is that by a model that had not learned from it"
        )
    words = [
        f"of {counted(lost, 'lost deal')}, {count(report['types']['wrong fit'])} were a wrong fit: below the line, or lost for no fit by their own reason; {about}",
        f"{count(report['said_no_fit_but_fits'])} were lost for no fit, though they fit by the model" if report["said_no_fit_but_fits"] else "",
        f"{counted(report['re_engage'], 'account')} to go back to {'is' if report['re_engage'] == 1 else 'are'} in re-engage.csv: right fit, no decision within "
        "eighteen months, no customer and no open deal now"
        if report["re_engage"]
        else "no account is there to go back to",
    ]
    if report["no_reason"] == lost:
        words.append("no loss has a reason: ask for one at every close")
    rows = [(TYPES[t], count(n), percent(n / lost), TODO[t]) for t, n in report["types"].items() if n]
    heads = [("Type", False), ("Lost", True), ("Share", True), ("What follows", False)]
    rivals = [(r["name"], count(r["lost"]), count(r["right_fit"])) for r in report["rivals"]]
    not_understood = ", ".join(f"“{text}” ({count(n)})" for text, n in report["reason_not_understood"].items())
    return _part(
        title,
        words,
        [_table("Types of loss", heads, rows), _table("Lost to whom", [("Competitor", False), ("Lost", True), ("Of right fit", True)], rivals)],
        [
            f"of {counted(report['no_reason'], 'loss', 'losses')} no reason is known" if 0 < report["no_reason"] < lost else "",
            f"the reasons of {counted(report['not_understood'], 'loss', 'losses')} are not understood: {not_understood}" if not_understood else "",
        ],
    )


def _lookalike(report: Mapping[str, Any]) -> dict[str, Any]:
    words = [report["words"]]
    tables = []
    for key, first, second, names in (
        ("best_from_competitor", "the best customers", "deals lost to competitors", ("Best", "Lost to a competitor")),
        ("competitor_from_other", "deals lost to competitors", "other losses", ("Lost to a competitor", "Lost otherwise")),
    ):
        if key in report:
            words.append(_goes_with(report[key], first, second))
            tables.append(_differences(report[key], *names))
    way = report.get("way")
    remark = ""
    if way and known(way[0]) is not None and known(way[1]) is not None:
        remark = (
            f"on the way from the other losses (0) to the best customers (100) they stand at {100 * way[0]:.0f} "
            f"({100 * way[1]:.0f} to {100 * way[2]:.0f}); an answer needs the whole range on one side of 50"
        )
    return _part("Do the accounts lost to competitors look like the best customers?", words, [t for t in tables if t is not None], [remark])


def _goes_with(report: Mapping[str, Any] | None, first: str, second: str) -> str:
    """What tells two groups apart, in a sentence."""
    if report is None:
        return ""
    a, b = report["accounts"]
    if not report["asked"]:
        return f"what tells {first} from {second} cannot be told: {count(a)} and {count(b)} are there, and {report['needed'] or 20} of each with known values are needed"
    if not report["strongest"]:
        return f"none of {count(report['asked'])} comparisons tells {first} ({count(a)}) from {second} ({count(b)}) beyond chance"
    lead = report["strongest"][0]
    more = f", and {counted(report['beyond_chance'] - 1, 'more comparison')} of {count(report['asked'])} differ beyond chance" if report["beyond_chance"] > 1 else ""
    return f"{lead['label']}, {lead['said']}: {percent(lead['shares'][0])} of {first}, {percent(lead['shares'][1])} of {second}{more}"


def _differences(report: Mapping[str, Any] | None, first: str, second: str) -> dict[str, Any] | None:
    if report is None or len(report["strongest"]) < 2:
        return None
    rows = [(f"{d['label']}: {d['said']}", percent(d["shares"][0]), percent(d["shares"][1])) for d in report["strongest"]]
    return _table(f"{first} and {second.lower()}, what differs most", [("Differs most", False), (first, True), (second, True)], rows)


def _range(low: object, high: object, places: int = 1, *, percents: bool = False) -> str:
    a, b = known(low), known(high)
    if a is None or b is None:
        return ""
    return f" ({percent(a)} to {percent(b)})" if percents else f" ({a:,.{places}f} to {b:,.{places}f})"


def _money_range(value: Sequence[float | None], currency: str) -> str:
    return f"{money(value[0], currency)}{_range(value[1], value[2], 0)}"


def _months(band: Mapping[str, Any]) -> str:
    return f"{number(band['lifetime_months'][0], 0)}{_range(band['lifetime_months'][1], band['lifetime_months'][2], 0)}"


def _median(found: Sequence[float | None] | None, measure: str, currency: str) -> str:
    if found is None:
        return NOTHING
    shown = {"acv": lambda v: money(v, currency), "growth": percent, "csat": lambda v: number(v, 1)}
    return _interval(found, shown.get(measure, count))


def _interval(found: Sequence[float | None] | None, shown: Any) -> str:
    if found is None:
        return NOTHING
    value, low, high = found
    return shown(value) if low is None or high is None or low == high else f"{shown(value)} ({shown(low)} to {shown(high)})"


def _enough(profile: Mapping[str, Any], figure: str) -> str:
    return figure if profile["customers_told"] >= FEW else "too few"
