"""How well one outcome can be told, as words and figures with their meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from icpfit.documents.words import (
    LEFT_OUT,
    OUTCOMES,
    Terms,
    count,
    known,
    number,
    pairs,
    percent,
    percent_range,
    sentence,
    times,
)
from icpfit.models.evidence import shrunken_rate
from icpfit.plural import counted

TELLING = 0.1
"""by how much a layer must count more, or less, in a segment than in all, to be told, beside that its range must leave out 1"""


def outcome_page(name: str, report: Mapping[str, Any], considered: str) -> dict[str, Any]:
    """``report`` is a run's report of one outcome; ``considered`` names the rows it was drawn from (deals, customers)."""
    terms = OUTCOMES[name]
    training = report["training"]
    out: dict[str, Any] = {
        "name": name,
        "title": terms.title,
        "verdict": report["verdict"],
        "words": sentence(report["words"]),
        "base_rate": percent_range(*report["base_rate"]),
        "many": terms.many,
        "many_good": terms.many_good,
        "were": terms.were,
        "teach": f"{count(training['used'])} of {count(training['considered'])} {considered} teach",
        "left_out": [(LEFT_OUT.get(why, why), count(n)) for why, n in sorted(training["left_out"].items(), key=lambda kv: (-kv[1], kv[0]))],
        "measured": known(report.get("auc")) is not None,
        "maturity": maturity_rows(report),
    }
    if out["measured"]:
        forward = bool(report.get("forward"))
        out |= {
            "figures": _figures(report, terms),
            "caution": _caution(report, terms),
            "by": "quarter" if forward else "group of accounts",
            "quarters": _quarters(report),
            "reliability": [
                (float(said), float(seen), int(rows))
                for said, seen, rows in report.get("reliability", ())
                if known(said) is not None and known(seen) is not None
            ],
            "layers": _layers(report),
            "local": local_words(report, terms),
        }
    return out


def local_words(report: Mapping[str, Any], terms: Terms) -> list[str]:
    """Where a kind of signal counts clearly more, or less, than elsewhere, and what the model began with; each in a sentence."""
    said = []
    for w in report.get("layer_weights") or ():
        if abs(w["compared"] - 1) >= TELLING and not w["low"] <= 1 <= w["high"]:
            more = "more" if w["compared"] > 1 else "less"
            by = f"{abs(w['compared'] - 1) * 100:.0f}% {more} than in all segments together"
            said.append(f"In {w['level']} ({w['attribute'].replace('_', ' ')}), {w['layer']} signals count {by}.")
    if said:
        said.append(f"These weights are drawn toward equal, the more the fewer {terms.many} a segment has.")
    if report.get("borrowed"):
        said.append(
            f"Few customers teach this, and many deals teach winning: {counted(report['borrowed'], 'attribute')} of the model of winning "
            "came first, weighed anew by who stayed and who left."
        )
    return said


def lead(name: str, report: Mapping[str, Any]) -> str | None:
    """What the ranking is worth, in one sentence of counted deals: the best tenth, the last tenth and all.

    The tenths are those of each period's own ranking, as every figure of ranking is; pooled, a change of the rate
    from one period to the next would pass for the model's doing. A run from before they were kept has the pooled ones.
    """
    terms, tenths = OUTCOMES[name], report.get("tenths") or report.get("reliability") or []
    rows, positives = known(report.get("rows")), known(report.get("positives"))
    if not rows or positives is None:
        return None
    overall = f"of all {terms.many} tested, {percent(positives / rows)}"
    if len(tenths) == 10 and known(tenths[0][1]) is not None and known(tenths[-1][1]) is not None:
        best, worst = tenths[-1], tenths[0]
        return (
            f"Of the tenth of {terms.many} that the model ranks highest, {percent(best[1])} {terms.were} "
            f"(90% range {_range(best)}); of the tenth that it ranks lowest, {percent(worst[1])} ({_range(worst)}); {overall}."
        )
    if known(report.get("lift_10")) is None:
        return None
    return f"The {terms.many} that the model ranks highest {terms.were} {times(report['lift_10'])} as often as the average; {overall}."


def _range(tenth: Sequence[float]) -> str:
    """``tenth``: (said, seen, rows)"""
    _, low, high = shrunken_rate(round(tenth[1] * tenth[2]), round(tenth[2]))
    return f"{percent(low)} to {percent(high)}"


