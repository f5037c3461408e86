"""The scorecard as words and figures: tiers, cells, product lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icpfit.config import LAYERS, ScorecardSettings
from icpfit.documents.line_notes import unknown_is_best, whole_texts
from icpfit.documents.words import KINDS, Terms, count, known, listed, number, pairs, percent
from icpfit.plural import counted
from icpfit.scorecard.card import Attribute, Bin, CardKind, Scorecard, Tier
from icpfit.scorecard.condition import Rule

NOTHING = "—"


def card_page(card: Scorecard, timing: str) -> dict[str, Any]:
    """``timing`` is the run's: dated, ordered or none."""
    terms = KINDS[card.kind]
    considered = sum(t.rows for t in card.tiers)
    labels = {a.name: a.label for a in card.attributes}
    return {
        "kind": card.kind,
        "about": terms.title,
        "many": terms.many,
        "good": terms.good,
        "were": terms.were,
        "chance": terms.chance,
        "attributes": [*(_attribute(a, terms) for a in by_weight(card)), *(_rule_row(r, labels) for r in card.rules)],
        "tiers": [
            {
                "name": t.name,
                "from_points": f"{t.from_points}" if reached else "out of reach",
                "rows": count(t.rows),
                "share": percent(t.rows / considered) if considered else NOTHING,
                "expected": percent(t.expected_rate) if reached else NOTHING,
                "observed": percent(t.observed_rate) if t.observed_rate is not None else NOTHING,
                "todo": work_of(t) or NOTHING,
            }
            for t, reached in zip(card.tiers, card.within_reach, strict=True)
        ],
        "tiers_too_young": bool(considered) and all(t.observed_rate is None for t in card.tiers),
        "disqualifiers": [
            {"reason": d.reason, "rows": count(d.rows), "rate": percent(d.rate), "otherwise": percent(d.rate_otherwise)}
            for d in card.disqualifiers
        ],
        "words": list(card.words),
        "fidelity": _fidelity(card, terms, timing),
    }


def work_of(tier: Tier) -> str:
    """
    >>> work_of(Tier("A", 80, 0.5, None, 9, 4, "SDR", "call today")), work_of(Tier("D", 0, 0.1, None, 9, None, "none", "do not work"))
    ('call today (SDR, within 4 hours)', 'do not work')
    >>> work_of(Tier("C", 30, 0.1, None, 9, 72, "", "")), work_of(Tier("D", 0, 0.1, None, 9, None, "", ""))
    ('within 72 hours', '')
    """
    who = ", ".join(
        w for w in ("" if tier.owner == "none" else tier.owner, f"within {tier.sla_hours} hours" if tier.sla_hours else "") if w
    )
    return f"{tier.action} ({who})" if tier.action and who else tier.action or who


def layers_in_force(card: Scorecard) -> str:
    """The layers' points on the card where the company has set them; nothing where they are the learned ones."""
    return "" if card.imposed is None else listed([f"{layer} {n}" for layer, n in card.layer_maxima.items()])


def assumed_words(card: Scorecard) -> str:
    """Whose assumption it is that the learned weights stand beside: a configuration that says nothing has a rule of thumb's."""
    usual = dict(card.layer_weights_assumed) == {layer: ScorecardSettings().assumed_weights.get(layer, 0) for layer in LAYERS}
    if usual:
        return "What is assumed is a rule of thumb, since nobody wrote down here what the company believes (scorecard.assumed_weights)."
    return "What is assumed is what the company believed before."


def layers_page(card: Scorecard) -> list[tuple[str, int, int]]:
    """(layer, learned, assumed) in points of 100."""
    return [(layer, card.layer_weights_learned.get(layer, 0), card.layer_weights_assumed.get(layer, 0)) for layer in LAYERS]


def by_weight(card: Scorecard) -> list[Attribute]:
    return sorted(card.attributes, key=lambda a: -a.max_points)


def interval(cell: Bin | Rule) -> str:
    return f"{cell.points_low:.0f} to {cell.points_high:.0f}"


def told(rate: float | None) -> str:
    return percent(rate) if rate is not None else NOTHING


def _attribute(attribute: Attribute, terms: Terms) -> dict[str, Any]:
    most = attribute.max_points
    return {
        "label": attribute.label,
        "layer": attribute.layer,
        "why": attribute.why,
        "most": f"up to {most} point{'' if most == 1 else 's'}",
        "stands_for": ", ".join(attribute.stands_for),
        "unknown_is_best": unknown_is_best(attribute, terms),
        "bins": [
            {
                "label": "not known" if b.unknown else b.label,
                "whole": whole_texts({"": b.values}),
                "points": str(b.points),
                "interval": interval(b) if b.rows else NOTHING,
                "rows": count(b.rows),
                "rate": told(b.rate),
                "width": f"{100 * b.points / most:.0f}" if most else "0",
            }
            for b in attribute.bins
        ],
    }


