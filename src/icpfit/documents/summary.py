"""Everything the documents say, as plain values: words and figures already made, so that templates only place them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from icpfit.config import LAYERS
from icpfit.documents.brief import brief
from icpfit.documents.card_page import assumed_words, by_hand_page, card_page, layers_in_force, layers_page, lines_page
from icpfit.documents.criteria_page import criteria_page
from icpfit.documents.customers_page import customers_page
from icpfit.documents.drift_page import drift_page
from icpfit.documents.drift_values import DriftPictures
from icpfit.documents.market import Market
from icpfit.documents.market_page import market_page
from icpfit.documents.outcome_page import lead, outcome_page
from icpfit.documents.profile_page import profile_page
from icpfit.documents.segments_page import segments_page
from icpfit.documents.shap_page import shap_page
from icpfit.documents.words import ANSWERS, LAYER_WORDS, OUTCOMES, VOICES, count, known, listed, pairs, percent, sentence, times
from icpfit.gates import TITLES
from icpfit.models.evidence import ESTABLISHED_FROM, INDICATIVE_FROM, MEANING, PATTERNS_BELOW
from icpfit.models.model_card import NOT_FOR
from icpfit.models.results import ALPHA
from icpfit.scorecard.card import Scorecard

NO_TIME_VERSION = "1970-01-01-"
"""How a version begins whose data has no dates: a day that means nothing, and is not shown."""

ENOUGH = ("indicative", "established")
NEAR = 0.05
"""how often lots may do as well where more data is said to be worth a look"""
SELECTION = {
    "deals": "It has learned from deals that someone chose to open.",
    "customers": "It has learned from accounts that became customers, and says nothing of who would.",
}


def summarise(
    metrics: Mapping[str, Any],
    card: Scorecard | None,
    *,
    standing: str = "",
    market: Market | None = None,
    no_market: str = "There are no dated deals to count.",
    voices: Sequence[Mapping[str, str]] = (),
    gates: Sequence[Mapping[str, Any]] = (),
    drift: Sequence[Mapping[str, Any]] | None = None,
    drift_about: str = "",
    pictures: DriftPictures | None = None,
    labels: Mapping[str, str] | None = None,
    meanings: Sequence[tuple[str, str]] = (),
    proposed: bool = False,
    seen: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The page of a run, signal or not.

    ``metrics`` is a run's own report (a bundle's metrics.json). ``standing`` says whether the profile is in
    force, ``no_market`` why there is no market. ``voices`` are quotes of customers. ``drift`` is None where
    nobody asked; its findings otherwise, ``drift_about`` says of which profile, ``pictures`` draw it. ``labels``
    gives features their words, ``meanings`` are words with what they mean here. ``proposed``: it waits for a
    sign-off. ``seen``: what the pictures of the models show.

    The result holds text, numbers for charts, lists and dicts only; every figure is written out.
    """
    labels = labels or {}
    reports = {name: metrics[name] for name in OUTCOMES if metrics.get(name)}
    undated = metrics["timing"] != "dated" or metrics["as_of"] is None
    rows_are = "customers" if "win" not in reports else "deals"
    alerts = _alerts(gates)
    profile = profile_page(card) if card is not None else None
    return {
        "company": metrics["company"],
        "as_of": None if undated else metrics["as_of"],
        "version": metrics["version"].removeprefix(NO_TIME_VERSION) if undated else metrics["version"],
        "standing": standing,
        "verdict": metrics["verdict"],
        "signal": metrics["verdict"] == "signal",
        "headline": _headline(metrics, reports),
        "lead": _lead(metrics, reports),
        "tiles": _tiles(metrics, reports),
        "evidence": _evidence(metrics, reports),
        "time_words": _time_words(metrics, reports, rows_are),
        "alerts": alerts,
        "brief": brief(card, profile, proposed=proposed, failed=bool(alerts)) if card is not None and profile is not None else None,
        "rows_are": rows_are,
        "needed": _needed(rows_are),
        "selection": SELECTION[rows_are],
        "outcomes": [outcome_page(name, report, rows_are) for name, report in reports.items()],
        "card": card_page(card, metrics["timing"]) if card is not None else None,
        "by_hand": by_hand_page(metrics.get("by_hand"), card) if card is not None else None,
        "seen": shap_page(seen, {n: known(r["base_rate"][0]) for n, r in reports.items()}) if card is not None else None,
        "lines": lines_page(metrics.get("lines"), card.kind) if card is not None else None,
        "profile": profile,
        "layers": layers_page(card) if card is not None else [],
        "assumed_words": assumed_words(card) if card is not None else "",
        "layers_in_force": layers_in_force(card) if card is not None else "",
        "layer_words": [(layer, LAYER_WORDS[layer]) for layer in LAYERS],
        "layers_without_data": _layers_without_data(reports),
        "refused": _per_attribute(metrics["refused"]),
        "suspects": _per_attribute(metrics["suspects"]),
        "dropped": _dropped(reports, labels),
        "current_state": [labels.get(name, name) for name in metrics["current_state"]],
        "notes": [sentence(n) for n in metrics["notes"]],
        "not_for": [sentence(n) for n in NOT_FOR],
        "rows": [_row(table, r) for table, r in metrics["rows"].items()],
        "findings": [sentence(f["words"]) for f in metrics["findings"]],
        "market": None if market is None else market_page(market, metrics["currency"]),
        "no_market": no_market,
        "segments": segments_page(metrics.get("segments"), metrics["currency"]),
        "voices": [
            {"quote": v["quote"], "about": ", ".join(w for w in (VOICES.get(v["kind"], v["kind"]), v["theme"]) if w)} for v in voices
        ],
        "gates": [
            {"gate": TITLES.get(g["gate"], g["gate"]), "answer": ANSWERS.get(g["answer"], g["answer"]), "words": g["words"]} for g in gates
        ],
        "criteria": criteria_page(metrics.get("criteria") if card is not None else None, gates, metrics["currency"]),
        "customers": customers_page(metrics.get("customers"), metrics["currency"]),
        "drift": drift_page(drift, pictures, about=drift_about),
        "meanings": list(meanings),
    }


