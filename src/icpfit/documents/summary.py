"""Everything the documents say, as plain values: words and figures already made, so that templates only place them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from icpfit.config import LAYERS
from icpfit.documents.market import Market
from icpfit.scorecard.card import Attribute, Bin, Scorecard

OUTCOME_WORDS = {"win": ("won", "lost", "Winning"), "retention": ("kept", "left", "Staying")}
KIND_WORDS = {"icp": "winning and staying", "win": "winning", "retention": "staying"}


def summarise(
    metrics: Mapping[str, Any],
    card: Scorecard | None,
    *,
    market: Market | None = None,
    voices: Sequence[Mapping[str, str]] = (),
    gates: Sequence[Mapping[str, Any]] = (),
    drift: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """``metrics`` is a run's own report (a bundle's metrics.json); ``voices`` are quotes of customers.

    The result holds text, numbers, lists and dicts only.
    """
    tested = _tested(metrics)
    return {
        "company": metrics["company"],
        "currency": metrics["currency"],
        "as_of": metrics["as_of"],
        "version": metrics["version"],
        "verdict": metrics["verdict"],
        "signal": metrics["verdict"] == "signal",
        "words": metrics["words"],
        "evidence": _evidence(metrics),
        "forward": bool(tested.get("forward")),
        "time_words": _time_words(metrics, tested),
        "outcomes": [_outcome(name, metrics[name]) for name in ("win", "retention") if metrics.get(name)],
        "card": _card(card) if card is not None else None,
        "profile": _profile(card) if card is not None else [],
        "layers": [(layer, card.layer_weights_learned.get(layer, 0), card.layer_weights_assumed.get(layer, 0)) for layer in LAYERS]
        if card is not None
        else [],
        "refused": list(metrics["refused"]),
        "suspects": list(metrics["suspects"]),
        "current_state": list(metrics["current_state"]),
        "notes": list(metrics["notes"]),
        "rows": [{"table": t, **r, "left": sum(r["left_out"].values())} for t, r in metrics["rows"].items()],
        "findings": list(metrics["findings"]),
        "market": asdict(market) if market is not None else None,
        "market_words": _market_words(market, metrics["currency"]) if market is not None else [],
        "voices": list(voices),
        "gates": list(gates),
        "drift": [f for f in drift if f["alarm"]],
        "drift_asked": len(drift),
    }


def percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.0%}" if share >= 0.1 or share == 0 else f"{share:.1%}"


def money(amount: float | None, currency: str) -> str:
    return "unknown" if amount is None else f"{currency} {amount:,.0f}"


def _evidence(metrics: Mapping[str, Any]) -> str:
    found = metrics["evidence"]
    return f"{found['level']} ({found['wins']:,} wins and {found['losses']:,} losses teach it)"


def _tested(metrics: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = metrics.get("win") or metrics.get("retention") or {}
    return found


def _time_words(metrics: Mapping[str, Any], tested: Mapping[str, Any]) -> str:
    if metrics["timing"] == "none":
        return (
            "The data holds no dates, so the model could not be tested forward in time: it was tested on accounts it had not seen. "
            "Expect it to do worse on next year's deals than these figures say."
        )
    if metrics["timing"] == "ordered":
        return "The data holds no dates; rows stand in time order, and each part was tested with a model made from the rows before it."
    return "Every figure comes from deals created after the model that scored them was made." if tested.get("forward") else ""


def _outcome(name: str, one: Mapping[str, Any]) -> dict[str, Any]:
    good, bad, title = OUTCOME_WORDS[name]
    rate, low, high = one["base_rate"]
    out: dict[str, Any] = {
        "name": name,
        "title": title,
        "verdict": one["verdict"],
        "words": one["words"],
        "base_rate": f"{percent(rate)} ({percent(low)} to {percent(high)})",
        "considered": one["training"]["considered"],
        "used": one["training"]["used"],
        "left_out": sorted(one["training"]["left_out"].items(), key=lambda kv: (-kv[1], kv[0])),
        "good": good,
        "bad": bad,
        "measured": "auc" in one,
    }
    if "auc" in one:
        baselines = one["baselines"]
        out |= {
            "figures": [
                ("Ranking (AUC; 0.5 is chance)", f"{one['auc']:.3f} ({one['auc_low']:.3f} to {one['auc_high']:.3f})"),
                ("… logistic regression on the same deals", _auc(baselines.get("logistic"))),
                ("… firmographics alone", _auc(baselines.get("firmographic_only"))),
                (f"Share {good} in the top 10 %, against chance", f"{one['lift_10']:.1f} times"),
                (f"Share of all {good} found in the top 20 %", percent(one["wins_in_top_20"])),
                ("Share of their value in the top 20 %", percent(one["value_in_top_20"])),
                ("Calibration slope (1 is right)", "unknown" if one["calibration_slope"] is None else f"{one['calibration_slope']:.2f}"),
                ("Deals tested", f"{one['rows']:,}, of them {one['positives']:,} {good}"),
            ],
            "quarters": [
                (q, m["auc"], m["auc_low"], m["auc_high"])
                for q, m in one["by_quarter"].items()
                if m["auc"] is not None and m["auc"] == m["auc"]
            ],
            "reliability": [tuple(p) for p in one["reliability"]],
            "layers": sorted(one["without_layer"].items(), key=lambda kv: -kv[1]),
            "signal": one.get("signal"),
        }
    return out


def _auc(metrics: Mapping[str, Any] | None) -> str:
    return "not measured" if metrics is None else f"{metrics['auc']:.3f}"


def _card(card: Scorecard) -> dict[str, Any]:
    fidelity = card.fidelity
    return {
        "kind": card.kind,
        "kind_words": KIND_WORDS[card.kind],
        "attributes": [_attribute(a) for a in sorted(card.attributes, key=lambda a: -a.max_points)],
        "tiers": [{**asdict(t), "expected": percent(t.expected_rate), "observed": percent(t.observed_rate)} for t in card.tiers],
        "disqualifiers": [
            {**asdict(d), "rate_words": percent(d.rate), "otherwise_words": percent(d.rate_otherwise)} for d in card.disqualifiers
        ],
        "words": list(card.words),
        "fidelity": (
            f"On {fidelity.rows:,} later deals the card ranks accounts almost as the model does (rank correlation {fidelity.spearman:.2f}; "
            f"AUC {fidelity.auc_card:.3f} beside {fidelity.auc_model:.3f}; {percent(fidelity.top20_overlap)} of the top fifth is the same)."
        ),
    }


def _attribute(attribute: Attribute) -> dict[str, Any]:
    return {
        "name": attribute.name,
        "label": attribute.label,
        "layer": attribute.layer,
        "why": attribute.why,
        "max_points": attribute.max_points,
        "stands_for": list(attribute.stands_for),
        "bins": [
            {
                "label": b.label,
                "points": b.points,
                "interval": f"{b.points_low:.0f} to {b.points_high:.0f}",
                "rows": b.rows,
                "rate": percent(b.rate),
                "share": b.points / attribute.max_points if attribute.max_points else 0.0,
            }
            for b in attribute.bins
        ],
    }


def _profile(card: Scorecard) -> list[dict[str, str]]:
    """The attributes that weigh most, each as one sentence: what fits, what does not."""
    out = []
    for attribute in sorted(card.attributes, key=lambda a: -a.max_points)[:6]:
        known = [b for b in attribute.bins if not b.unknown]
        if len(known) < 2:
            continue
        best, worst = max(known, key=lambda b: b.points), min(known, key=lambda b: b.points)
        out.append({"label": attribute.label, "best": _said(best), "worst": _said(worst), "points": str(attribute.max_points)})
    return out


def _said(cell: Bin) -> str:
    return cell.label if cell.rate is None else f"{cell.label} ({percent(cell.rate)})"


def _market_words(market: Market, currency: str) -> list[tuple[str, str]]:
    won, lost = market.before
    before = won / (won + lost) if won + lost else None
    return [
        ("Deals won in twelve months", f"{market.won:,} (the year before: {won:,})"),
        ("Win rate", f"{percent(market.win_rate)} (the year before: {percent(before)})"),
        ("Average value", money(market.mean_value, currency)),
        ("Median cycle", "unknown" if market.median_cycle_days is None else f"{market.median_cycle_days:.0f} days"),
    ]
