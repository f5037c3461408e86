"""The page that travels with a model: what it was made from, how good it is, and what it must not be used for.

After Mitchell et al., "Model Cards for Model Reporting", 2019.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icpfit.models.evidence import MEANING
from icpfit.models.markdown import count, number, table, text, told
from icpfit.models.model_card_outcome import outcome_section
from icpfit.plural import counted

NAMES = {"win": "Does it buy?", "retention": "Does it stay?"}
FOR = (
    "ranking accounts by how alike they are to those that bought, and stayed, so that people's time goes to the likely ones first",
    "a conversation about whom the company should sell to, with the evidence on the table",
)
NOT_FOR = (
    "decisions about persons: it describes companies, and was never tested for anything else",
    "forecasting revenue or a quarter's bookings: it ranks accounts, one by one",
    "deals already under way: it sees an account as it stood when the deal was created",
    "another product, region or kind of deal than those it was trained on; that is a hypothesis of its own",
    "changing what it measures: that winners share a trait does not say that the trait wins deals",
)
READING = (
    "AUC: how often, of one that turned out well and one that did not, the model ranks the better one first. Chance gives .500",
    "log loss, Brier score, expected calibration error: how far its probabilities are from what happened; less is better",
    "calibration slope: 1 where its probabilities are right, below 1 where they lie too far from the average",
    "lift: how many times its share of the good ones the top of the ranking holds; 1 is chance",
    "in brackets: where 90 of 100 repetitions of the test would fall, whole accounts being drawn anew",
)


def model_card_text(metrics: Mapping[str, Any]) -> str:
    """The model card in Markdown, from a run's report (the bundle's ``metrics``). A figure that is not there is said to be unknown.

    >>> print(model_card_text({"company": "Acme", "version": "1970-01-01-00000000", "as_of": "1970-01-01"}).splitlines()[0])
    # Model card: ideal customer profile of Acme
    """
    lines = [f"# Model card: ideal customer profile of {text(metrics.get('company'))}", ""]
    undated = "no dates" if metrics.get("timing") in ("none", "ordered") else None
    lines += table(
        ("", ""),
        [
            ("Version", metrics.get("version")),
            ("Made from what was known before", metrics.get("as_of") or undated),
            ("Currency", metrics.get("currency")),
            ("Verdict", metrics.get("verdict")),
            ("Evidence", _evidence(metrics)),
            ("Time", _timing(metrics)),
        ],
    )
    if metrics.get("words"):
        lines += [text(metrics["words"]), ""]
    lines += _listed("What it is for", FOR)
    lines += _listed("How to read the figures", READING)
    for outcome, title in NAMES.items():
        report = metrics.get(outcome)
        if isinstance(report, Mapping):
            lines += [f"## {title}", "", *outcome_section(outcome, report)]
    lines += _weak(metrics)
    card = metrics.get("scorecard")
    if isinstance(card, Mapping):
        lines += ["## The scorecard against the models", ""]
        named = (("Agreement in rank (Spearman)", "spearman"), ("AUC of the card", "auc_card"), ("AUC of the model", "auc_model"))
        rows: list[tuple[object, object]] = [(label, number(card.get(key))) for label, key in named]
        rows += [("Standard error of the difference", number(card.get("auc_loss_se"))), ("Compared on rows", count(card.get("rows")))]
        lines += table(("", ""), rows)
    return "\n".join([*lines, *_data(metrics), *_listed("It must not be used for", NOT_FOR)])


def _listed(title: str, points: tuple[str, ...]) -> list[str]:
    return [f"## {title}", "", *(f"* {words};" for words in points[:-1]), f"* {points[-1]}.", ""]


def _evidence(metrics: Mapping[str, Any]) -> str | None:
    evidence = metrics.get("evidence")
    if not isinstance(evidence, Mapping):
        return None if evidence is None else str(evidence)
    level = evidence.get("level")
    meaning = next((f": {words}" for name, words in MEANING.items() if name == level), "")
    good, bad = ("stayed", "left") if metrics.get("win") is None and metrics.get("retention") is not None else ("won", "lost")
    return f"{level} ({evidence.get('wins')} {good}, {evidence.get('losses')} {bad}){meaning}"


def _timing(metrics: Mapping[str, Any]) -> str | None:
    """How the leading outcome was tested; dates alone are no test forward in time."""
    timing = metrics.get("timing")
    if timing == "none":
        return "no times in the data: tested across accounts, not forward in time"
    tested = [r for outcome in NAMES if isinstance(r := metrics.get(outcome), Mapping) and "forward" in r]
    if tested and not tested[0]["forward"]:
        return "too little is known of older rows: tested across accounts, not forward in time"
    words = {
        "dated": "every test is of deals created after what the tested model knew",
        "ordered": "rows stand in time order; tested on rows later than those it learned from",
    }
    return words.get(str(timing))


def _weak(metrics: Mapping[str, Any]) -> list[str]:
    """Segments inside which a model ranks worse than elsewhere; nothing where segments were not looked at."""
    by_outcome = (metrics.get("segments") or {}).get("models") or {}
    looked = [{"outcome": o, "trait": t["label"], **s} for o, traits in by_outcome.items() for t in traits.values() for s in t["values"]]
    if not looked:
        return []
    rows = [
        (s["outcome"], s["trait"], s["value"], count(s["rows"]), number(s["auc"], (s["auc_low"], s["auc_high"])))
        for s in looked
        if s["weak"]
    ]
    lines = ["## Where it is weak", ""]
    if rows:
        return [*lines, *table(("Model of", "Trait", "Segment", "Rows", "AUC inside it"), rows)]
    measured = sum(told(s["auc"]) for s in looked)
    return [*lines, f"Of {counted(measured, 'segment')} with enough rows to tell, it ranks in none clearly worse than overall.", ""]


def _data(metrics: Mapping[str, Any]) -> list[str]:
    lines = []
    tables = metrics.get("rows") or {}
    if tables:
        rows = []
        for name, found in sorted(tables.items()):
            left = ", ".join(f"{reason}: {count(n)}" for reason, n in sorted((found.get("left_out") or {}).items()))
            rows.append((name, count(found.get("in")), count(found.get("used")), left or "none"))
        lines += ["## Rows read", "", *table(("Table", "In", "Used", "Left out, by reason"), rows)]
    lines += ["## Attributes refused", "", *_attributes(metrics.get("refused") or [])]
    if metrics.get("suspects"):
        lines += ["## Attributes in use, and in doubt", "", *_attributes(metrics["suspects"])]
    if current := metrics.get("current_state") or []:
        names = ", ".join(text(name) for name in current)
        lines += [f"Known as of today only, so they may have been written after the outcome: {names}.", ""]
    notes = metrics.get("notes") or []
    return lines + ([*(f"* {text(n)}" for n in notes), ""] if notes else [])


def _attributes(found: list[Mapping[str, Any]]) -> list[str]:
    if not found:
        return ["None.", ""]
    return table(("Attribute", "For", "Why"), [(r.get("attribute"), r.get("outcome", ""), r.get("reason")) for r in found])