def _figures(report: Mapping[str, Any], terms: Terms) -> list[tuple[str, str, str]]:
    """(name, figure, what it means)"""
    baselines = report.get("baselines") or {}
    many = terms.many
    signal = report.get("signal") or {}
    by_chance = known(signal.get("p_value"))
    rows: list[tuple[str, str, str]] = [
        (
            "Pairs in the right order, of 100",
            pairs(report["auc"], report.get("auc_low"), report.get("auc_high")),
            f"How often the model ranks {terms.pair}. Chance gives 50. In brackets the 90% range. (AUC {number(report['auc'], 3)})",
        ),
        ("… by a simpler model", _pairs_of(baselines.get("logistic")), f"logistic regression on the same {many}"),
        (
            "… by firmographics alone",
            _pairs_of(baselines.get("firmographic_only")),
            "what kind of company it is, without what it uses or does",
        ),
        ("The best tenth holds", times(report.get("lift_10")), f"as many {terms.many_good} as a tenth drawn by lot"),
        ("The best fifth holds", _share(report, "wins_in_top_20"), f"of all {terms.many_good}"),
    ]
    if known(report.get("value_in_top_20")) is not None:
        rows.append(("… and of their value", _share(report, "value_in_top_20"), "in money"))
    rows += acceptance_row(report)
    rows.append(
        (
            "Are its percentages right?",
            number(report.get("calibration_slope")),
            "1 is right; below 1 they are too far from the average, above 1 too close to it (calibration slope)",
        )
    )
    if by_chance is not None:
        if signal.get("associated"):
            said = (
                f"how often outcomes dealt by lot would seem as closely tied to what is known of all {count(signal['associated'])} {many}"
            )
        else:
            tested = f"{count(signal.get('rows'))} {many} that had no part in building the model"
            said = f"how often, at most, chance alone would do as well on {tested}"
        rows.append(("Could it be luck?", f"p = {number(by_chance, 3)}", said))
    rows.append(("Tested on", count(report.get("rows")), f"{many}; {count(report.get('positives'))} of them {terms.were}"))
    return rows


def _share(report: Mapping[str, Any], name: str) -> str:
    """A share of the top with its 90 % range, where the run kept one."""
    low, high = (report.get("intervals") or {}).get(name, (None, None))
    return percent(report.get(name)) if known(low) is None else f"{percent(report.get(name))} ({percent(low)} to {percent(high)})"


def acceptance_row(report: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The trade's acceptance rule, answered; nothing where a run did not ask."""
    found = report.get("acceptance")
    if not found:
        return []
    rule = (
        "the rule of thumb of the trade: the best 15 to 35% hold at least 60% of the wins,"
        " and are won at least 10 times as often as the last, as many at the other end"
    )
    name = "Does it pass the trade's rule?"
    if found["answer"] == "cannot tell":
        return [(name, "cannot tell", f"{rule}; it takes {counted(found['missing'], 'more win or loss', 'more wins or losses')} to answer")]
    share = percent(found["share"])
    words = (
        f"{rule}. Here the best {share} hold {percent(found['held'])} ({percent(found['held_low'])} to {percent(found['held_high'])}) "
        f"and are won {number(found['times'], 1)} times ({number(found['times_low'], 1)} to {number(found['times_high'], 1)}) "
        f"as often as the last {share} ({percent(found['rate_top'])} against {percent(found['rate_bottom'])})"
    )
    if found["most"] < 0.6:
        words += f"; with so many wins even a perfect ranking would hold no more than {percent(found['most'])} there"
    return [(name, found["answer"] + ("" if found["sure"] else ", though the ranges leave it open"), words)]


def maturity_rows(report: Mapping[str, Any]) -> list[dict[str, str | bool]]:
    """``setting, stale, rows, rate, in_force`` for each setting of maturity that was tried: how much hangs on the choice."""
    rows: list[dict[str, str | bool]] = []
    for found in report.get("maturity") or ():
        stale = found["stale_after_days"]
        rows.append(
            {
                "setting": percent(found["maturity_share"]),
                "stale": "stay open" if stale is None else f"lost after {stale:,} days",
                "rows": count(found["rows"]),
                "rate": "no deal would teach" if not found["rows"] else percent_range(found["rate"], found["low"], found["high"]),
                "in_force": bool(found["in_force"]),
            }
        )
    return rows


def _pairs_of(metrics: Mapping[str, Any] | None) -> str:
    return "not measured" if metrics is None else pairs(metrics.get("auc"))


def _caution(report: Mapping[str, Any], terms: Terms) -> str | None:
    """What a reader should know before believing the model over something simpler."""
    model = known(report.get("auc"))
    simple = known(((report.get("baselines") or {}).get("logistic") or {}).get("auc"))
    if model is not None and simple is not None and simple >= model:
        return f"A simpler model, logistic regression, ranks these {terms.many} at least as well."
    return None


def _quarters(report: Mapping[str, Any]) -> list[tuple[str, float, float, float]]:
    """(name, pairs of 100, low, high); a quarter that cannot be told is left out."""
    out = []
    for name, metrics in (report.get("by_quarter") or {}).items():
        value, low, high = (known(metrics.get(k)) for k in ("auc", "auc_low", "auc_high"))
        if value is not None:
            out.append((str(name), 100 * value, 100 * (value if low is None else low), 100 * (value if high is None else high)))
    return out


def _layers(report: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(layer, pairs in the right order without it, what that costs), the weightiest layer first."""
    auc = float(report["auc"])
    rows = []
    for layer, lost in sorted((report.get("without_layer") or {}).items(), key=lambda kv: (-(known(kv[1]) or 0.0), kv[0])):
        value = known(lost)
        if value is not None:
            cost = f"{100 * value:.1f} fewer" if value >= 0.0005 else "no loss"
            rows.append((layer, pairs(auc - value), cost))
    return rows
