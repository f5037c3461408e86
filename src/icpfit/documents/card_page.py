"""The scorecard as words and figures: profile, tiers, cells."""

from __future__ import annotations

from typing import Any

from icpfit.config import LAYERS
from icpfit.documents.words import KINDS, Terms, count, known, number, pairs, percent
from icpfit.scorecard.card import Attribute, Bin, Scorecard

NOTHING = "—"
MOST_OF_PROFILE = 6


def card_page(card: Scorecard, timing: str) -> dict[str, Any]:
    """``timing`` is the run's: dated, ordered or none."""
    terms = KINDS[card.kind]
    considered = sum(t.rows for t in card.tiers)
    return {
        "kind": card.kind,
        "about": terms.title,
        "many": terms.many,
        "good": terms.good,
        "were": terms.were,
        "chance": terms.chance,
        "attributes": [_attribute(a) for a in _by_weight(card)],
        "tiers": [
            {
                "name": t.name,
                "from_points": f"{t.from_points}" if t.from_points <= 100 else "out of reach",
                "rows": count(t.rows),
                "share": percent(t.rows / considered) if considered else NOTHING,
                "expected": percent(t.expected_rate),
                "observed": percent(t.observed_rate) if t.observed_rate is not None else NOTHING,
                "answer": f"{t.sla_hours} hours" if t.sla_hours else NOTHING,
                "owner": t.owner or NOTHING,
                "action": t.action or NOTHING,
            }
            for t in card.tiers
        ],
        "tiers_too_young": bool(considered) and all(t.observed_rate is None for t in card.tiers),
        "disqualifiers": [
            {"reason": d.reason, "rows": count(d.rows), "rate": percent(d.rate), "otherwise": percent(d.rate_otherwise)}
            for d in card.disqualifiers
        ],
        "words": list(card.words),
        "fidelity": _fidelity(card, terms, timing),
    }


def profile_page(card: Scorecard) -> list[dict[str, str]]:
    """The attributes that weigh most: their cell of most points, and their cell of fewest."""
    out = []
    for attribute in _by_weight(card):
        cells = [b for b in attribute.bins if not b.unknown]
        best, worst = max(cells, key=lambda b: b.points), min(cells, key=lambda b: b.points)
        if best.points > worst.points:
            out.append(
                {
                    "label": attribute.label,
                    "best": best.label,
                    "best_rate": _rate(best),
                    "worst": worst.label,
                    "worst_rate": _rate(worst),
                    "points": str(attribute.max_points),
                }
            )
    return out[:MOST_OF_PROFILE]


def layers_page(card: Scorecard) -> list[tuple[str, int, int]]:
    """(layer, learned, assumed) in points of 100."""
    return [(layer, card.layer_weights_learned.get(layer, 0), card.layer_weights_assumed.get(layer, 0)) for layer in LAYERS]


def _by_weight(card: Scorecard) -> list[Attribute]:
    return sorted(card.attributes, key=lambda a: -a.max_points)


def _rate(cell: Bin) -> str:
    return percent(cell.rate) if cell.rate is not None else NOTHING


def _attribute(attribute: Attribute) -> dict[str, Any]:
    most = attribute.max_points
    return {
        "label": attribute.label,
        "layer": attribute.layer,
        "why": attribute.why,
        "most": f"up to {most} point{'' if most == 1 else 's'}",
        "stands_for": ", ".join(attribute.stands_for),
        "bins": [
            {
                "label": "not known" if b.unknown else b.label,
                "points": str(b.points),
                "interval": f"{b.points_low:.0f} to {b.points_high:.0f}" if b.rows else NOTHING,
                "rows": count(b.rows),
                "rate": _rate(b),
                "width": f"{100 * b.points / most:.0f}" if most else "0",
            }
            for b in attribute.bins
        ],
    }


def _fidelity(card: Scorecard, terms: Terms, timing: str) -> str:
    """How much is lost by adding points instead of asking the model."""
    f = card.fidelity
    if known(f.spearman) is None or known(f.auc_card) is None or not f.rows:
        return "How near the card comes to the model could not be tested."
    tested = f"{count(f.rows)} {terms.many}" + (" of accounts it had not seen" if timing == "none" else " later than itself")
    if timing == "none" and terms.many == "customers":
        tested = f"{count(f.rows)} customers it had not seen"
    like = "almost as" if f.spearman >= 0.9 else "much as" if f.spearman >= 0.8 else "only roughly as"
    return (
        f"The card stands in for a model. Tested on {tested}, it ranks them {like} the model does (rank correlation {number(f.spearman)}): "
        f"it puts {pairs(f.auc_card)} of 100 pairs in the right order, the model {pairs(f.auc_model)}, "
        f"and {percent(f.top20_overlap)} of the best fifth is the same."
    )