def _headline(metrics: Mapping[str, Any], reports: Mapping[str, Any]) -> str:
    if metrics["verdict"] == "no signal":
        return "The data shows no pattern that holds."
    if metrics["verdict"] != "signal":
        return "There is too little data to learn from."
    told = {name: report["verdict"] == "signal" for name, report in reports.items()}
    if "win" not in told:
        return "The customers of the past show who stays."
    if _unranked(reports["win"]):
        return "Something that is known of the deals goes with who buys. How well it ranks new ones is not shown yet."
    both = " and who stays" if told.get("retention") else ", but not who stays" if "retention" in told else ""
    return f"The deals of the past show who buys{both}."


def _unranked(report: Mapping[str, Any]) -> bool:
    """There is a pattern in all deals together, and those that were held back are too few to say that the model ranks better than lots."""
    least = known(report.get("auc_low"))
    return least is not None and least <= 0.5


def _lead(metrics: Mapping[str, Any], reports: Mapping[str, Any]) -> list[str]:
    """What the verdict rests on: counted deals where there is a signal, else the reason."""
    first = next(iter(reports), None)
    if metrics["verdict"] == "no signal" and first is not None and known(reports[first].get("auc")) is not None:
        return [
            f"Ranked by what is in this data, {pairs(reports[first]['auc'])} of 100 pairs come in the right order, "
            f"{OUTCOMES[first].pair}{_range(reports[first])}; drawing lots gives 50. {_not_enough(reports[first], OUTCOMES[first].many)}"
        ]
    if metrics["verdict"] != "signal":
        return [sentence(metrics["words"])]
    said = [lead(name, report) for name, report in reports.items() if report["verdict"] == "signal"]
    return [s for s in said if s]


def _not_enough(report: Mapping[str, Any], many: str) -> str:
    """By which figure no pattern is claimed: that of the test of signal, whose rows are not those that the ranking was measured on."""
    test, least = report.get("signal"), known(report.get("auc_low"))
    if not test:
        return "That is not enough to tell a pattern from luck."
    if test.get("associated"):
        said = (
            f"Of so few, what decides is whether what is known of all {count(test['associated'])} {many} goes with how they ended: "
            f"outcomes dealt by lot seem to go with it as closely {100 * test['p_value']:.1f} times in 100."
        )
    else:
        said = (
            f"What decides are the {count(test['rows'])} {many} that had no part in building the model they test: "
            f"{pairs(test['auc'])} there, and drawing lots does as well at most {100 * test['p_value']:.1f} times in 100."
        )
    said += f" Up to {100 * ALPHA:.0f} would be enough to tell a pattern from luck."
    near = least is not None and least > 0.5 and test["p_value"] <= NEAR
    return f"{said} There may be a pattern that more {many} would show." if near else said


def _needed(rows_are: str) -> str:
    """How much data helps: the levels of evidence, in counts of the rarer outcome."""
    return (
        f"From {PATTERNS_BELOW} {rows_are} of each outcome, and enough in all, a model is made; {INDICATIVE_FROM} of each are enough to "
        f"act on with care, {ESTABLISHED_FROM} to tell what goes with the outcome."
    )


