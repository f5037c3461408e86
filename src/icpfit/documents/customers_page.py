"""Customers and losses, as words and tables: each part has a title, sentences and tables, and the templates only place them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from icpfit.documents.losses_page import lookalike_part, losses_part
from icpfit.documents.parts import differences, goes_with, in_brackets, part, table, with_range
from icpfit.documents.words import LEFT_OUT, count, known, listed, money, number, percent
from icpfit.plural import counted

FEW = 10
"""Fewer customers than this carry no share."""
COHORTS = ("best", "average", "problem")
MEASURES: tuple[tuple[str, str, Callable[[object], str]], ...] = (
    ("acv", "First year's ARR, in thousands", lambda value: number((known(value) or 0.0) / 1_000, 1)),
    ("growth", "ARR now, of the first", percent),
    ("nps", "NPS", count),
    ("csat", "CSAT", lambda value: number(value, 1)),
    ("days_to_value", "Days to first value", count),
    ("cycle_days", "Sales cycle in days", count),
    ("escalations", "Escalations", count),
)


def customers_page(report: Mapping[str, Any] | None, currency: str) -> list[dict[str, Any]]:
    """The parts in their order, as ``icpfit.documents.parts`` makes them; none without a report, as for a flat file."""
    if not report:
        return []
    parts = [
        _lifetime(report["lifetime"], report["customers"], currency),
        _expansion(report["expansion"], report["customers"]),
        _cohorts(report["cohorts"], report["customers"], currency),
        _profiles(report["profiles"], currency),
        losses_part(report["losses"]),
        lookalike_part(report["lookalike"]),
    ]
    return [p for p in parts if p is not None]


def _lifetime(report: Mapping[str, Any], customers: Mapping[str, Any], currency: str) -> dict[str, Any]:
    title = "What customers are worth"
    if not customers["table"]:
        return part(title, ["cannot tell: there is no table of subscriptions, so nobody knows who is a customer and what they pay"])
    left_out = "; ".join(f"{LEFT_OUT.get(why, why)}: {count(n)}" for why, n in customers["left_out"].items())
    remark = f"left out: {left_out}" if left_out else ""
    if not report["can_tell"]:
        return part(title, [f"how long customers stay cannot be told: {report['words']}"], remarks=[remark])
    months, low, high = report["lifetime_months"]
    lines, fits = report["lines"], report["fits"]
    words = [
        f"a new customer stays {number(months, 0)} months{in_brackets(low, high, 0)} on average, counted up to five years. Of "
        f"{counted(report['customers'], 'customer')} {count(report['left'])} have left; the others count as long as they were watched",
        "LTV is ARR times lifetime. The lifetime of a customer who left is known; that of one still here is what it stayed and what it may "
        f"stay on. On average LTV is {_money_range(report['ltv_mean'], currency)}",
        f"best fit, the upper 30% by LTV, begins at {money(lines['best_from'], currency)}: {counted(fits['best fit'], 'customer')}. "
        f"Good fit, the next 30%, begins at {money(lines['good_from'], currency)}: {count(fits['good fit'])}. "
        f"Below it are {counted(fits['stretch deal'], 'stretch deal')}; who left is none of these. "
        "Each customer's figures are in customers.csv beside the document of the training run",
    ]
    beyond = known(report["beyond_watch"]) or 0.0
    rows = [
        (
            b["group"],
            f"{count(b['customers'])} ({count(b['left'])} left)",
            *(("too few",) * 3 if b["customers"] < FEW else (_months(b), count(b["first_arr"]), count(b["ltv_of_a_new_one"][0]))),
        )
        for b in report["by_size"]
    ]
    names = ("Customers", "Months a new one stays", f"First ARR, {currency}", f"LTV of a new one, {currency}")
    heads = [("Size at the start", False), *((h, True) for h in names)]
    sizes = table("What customers are worth, by size", heads, rows)
    return part(
        title,
        words,
        [sizes] if len(rows) > 1 else [],
        [
            f"{percent(beyond)} of that time lies beyond the {count(report['watched_months'])} months through which enough customers "
            "were watched, and repeats the year before"
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
        return part(title, [f"cannot tell: the first renewal of {counted(n, 'customer')} has passed, and {report['needed']} are needed"])
    value, low, high = report["nrr"]
    words = [
        f"at the first renewal customers pay {percent(value)} of what they began with{in_brackets(low, high, percents=True)}: of "
        f"{counted(report['customers'], 'customer')}, {count(report['expanded'])} paid more, {count(report['contracted'])} less, "
        f"and {count(report['gone'])} {'was' if report['gone'] == 1 else 'were'} gone",
        goes_with(report.get("goes_with"), "customers who grew", "the others"),
    ]
    rows = [
        (
            c["cohort"],
            count(c["customers"]),
            *(
                ("too few",) * 3
                if c["nrr"] is None
                else (
                    f"{percent(c['nrr'][0])}{in_brackets(c['nrr'][1], c['nrr'][2], percents=True)}",
                    *(percent(c[k] / c["customers"]) for k in ("expanded", "gone")),
                )
            ),
        )
        for c in report["by_start"]
    ]
    heads = [("Began in", False), *((h, True) for h in ("Customers", "Paid at the renewal, of the first ARR", "Pay more", "Gone"))]
    tables = [table("Net revenue retention", heads, rows), differences(report.get("goes_with"), "Grew", "Did not")]
    return part(title, words, [t for t in tables if t is not None])


def _cohorts(report: Mapping[str, Any], customers: Mapping[str, Any], currency: str) -> dict[str, Any] | None:
    if not customers["table"] or not report["placed"]:
        return None
    cohorts, why = report["cohorts"], report["problem_because"]
    sizes = {name: cohorts[name]["customers"] for name in COHORTS}
    words = [
        "a problem customer is gone, pays less than at the start, or has a low NPS with two escalations or more. One of the best "
        "is none of that, and in the upper third on at least half of the measures known of it, of three at least",
        f"of {counted(report['placed'], 'customer')} past the first renewal, {count(sizes['best'])} are among the best, "
        f"{count(sizes['average'])} are average and {count(sizes['problem'])} are problem customers "
        f"({count(why['gone'])} gone, {count(why['contracted'])} paying less, "
        f"{count(why['low NPS with escalations'])} with a low NPS and escalations)",
        goes_with(report.get("best_from_problem"), "the best customers", "the problem customers"),
    ]
    rows = [
        (label, *(with_range(cohorts[name]["medians"][measure], shown) for name in COHORTS))
        for measure, label, shown in MEASURES
        if any(cohorts[name]["medians"][measure] for name in COHORTS)
    ]
    heads = [("The middle customer", False), *((f"{name.capitalize()} ({count(sizes[name])})", True) for name in COHORTS)]
    tables = [table("Best, average and problem customers", heads, rows)]
    differing = differences(report.get("best_from_problem"), "Best", "Problem")
    unknown = listed(report["unknown_measures"])
    return part(
        "Best, average and problem customers",
        words,
        tables + ([differing] if differing else []),
        [
            f"not known of any customer, and so not counted: {unknown}" if unknown else "",
            f"ARR in {currency}; in brackets the range that holds in 90 of 100 repetitions",
            "attributes are those at the start of the deal, compared among customers of the same year. "
            "What goes with size also goes with ARR"
            if differing
            else "",
        ],
    )


def _profiles(report: Mapping[str, Any], currency: str) -> dict[str, Any]:
    title = "One profile or two?"
    if report["found"] != 2:
        return part(title, [report["words"]])
    profiles = report["profiles"]
    rows = [
        ("Share of won deals", *(f"{percent(p['deal_share'])} ({count(p['deals'])})" for p in profiles.values())),
        ("Share of their value", *(percent(p["value_share"]) for p in profiles.values())),
        (
            f"Value ({report['value_is']}, {currency}), the middle deal",
            *(with_range(p["value"], count) for p in profiles.values()),
        ),
        ("Cycle in days, the middle deal", *(with_range(p["cycle_days"], count) for p in profiles.values())),
        ("Value per day of cycle", *(money(p["value_per_day"], currency) for p in profiles.values())),
        ("Stayed", *(_enough(p, percent(p["retained"])) for p in profiles.values())),
        ("Net revenue retention", *(_enough(p, percent(p["nrr"])) for p in profiles.values())),
    ]
    fast, slow = profiles
    heads = [("", False), (fast.capitalize(), True), (slow.capitalize(), True)]
    differing = differences(report["told_apart_by"], "Fast", "Slow")
    tables = [table("Two profiles", heads, rows), *([differing] if differing else [])]
    return part(title, [report["words"], goes_with(report["told_apart_by"], "fast deals", "slow ones")], tables)


def _money_range(value: Sequence[float | None], currency: str) -> str:
    return f"{money(value[0], currency)}{in_brackets(value[1], value[2], 0)}"


def _months(band: Mapping[str, Any]) -> str:
    return f"{number(band['lifetime_months'][0], 0)}{in_brackets(band['lifetime_months'][1], band['lifetime_months'][2], 0)}"


def _enough(profile: Mapping[str, Any], figure: str) -> str:
    return figure if profile["customers_told"] >= FEW else "too few"
