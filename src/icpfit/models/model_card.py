"""The page that travels with a model: what it was made from, how good it is, and what it must not be used for.

After Mitchell et al., "Model Cards for Model Reporting", 2019.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NAMES = {"win": "Does it buy?", "retention": "Does it stay?"}

NOT_FOR = (
    "decisions about persons: it describes companies, and was never tested for anything else",
    "forecasting revenue or a quarter's bookings: it ranks accounts, one by one",
    "deals already under way: it sees an account as it stood when the deal was created",
    "another product, region or kind of deal than those it was trained on; that is a hypothesis of its own",
    "changing what it measures: that winners share a trait does not say that the trait wins deals",
)


def model_card_text(metrics: Mapping[str, Any]) -> str:
    """The model card in Markdown, from a run's report (the bundle's ``metrics``). A figure that is not there is said to be unknown.

    >>> print(model_card_text({"company": "Acme", "version": "1970-01-01-00000000", "as_of": "1970-01-01"}).splitlines()[0])
    # Model card: ideal customer profile of Acme
    """
    lines = [f"# Model card: ideal customer profile of {_text(metrics.get('company'))}", ""]
    evidence = metrics.get("evidence")
    level = evidence if isinstance(evidence, Mapping) else {"level": evidence}
    lines += _table(
        ("", ""),
        [
            ("Version", metrics.get("version")),
            (
                "Made from what was known before",
                metrics.get("as_of") or ("no dates" if metrics.get("timing") in ("none", "ordered") else None),
            ),
            ("Currency", metrics.get("currency")),
            ("Verdict", metrics.get("verdict")),
            (
                "Evidence",
                f"{level.get('level')} ({level.get('wins')} won, {level.get('losses')} lost)" if "wins" in level else level.get("level"),
            ),
            ("Time", _timing(metrics)),
        ],
    )
    if metrics.get("words"):
        lines += [_text(metrics["words"]), ""]
    for outcome, title in NAMES.items():
        report = metrics.get(outcome)
        if isinstance(report, Mapping):
            lines += [f"## {title}", "", *_outcome(report)]
    card = metrics.get("scorecard")
    if isinstance(card, Mapping):
        lines += ["## The scorecard against the models", ""]
        named = (("Agreement in rank (Spearman)", "spearman"), ("AUC of the card", "auc_card"), ("AUC of the model", "auc_model"))
        rows = [(label, _number(card.get(key))) for label, key in named]
        rows += [("Standard error of the difference", _number(card.get("auc_loss_se"))), ("Compared on rows", _count(card.get("rows")))]
        lines += _table(("", ""), rows)
    lines += _data(metrics)
    lines += ["## It must not be used for", "", *(f"* {words};" for words in NOT_FOR[:-1]), f"* {NOT_FOR[-1]}.", ""]
    return "\n".join(lines)


def _timing(metrics: Mapping[str, Any]) -> str | None:
    """How the leading outcome was tested; dates alone are no test forward in time."""
    timing = metrics.get("timing")
    if timing == "none":
        return "no times in the data: tested across accounts, not forward in time"
    tested = [r for outcome in NAMES if isinstance(r := metrics.get(outcome), Mapping) and "forward" in r]
    if tested and not tested[0]["forward"]:
        return "too little is known of older rows: tested across accounts, not forward in time"
    told = {
        "dated": "every test is of deals created after what the tested model knew",
        "ordered": "rows stand in time order; tested on rows later than those it learned from",
    }
    return told.get(str(timing))


def _outcome(report: Mapping[str, Any]) -> list[str]:
    lines = [_text(report.get("words")), ""] if report.get("words") else []
    base = report.get("base_rate")
    training = report.get("training") or {}
    rows: list[tuple[object, object]] = [
        ("Verdict", report.get("verdict")),
        ("Rows considered", _count(training.get("considered"))),
        ("Rows it learned from", _count(training.get("used"))),
    ]
    rows += [(f"Left out: {reason}", _count(n)) for reason, n in sorted((training.get("left_out") or {}).items())]
    if isinstance(base, Sequence) and len(base) == 3:
        rows.append(("Base rate", f"{_percent(base[0])} ({_percent(base[1])} to {_percent(base[2])})"))
    if tuning := report.get("tuning"):
        rows.append(("Tuning", f"{tuning['words']}; {_SAME if tuning['reproducible'] else _NOT_THE_SAME}"))
    lines += _table(("Data", ""), rows)
    if "auc" in report:
        auc = f"{_number(report['auc'])} ({_number(report.get('auc_low'))} to {_number(report.get('auc_high'))})"
        tested = [("AUC", auc), ("Rows tested", _count(report.get("rows"))), ("Of them positive", _count(report.get("positives")))]
        named = (
            ("Average precision", "average_precision"),
            ("Log loss", "log_loss"),
            ("Brier score", "brier"),
            ("Expected calibration error", "ece"),
            ("Calibration slope (1 is right)", "calibration_slope"),
            ("Lift in the top 10 %", "lift_10"),
            ("Lift in the top 20 %", "lift_20"),
        )
        tested += [(label, _number(report.get(key))) for label, key in named]
        tested += [(f"AUC of {_BASELINES.get(n, n)}", _number(m.get("auc"))) for n, m in sorted((report.get("baselines") or {}).items())]
        lines += _table(("Tested on rows later than the model" if report.get("forward") else "Tested across accounts", ""), tested)
        quarters = report.get("by_quarter") or {}
        if quarters:
            shown = [(q, _number(m.get("auc")), _count(m.get("rows")), _count(m.get("positives"))) for q, m in sorted(quarters.items())]
            lines += _table(("Quarter", "AUC", "Rows", "Positive"), shown)
    return lines


_SAME = "the same data, configuration and seed give the same bytes"
_NOT_THE_SAME = "how many trials fit into it depends on the machine, so the same data need not give the same bytes again"
_BASELINES = {"base_rate": "the base rate alone", "logistic": "logistic regression", "firmographic_only": "firmographics alone"}


def _data(metrics: Mapping[str, Any]) -> list[str]:
    lines = []
    tables = metrics.get("rows") or {}
    if tables:
        rows = []
        for table, count in sorted(tables.items()):
            left = ", ".join(f"{_text(reason)}: {_count(n)}" for reason, n in sorted((count.get("left_out") or {}).items()))
            rows.append((table, _count(count.get("in")), _count(count.get("used")), left or "none"))
        lines += ["## Rows read", "", *_table(("Table", "In", "Used", "Left out, by reason"), rows)]
    refused = metrics.get("refused") or []
    lines += ["## Attributes refused", ""]
    if refused:
        lines += _table(("Attribute", "For", "Why"), [(r.get("attribute"), r.get("outcome", ""), r.get("reason")) for r in refused])
    else:
        lines += ["None.", ""]
    current = metrics.get("current_state") or []
    if current:
        names = ", ".join(_text(name) for name in current)
        lines += [f"Known as of today only, so they may have been written after the outcome: {names}.", ""]
    notes = metrics.get("notes") or []
    return lines + ([*(f"* {_text(n)}" for n in notes), ""] if notes else [])


def _table(head: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> list[str]:
    body = ["| " + " | ".join(_text(cell) for cell in row) + " |" for row in rows]
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *body, ""]


def _text(value: object) -> str:
    """Words of the company in one cell: nothing in them becomes Markdown or HTML."""
    if value is None:
        return "unknown"
    words = " ".join(str(value).split())
    for sign in ("\\", "|", "*", "_", "`", "[", "]", "#"):
        words = words.replace(sign, "\\" + sign)
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _number(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, (int, float)) and value == value else "unknown"


def _percent(value: object) -> str:
    return f"{100 * value:.1f} %" if isinstance(value, (int, float)) and value == value else "unknown"


def _count(value: object) -> str:
    return f"{value:,.0f}" if isinstance(value, (int, float)) and value == value else "unknown"