def _tiles(metrics: Mapping[str, Any], reports: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(name, figure, remark) of the leading outcome, to be seen at a glance."""
    if not reports:
        return []
    name, report = next(iter(reports.items()))
    if metrics["verdict"] != "signal" or known(report.get("auc")) is None:
        return []
    terms = OUTCOMES[name]
    return [
        ("Pairs in the right order", f"{pairs(report['auc'])} of 100", f"{terms.pair}{_range(report)}; chance gives 50"),
        ("The best tenth holds", times(report.get("lift_10")), f"as many {terms.many_good} as a tenth drawn by lot"),
        ("The best fifth holds", percent(report.get("wins_in_top_20")), f"of all {terms.many_good}"),
        ("Learned from", count(report["training"]["used"]), f"{terms.many} with a known outcome"),
    ]


def _range(report: Mapping[str, Any]) -> str:
    low, high = known(report.get("auc_low")), known(report.get("auc_high"))
    return "" if low is None or high is None else f" (90% range {100 * low:.1f} to {100 * high:.1f})"


def _evidence(metrics: Mapping[str, Any], reports: Mapping[str, Any]) -> str:
    found = metrics["evidence"]
    terms = OUTCOMES[next(iter(reports), "win")]
    seen = f"{count(found['wins'])} {terms.many_good} and {count(found['losses'])} {terms.many_bad}"
    if metrics["verdict"] == "no signal":
        enough = found["level"] in ENOUGH
        return f"{seen} were looked at" + (", enough for a strong pattern to show" if enough else ", which is little to find a pattern in")
    if metrics["verdict"] == "too little data":
        return f"{found['level']} ({seen})"
    meaning = MEANING.get(found["level"], "")
    return f"{found['level']}{', ' if meaning else ''}{meaning} ({seen}{' teach it' if metrics['verdict'] == 'signal' else ''})"


def _time_words(metrics: Mapping[str, Any], reports: Mapping[str, Any], rows_are: str) -> str:
    tested = [r for r in reports.values() if known(r.get("auc")) is not None]
    if metrics["timing"] == "none":
        first = "The data holds no dates, so nothing could be tested forward in time"
        if not tested:
            return f"{first}."
        return (
            f"{first}: it was tested on accounts it had not seen. Expect it to do worse on next year's {rows_are} than these figures say."
        )
    if not tested:
        return ""
    if metrics["timing"] == "ordered":
        return "The data holds no dates, but its rows stand in time order: every figure is of rows later than those the model learned from."
    if all(r.get("forward") for r in tested):
        return f"Every figure of how well it works comes from {rows_are} created after everything that the tested model had learned from."
    return ""


def _alerts(gates: Sequence[Mapping[str, Any]]) -> list[str]:
    failed = [f"“{TITLES.get(g['gate'], g['gate'])}”" for g in gates if g["answer"] == "failed" and g["binding"]]
    return [f"It failed {'a gate' if len(failed) == 1 else 'gates'} before the sign-off: {listed(failed)}."] if failed else []


def _per_attribute(refusals: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """One line per attribute and reason; ``outcomes`` names what it was refused for."""
    merged: dict[tuple[str, str], list[str]] = {}
    for r in refusals:
        title = OUTCOMES[r["outcome"]].title.lower() if r.get("outcome") in OUTCOMES else ""
        merged.setdefault((r["attribute"], r["reason"]), []).append(title)
    return [
        {"attribute": attribute, "reason": sentence(reason), "outcomes": listed([t for t in dict.fromkeys(titles) if t])}
        for (attribute, reason), titles in merged.items()
    ]


def _dropped(reports: Mapping[str, Any], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Features that were looked at and tell nothing more, by outcome and reason."""
    out = []
    for name, report in reports.items():
        by_reason: dict[str, list[str]] = {}
        for feature, reason in (report.get("dropped") or {}).items():
            by_reason.setdefault(reason, []).append(labels.get(feature, feature))
        out += [{"title": OUTCOMES[name].title, "reason": sentence(why), "names": names} for why, names in by_reason.items()]
    return out


def _row(table: str, report: Mapping[str, Any]) -> dict[str, Any]:
    left_out = sorted(report["left_out"].items(), key=lambda kv: (-kv[1], kv[0]))
    return {
        "table": "your file" if table == "flat" else table,
        "in": count(report["in"]),
        "used": count(report["used"]),
        "left": count(sum(n for _, n in left_out)),
        "why": "; ".join(f"{why}: {count(n)}" for why, n in left_out),
    }


def _layers_without_data(reports: Mapping[str, Any]) -> str:
    """The layers of which no model had an attribute, in words; nothing where that is not known."""
    tried = [layer for report in reports.values() for layer in report.get("without_layer") or {}]
    return listed([layer for layer in LAYERS if layer not in tried]) if tried else ""
