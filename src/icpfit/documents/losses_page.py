"""Why deals were lost, and whether the accounts lost to competitors look like the best customers, as words and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icpfit.documents.parts import differences, goes_with, part, table
from icpfit.documents.words import count, known, percent
from icpfit.plural import counted

WHAT_FOLLOWS = {
    "wrong fit": "should not have been in the funnel: exclude such accounts earlier",
    "right fit, lost to a competitor": "positioning or product",
    "right fit, no decision": "nurture and return",
    "right fit, other reason": "price, product or another reason",
    "not known": "no fit or no reason is known of them",
}


def losses_part(report: Mapping[str, Any]) -> dict[str, Any]:
    """Types of loss with what follows from each, and to whom deals were lost."""
    title, lost = "Why deals were lost", report["lost"]
    if not lost:
        return part(title, ["no deal was lost"])
    if report["line"] is None:
        about = "no model says how well a lost deal fits, so wrong fit is what the reason calls so"
    else:
        chance = "won and kept" if report["joint"] else "won"
        about = (
            f"a deal fits from a chance of {percent(report['line'])} to be {chance}, below which lie "
            f"{percent(report['share_below_line'])} of all deals, as many as tier D holds. "
            "Each chance is told by a model that had not learned from the account"
        )
    words = [
        f"of {counted(lost, 'lost deal')}, {count(report['types']['wrong fit'])} were a wrong fit: "
        "below the line of good fit, or lost for no fit by their own reason",
        about,
        f"{count(report['said_no_fit_but_fits'])} were lost for no fit, though they fit by the model"
        if report["said_no_fit_but_fits"]
        else "",
        f"to go back to: {counted(report['re_engage'], 'account')}, in re-engage.csv beside the document of the training run. "
        "They fit, their newest deal was lost without a decision within the last eighteen months, and they are no customers and have no "
        "open deal"
        if report["re_engage"]
        else "there is no account to go back to: of right fit, lost without a decision within eighteen months, and free now",
    ]
    if report["no_reason"] == lost:
        words.append("no loss has a reason: ask for one at every close")
    rows = [(t, count(n), percent(n / lost), WHAT_FOLLOWS[t]) for t, n in report["types"].items() if n]
    heads = [("Type", False), ("Lost", True), ("Share", True), ("What follows", False)]
    rivals = [(r["name"], count(r["lost"]), count(r["right_fit"])) for r in report["rivals"]]
    not_understood = ", ".join(f"“{text}” ({count(n)})" for text, n in report["reason_not_understood"].items())
    return part(
        title,
        words,
        [
            table("Types of loss", heads, rows),
            table("Lost to whom", [("Competitor", False), ("Lost", True), ("Of right fit", True)], rivals),
        ],
        [
            f"of {counted(report['no_reason'], 'loss', 'losses')} no reason is known" if 0 < report["no_reason"] < lost else "",
            f"the reasons of {counted(report['not_understood'], 'loss', 'losses')} are not understood: {not_understood}"
            if not_understood
            else "",
        ],
    )


def lookalike_part(report: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with its numbers, and what differs."""
    words = [report["words"]]
    tables = []
    for key, first, second, names in (
        ("best_from_competitor", "the best customers", "deals lost to competitors", ("Best", "Lost to a competitor")),
        ("competitor_from_other", "deals lost to competitors", "other losses", ("Lost to a competitor", "Lost otherwise")),
    ):
        if key in report:
            words.append(goes_with(report[key], first, second))
            tables.append(differences(report[key], *names))
    way = report.get("way")
    remark = ""
    if way and known(way[0]) is not None and known(way[1]) is not None:
        remark = (
            f"on the way from the other losses (0) to the best customers (100) they stand at {100 * way[0]:.0f} "
            f"({100 * way[1]:.0f} to {100 * way[2]:.0f}); an answer needs the whole range on one side of 50"
        )
    return part("Do the accounts lost to competitors look like the best customers?", words, [t for t in tables if t is not None], [remark])
