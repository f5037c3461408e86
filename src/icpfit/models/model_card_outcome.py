"""What the model card says of one outcome: its data, how well it was told on rows the model had not seen, and what hangs on what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from icpfit.models.markdown import count, number, percent, table, text, times, told

BASELINES = {"base_rate": "the base rate alone", "logistic": "logistic regression", "firmographic_only": "firmographics alone"}
SAME = "the same data, configuration and seed give the same bytes"
NOT_THE_SAME = "how many trials fit into it depends on the machine, so the same data need not give the same bytes again"
GOOD = {"win": "won deals", "retention": "customers who stayed"}


def outcome_section(name: str, report: Mapping[str, Any]) -> list[str]:
    """The lines below the outcome's heading."""
    lines = [text(report.get("words")), ""] if report.get("words") else []
    lines += _data(report)
    if "auc" in report:
        lines += _tested(name, report)
        lines += _acceptance(report)
        lines += _layers(report)
        lines += _weights(report)
        lines += _quarters(report)
    return lines + _maturity(report)


def _data(report: Mapping[str, Any]) -> list[str]:
    base = report.get("base_rate")
    training = report.get("training") or {}
    rows: list[tuple[object, object]] = [("Verdict", report.get("verdict"))]
    if training.get("first"):
        rows.append(("Period of the rows it learned from", f"{training['first']} to {training.get('last')}"))
    rows += [("Rows considered", count(training.get("considered"))), ("Rows it learned from", count(training.get("used")))]
    rows += [(f"Left out: {reason}", count(n)) for reason, n in sorted((training.get("left_out") or {}).items())]
    if isinstance(base, Sequence) and len(base) == 3:
        rows.append(("Base rate", percent(base[0], base[1:])))
    if tuning := report.get("tuning"):
        rows.append(("Tuning", f"{tuning['words']}; {SAME if tuning['reproducible'] else NOT_THE_SAME}"))
    if report.get("features"):
        rows.append(("Attributes in the model", count(len(report["features"]))))
    if report.get("borrowed"):
        rows.append(("Of them first learned from won and lost deals, and weighed anew", count(report["borrowed"])))
    if report.get("dropped"):
        rows.append(("Attributes that tell nothing more, or nothing", count(len(report["dropped"]))))
    return table(("Data", ""), rows)


def _tested(name: str, report: Mapping[str, Any]) -> list[str]:
    good, ends = GOOD.get(name, "positive"), report.get("intervals") or {}
    tested: list[tuple[object, object]] = [
        ("AUC", number(report["auc"], (report.get("auc_low"), report.get("auc_high")))),
        ("Rows tested", count(report.get("rows"))),
        ("Of them positive", count(report.get("positives"))),
    ]
    named = (
        ("Average precision", "average_precision"),
        ("Log loss", "log_loss"),
        ("Brier score", "brier"),
        ("Expected calibration error", "ece"),
        ("Calibration slope (1 is right)", "calibration_slope"),
        ("Lift in the top 10 %", "lift_10"),
        ("Lift in the top 20 %", "lift_20"),
    )
    tested += [(label, number(report.get(key), ends.get(key))) for label, key in named]
    tested.append((f"Share of the {good} in the top 20 %", percent(report.get("wins_in_top_20"), ends.get("wins_in_top_20"))))
    if told(report.get("value_in_top_20")):
        tested.append(("Share of their value in the top 20 %", percent(report["value_in_top_20"], ends.get("value_in_top_20"))))
    signal = report.get("signal") or {}
    if told(signal.get("p_value")):
        few = signal.get("associated") or 0
        lots = f"Lots would seem as closely tied to the attributes of all {few:,} rows"
        tested.append((f"{lots if few else 'Chance alone would do as well, at most,'} with probability", number(signal["p_value"])))
    for key, metrics in sorted((report.get("baselines") or {}).items()):
        tested.append((f"AUC of {BASELINES.get(key, key)}", number((metrics or {}).get("auc"))))
    return table(("Tested on rows later than the model" if report.get("forward") else "Tested across accounts", ""), tested)


def _acceptance(report: Mapping[str, Any]) -> list[str]:
    """The rule of thumb by which the trade accepts a profile."""
    found = report.get("acceptance")
    if not found:
        return []
    rule = "The trade's rule (the best 15 to 35 % of accounts hold at least 60 % of the wins, and are won at least 10 times as often as"
    rule += " as many at the other end): "
    if found["answer"] == "cannot tell":
        return [f"{rule}cannot tell; {count(found['missing'])} more wins or losses are needed.", ""]
    share = percent(found["share"])
    held = percent(found["held"], (found["held_low"], found["held_high"]))
    often = times(found["times"], (found["times_low"], found["times_high"]))
    words = f"{rule}**{found['answer']}**{'' if found['sure'] else ', though the ranges leave it open'}. The best {share} hold {held}"
    words += f" of the wins, and are won {often} times as often as the last {share}."
    if found["most"] < 0.6:
        words += f" With so many wins even a perfect ranking would hold no more than {percent(found['most'])} there."
    return [words, ""]


def _layers(report: Mapping[str, Any]) -> list[str]:
    lost = report.get("without_layer") or {}
    rows = [(layer, number(value)) for layer, value in sorted(lost.items(), key=lambda kv: (-kv[1] if told(kv[1]) else 0.0, kv[0]))]
    return table(("Without the signals that are", "AUC lost"), rows) if rows else []


def _weights(report: Mapping[str, Any]) -> list[str]:
    """How much more, or less, a layer counts in a segment than in all of them."""
    found = report.get("layer_weights") or []
    rows = [(w["level"], w["layer"], f"{number(w['compared'], (w['low'], w['high']))} times", count(w["rows"])) for w in found]
    words = "How much a kind of signal counts in a segment, beside all segments together (drawn toward 1, the more the fewer its rows):"
    return [words, "", *table(("Segment", "Signals", "Count", "Rows"), rows)] if rows else []


def _quarters(report: Mapping[str, Any]) -> list[str]:
    shown = [
        (name, number(m.get("auc"), (m.get("auc_low"), m.get("auc_high"))), count(m.get("rows")), count(m.get("positives")))
        for name, m in sorted((report.get("by_quarter") or {}).items())
    ]
    return table(("Quarter" if report.get("forward") else "Group of accounts", "AUC", "Rows", "Positive"), shown) if shown else []


def _maturity(report: Mapping[str, Any]) -> list[str]:
    """The rate under other settings of which deals count."""
    rows = []
    for found in report.get("maturity") or ():
        stale = found["stale_after_days"]
        setting = f"{percent(found['maturity_share'])}{' (in use)' if found['in_force'] else ''}"
        open_deals = "stay open" if stale is None else f"lost after {stale:,} days"
        rows.append((setting, open_deals, count(found["rows"]), percent(found["rate"], (found["low"], found["high"]))))
    if not rows:
        return []
    words = "What the rate would be if a month's deals counted once, of deals as old as they are, so many are closed:"
    return [words, "", *table(("Closed", "Deals still open", "Deals that count", "Rate"), rows)]
