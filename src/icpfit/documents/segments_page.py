"""What stands out among the segments, and whether the model holds in each region and product, as words and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from icpfit.documents.words import OUTCOMES, count, known, listed, money, pairs, percent, sentence
from icpfit.plural import counted
from icpfit.segments.words import ADVICE

MOST_ROWS = 15
MOST_NAMED = 4
RATES = ("win_rate", "retention")
ORDER = ("confirmed", "mixed", "flag")
NOTHING = "—"
MODELS_WORDS = (
    "What the models said of rows they had not learned from, and what became of those: “it holds” where the difference, drawn toward "
    "none the more the fewer the rows, is within its 90% range. Pairs in order: of 100, by each period's own ranking; chance gives 50. "
    "A model of its own, learned from the segment's rows alone, is worth having only if it does better on such rows than the model of all."
)
ALL_ROWS = "all are in segments.csv beside the document of the training run"
HEADS = {"win_rate": "Won", "value": "Pays", "cycle": "Days", "retention": "Stay"}


def segments_page(report: Mapping[str, Any] | None, currency: str) -> dict[str, Any] | None:
    """``report``: the key ``segments`` of a run's metrics; None of a run from before there was one, or without anything to compare.

    The rows that stand out: confirmed ones first, then those that touch winning or staying, each by how clear they are.
    """
    if not report or not report["table"]:
        return None
    odd = sorted((r for r in report["table"] if r["status"]), key=_place)
    figures = [f for f in HEADS if any(f in r for r in report["table"])]
    return {
        "words": _words(report, odd),
        "churn": _churn([f for f in report["findings"] if f["answer"] == "yes"]),
        "heads": [("Segment", False), ("What stands out", False), *((HEADS[f], True) for f in figures)],
        "rows": [_row(r, figures, currency) for r in odd[:MOST_ROWS]],
        "more": f"{counted(len(odd) - MOST_ROWS, 'more row')} of this kind: {ALL_ROWS}." if len(odd) > MOST_ROWS else "",
        "method": _method(report, figures),
        "models_words": MODELS_WORDS,
        "models": [_model(outcome, trait) for outcome, traits in report["models"].items() for trait in traits.values() if trait["values"]],
    }


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    of_rates = any(row[f].get("odd") for f in RATES if f in row)
    return row["status"] != "confirmed", not of_rates, ORDER.index(row["status"]), row["q"], row["label"]


def _words(report: Mapping[str, Any], odd: Sequence[Mapping[str, Any]]) -> list[str]:
    tested = report["tested"]
    if not tested["segments"]:
        return ["Too few deals stand in any segment to compare it with the others."]
    asked = f"{counted(tested['segments'], 'segment')} and {counted(tested['pairs'], 'pair')} of them were compared with the rest"
    if not odd:
        return [f"{asked}: none differs by more than chance would show."]
    said = [f"{asked}; {counted(len(odd), 'row')} {'differs' if len(odd) == 1 else 'differ'} by more than chance would show."]
    for direction, words in ((1, "Better in two figures or more"), (-1, "Worse in two figures or more")):
        named = [r["label"] for r in odd if r["status"] == "confirmed" and r["direction"] == direction]
        if named:
            rest = len(named) - MOST_NAMED
            said.append(f"{words}: {listed([*named[:MOST_NAMED], *([counted(rest, 'more')] if rest > 0 else [])])}.")
    return said


def _churn(found: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    if not found:
        return None
    rest = len(found) - MOST_NAMED
    more = [f"{counted(rest, 'more segment')}: {ALL_ROWS}."] if rest > 0 else []
    return {"rows": [*(sentence(f["words"]) for f in found[:MOST_NAMED]), *more], "advice": ADVICE}


def _row(row: Mapping[str, Any], figures: Sequence[str], currency: str) -> dict[str, Any]:
    deals = counted(row["deals"], "deal" if "win_rate" in figures else "customer")
    return {
        "label": row["label"],
        "deals": deals,
        "status": row["status"],
        "words": sentence(row["words"]),
        "figures": [_figure(name, row.get(name), currency, len(row["segment"]) > 1) for name in figures],
    }


def _figure(name: str, cell: Mapping[str, Any] | None, currency: str, pair: bool) -> dict[str, Any]:
    """``figure``, in bold where it is odd, and under it what it is compared with and what was counted."""
    if cell is None:
        return {"name": HEADS[name], "figure": NOTHING, "odd": False, "notes": []}

    def shown(value: object) -> str:
        if name in RATES:
            return percent(value)
        return money(value, currency) if name == "value" else count(value)

    counts = f"{count(cell['hits'])} of {count(cell['rows'])}" if name in RATES else f"{count(cell['rows'])} won"
    against = [f"{'its parts' if pair else 'others'} {shown(cell['against'])}"] if known(cell["against"]) is not None else []
    return {"name": HEADS[name], "figure": shown(cell["value"]), "odd": bool(cell.get("odd")), "notes": [*against, counts]}


def _method(report: Mapping[str, Any], figures: Sequence[str]) -> list[str]:
    floors = report["floors"]
    words = [
        "An account stands in the segment of the deal's own day. Each figure is drawn toward that of the whole company, the more the "
        "fewer its deals, so that a handful of lucky deals does not stand out; under it the others', and what was simply counted.",
        f"With {count(report['tested']['comparisons'])} comparisons some look odd by luck. In a company where no segment differs, the "
        "chance that this table shows any row is 5% at most. “Confirmed” is a segment in which two figures or more point the same way, "
        "“mixed” one in which they contradict each other, “flag” a single odd figure. A pair is listed only for what goes beyond its "
        f"two parts together. Smaller differences ({100 * (floors['odds'] - 1):.0f}% in the odds, {100 * (floors['ratio'] - 1):.0f}% in "
        "value or days) are not listed, however sure.",
    ]
    if "cycle" in figures or "value" in figures:
        words.append("Value and days are of won deals; open deals count in no figure. Staying is of customers whose time has passed.")
    today = [t["label"] for t in report["traits"] if t["today"]]
    if today:
        words.append(f"Read as it is today, since no history says how it was: {', '.join(today)}.")
    return words


def _model(outcome: str, trait: Mapping[str, Any]) -> dict[str, Any]:
    terms = OUTCOMES[outcome]
    return {
        "title": f"{terms.title}, by {trait['label']}",
        "rows": [
            {
                "value": v["value"],
                "words": _standing(v),
                "rows": count(v["rows"]),
                "said": percent(v["said"]),
                "seen": percent(v["seen"]),
                "pairs": pairs(v["auc"]) if known(v["auc"]) is not None else "too few",
                "own": _own(v["own_model"]),
            }
            for v in trait["values"]
        ],
    }


def _standing(value: Mapping[str, Any]) -> str:
    said = {1: "It says too little here.", -1: "It says too much here.", 0: "It holds here."}[value["off"]]
    return f"{said} It ranks worse here than elsewhere." if value["weak"] else said


def _own(answer: Mapping[str, Any] | None) -> str:
    if answer is None:
        return "not asked"
    if answer["gain"] is None:
        return sentence(answer["words"])
    return f"{sentence(answer['answer'])} It puts {pairs(answer['auc_own'])} pairs in order, this one {pairs(answer['auc_all'])}."