def _rule_row(rule: Rule, labels: Mapping[str, str]) -> dict[str, Any]:
    """A rule looks like an attribute of two lines: both, and not both."""
    span = interval(rule)
    whole = whole_texts({labels.get(c.feature, c.feature): c.values for c in rule.conditions})
    both = {"label": "yes, both", "whole": whole, "interval": span if rule.points else NOTHING, "rows": count(rule.rows)}
    rest = {"label": "no, or not known", "whole": [], "interval": NOTHING if rule.points else span, "rows": NOTHING}
    sides = ((both, rule.points, rule.rate), (rest, rule.otherwise, rule.rate_otherwise))
    return {
        "label": f"Both: {rule.label}",
        "layer": rule.layer,
        "why": "together they say something else than each says alone; these points come on top",
        "most": f"up to {counted(rule.max_points, 'point')}",
        "stands_for": "",
        "unknown_is_best": "",
        "bins": [
            {
                **side,
                "points": str(points),
                "rate": told(rate),
                "width": f"{100 * points / rule.max_points:.0f}",
            }
            for side, points, rate in sides
        ],
    }


def by_hand_page(example: Mapping[str, Any] | None, card: Scorecard) -> dict[str, Any] | None:
    """One account scored by hand, for a reader to follow; None where there is none to show."""
    if not example:
        return None
    points, tier = example["points"], example["tier"]
    edges = {t.name: t.from_points for t in card.tiers}
    names = list(edges)
    above = edges[names[names.index(tier) - 1]] if tier != names[0] else None
    until = f"under {above}" if above is not None else "100"
    lies = (
        f"{points} lies between {edges[tier]} and {until}: tier {tier}"
        if not example["disqualified"]
        else f"Tier {tier}, since: {example['disqualified']}"
    )
    terms = KINDS[card.kind]
    whose = "A customer" if card.kind == "retention" else "A deal"
    when = f" of {example['period']}" if example.get("period") else ""
    return {
        "who": f"{whose}{when}, as it was known at its own moment.",
        "lines": [{**line, "points": str(line["points"])} for line in example["lines"]],
        "points": str(points),
        "so": f"{lies}. By the card the chance that such an account {terms.chance} is {percent(example['chance'])}.",
    }


POINTS_OF_LINE = {"own": "its own", "shared": "the same"}


def lines_page(lines: Mapping[str, Any] | None, kind: CardKind) -> dict[str, Any] | None:
    """Product lines beside one another: whose points, where tiers begin, what is expected there; and why a line has no card."""
    if not lines or not any(v["points"] for v in lines["values"]):
        return None
    rows, without = [], []
    for v in lines["values"]:
        if not v["points"]:
            without.append(f"{v['value']} ({v['why']})")
            continue
        cells = [f"{t['from_points']} · {percent(t['expected_rate'])}" if t["from_points"] <= 100 else NOTHING for t in v["tiers"].values()]
        rows.append(
            {"value": v["value"], "deals": count(v["deals"]), "points": POINTS_OF_LINE[v["points"]], "tiers": cells, "auc": pairs(v["auc"])}
        )
    tiers = list(next(v["tiers"] for v in lines["values"] if v["points"]))
    heads = [(lines["trait"], False), ("Deals", True), ("Points", False)]
    heads += [*((f"Tier {t}", True) for t in tiers), ("Pairs in the right order, of 100", True)]
    own = [r["value"] for r in rows if r["points"] == POINTS_OF_LINE["own"]]
    words = (
        f"{listed(own)}: a model of {'its' if len(own) == 1 else 'their'} own deals alone did better on later deals, "
        "so the points are other ones."
        if own
        else "No line's own deals alone made a better model on later deals, so all share the points of the card; what they promise differs."
        if all(v.get("asked") for v in lines["values"] if v["points"])
        else "All share the points of the card; what they promise differs. It is not known whether a line's own deals make a better model."
    )
    other = [v["value"] for v in lines["values"] if v["points"] and v.get("kind", kind) != kind]
    if other:
        words += f" What is expected there is another outcome: {KINDS['win' if kind != 'win' else kind].were} alone, for {listed(other)}."
    remark = f"Without a card of their own: {'; '.join(without)}." if without else ""
    return {
        "trait": lines["trait"],
        "tiers": tiers,
        "heads": heads,
        "rows": rows,
        "words": words,
        "remark": remark,
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
