"""How the model sees it: what each picture shows and how to read it, in words. The pictures are drawn elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from icpfit.documents.words import OUTCOMES, Terms, count, listed, percent, sentence
from icpfit.plural import counted

FLAT = 0.1
"""log-odds between both ends of an attribute under which neither end is said to be better"""
MOST_SAID = 4


def shap_page(seen: Mapping[str, Any] | None, base_rates: Mapping[str, float | None] | None = None) -> dict[str, Any] | None:
    """``words`` (how to read it all) and ``groups``: ``title``, ``words``, ``wide`` (or side by side), and ``figures``, each with what
    its picture shows, ``title``, ``caption`` and ``said`` (the picture in words). None where the run kept nothing to show.

    ``base_rates``: by outcome, the share won (or stayed) of what its model learned from.
    """
    if not seen:
        return None
    main, terms = next(iter(seen.items()))[0], OUTCOMES[next(iter(seen))]
    one = seen[main]
    groups = [_counts_most(name, of, OUTCOMES[name]) for name, of in seen.items() if of["ranked"]]
    groups[1:1] = [g for g in (_one_by_one(one, terms), _together(one, terms), _accounts(one, terms, (base_rates or {}).get(main))) if g]
    return {"words": _reading(terms), "groups": groups}


def _reading(terms: Terms) -> list[str]:
    return [
        f"The scorecard is the short form of a model. These pictures show the model itself: what an attribute's value does to the odds "
        f"that {_a(terms)} {terms.chance}. “× 2” doubles the odds, “÷ 2” halves them, “as is” leaves them at the model's middle: "
        f"the mean of its log-odds over the {terms.many} it learned from.",
        "They are SHAP values of the model before its percentages are set right, in log-odds, where × 2 is 0.69. They tell what the model "
        f"has seen go with {terms.good} {terms.many}, not what brings it about.",
    ]


def _a(terms: Terms) -> str:
    return f"a {terms.one}"


def _counts_most(name: str, of: Mapping[str, Any], terms: Terms) -> dict[str, Any]:
    ranked = of["ranked"]
    first = [r["label"] for r in ranked[:MOST_SAID]]
    left = of["in_use"] - len(ranked)
    order = f"the weightiest first: {listed(first)}" if len(first) > 1 else f"{first[0]} is all that counts"
    caption = (
        f"Each row is an attribute, {order}. Each point is a {terms.one}: to the right, its value makes it likelier that it "
        f"{terms.chance}; to the left, less likely. Blue is a high value (or yes), orange a low one (or no), grey a text or what "
        f"is not known. {_drawn(of)}"
    ).strip()
    if left:
        caption += f" {counted(left, 'weaker attribute is', 'weaker attributes are')} not shown."
    figure = {
        "key": f"seen-{name}-swarm",
        "kind": "swarm",
        "title": f"What counts most for {_what(terms)}",
        "caption": caption,
        "said": f"Attributes by how much they move the odds, on average: {_sizes(ranked)}.",
        "in_short": f"{sentence(order)} By mean size in log-odds: {_sizes(ranked)}.",
        "axis": f"the odds that {_a(terms)} {terms.chance}",
        "rows": [{k: r[k] for k in ("label", "phi", "level")} for r in ranked],
    }
    return {"title": figure["title"], "words": [], "wide": True, "figures": [figure]}


def _drawn(of: Mapping[str, Any]) -> str:
    drawn = len(of["ranked"][0]["phi"])
    return "" if drawn == of["rows"] else f"Drawn are {count(drawn)} of {count(of['rows'])}, chosen by lot."


def _what(terms: Terms) -> str:
    return {"is won": "winning a deal", "stays": "keeping a customer"}[terms.chance]


def _sizes(ranked: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{r['label']} ({r['mean']:.2f})" for r in ranked)


def _one_by_one(of: Mapping[str, Any], terms: Terms) -> dict[str, Any] | None:
    figures = [_dependence(d, place, terms) for place, d in enumerate(of.get("dependence", ()))]
    if not figures:
        return None
    words = [
        f"Left to right: the attribute's value; upward: better odds. Each point is a {terms.one}. "
        + (
            "Points of one value lie on one height."
            if of["additive"]
            else "Points of one value lie apart where other attributes have a say."
        )
    ]
    return {"title": "How the strongest attributes count, one by one", "words": words, "wide": False, "figures": figures}


def _dependence(d: Mapping[str, Any], place: int, terms: Terms) -> dict[str, Any]:
    known = [words for _, words in d["ticks"] if words != "not known"]
    caption = _trend(d, known, terms)
    return {
        **{k: d[k] for k in ("x", "phi", "ticks", "steps", "of")},
        "key": f"seen-one-{place}",
        "kind": "dependence",
        "title": d["label"],
        "caption": caption,
        "said": f"{d['label']}: {caption}",
        "in_short": f"Weight {place + 1}. {caption}",
    }


def _trend(d: Mapping[str, Any], known: Sequence[str], terms: Terms) -> str:
    if not d["ends"] or len(known) < 2:
        return "There is one value only."
    low, between, high = d["ends"]
    if d["of"] == "category":
        return f"From left to right, the values that go least and most with {terms.good} {terms.many}: {known[0]} to {known[-1]}."
    if d["of"] == "flag":
        if abs(high - low) < FLAT:
            return "Yes and no make little difference."
        return f"{'Yes' if high > low else 'No'} is better: {_odds(abs(high - low))} the odds of {'no' if high > low else 'yes'}."
    if between - max(low, high) > FLAT:
        return f"The middle is best: it has {_odds(between - (low + high) / 2)} the odds of the lowest and the highest fifth."
    if min(low, high) - between > FLAT:
        return f"The ends are best: they have {_odds((low + high) / 2 - between)} the odds of the middle."
    if abs(high - low) < FLAT:
        return "The highest and the lowest fifth fare alike."
    best, worst = ("highest", "lowest") if high > low else ("lowest", "highest")
    return f"On the whole, {best.replace('est', 'er')} is better: the {best} fifth has {_odds(abs(high - low))} the odds of the {worst}."


def _odds(phi: float) -> str:
    """
    >>> _odds(0.6931)
    '2.0 times'
    """
    return f"{2.718281828459045**phi:.1f} times"


def _accounts(of: Mapping[str, Any], terms: Terms, base_rate: float | None) -> dict[str, Any] | None:
    figures = [_account(a, place, terms) for place, a in enumerate(of.get("accounts", ()))]
    if not figures:
        return None
    words = [
        f"Read from below: {_start(of['accounts'][0]['chance'][0], base_rate, terms)} From there each row is what one of its values does "
        "to the odds, blue for better, orange for worse. Points are those of the card, which is the model in short, so the two agree in "
        "the main, not in every row."
    ]
    return {"title": "Why an account stands where it does", "words": words, "wide": True, "figures": figures}


def _start(middle: float, base_rate: float | None, terms: Terms) -> str:
    """Where a picture of an account begins, and why that is not the share that was won: a mean of log-odds is no mean chance."""
    start = f"the model starts at its middle, the mean of its log-odds, which is a chance of {percent(middle)}."
    if base_rate is None or percent(middle) == percent(base_rate):
        return start
    few, pull = ("likeliest", "up") if base_rate > middle else ("least likely", "down")
    return (
        f"{start} That is no mistake, though {percent(base_rate)} of the {terms.many} {terms.were}: the {few} ones pull that share {pull}, "
        "and move the middle less."
    )


def _account(a: Mapping[str, Any], place: int, terms: Terms) -> dict[str, Any]:
    out = a["disqualified"]
    points = counted(a["points"], "point")
    title = f"Why this account is out, whatever its {points}" if out else f"Why this account is tier {a['tier']}: {points}"
    when = f" of {a['period']}" if a.get("period") else ""
    whose = f"A {terms.one}{when}, as it was known at its own moment, "
    whose += f"out because of: {out}. The rule stands outside the model" if out else f"near the middle of tier {a['tier']}"
    start, end = a["chance"]
    parts = [(p["said"], p["phi"]) for p in a["parts"]]
    if a["others"]["count"]:
        parts.append((counted(a["others"]["count"], "other attribute", "other attributes"), a["others"]["phi"]))
    caption = (
        f"{sentence(whose)} From a chance of {percent(start)} at the start, all that is known of it leads to {percent(end)}. "
        f"Most for it: {_strongest(a['parts'], 1)}. Most against it: {_strongest(a['parts'], -1)}."
    )
    return {
        "key": f"seen-account-{place}",
        "kind": "account",
        "title": title,
        "caption": caption,
        "in_short": caption,
        "said": f"{', '.join(f'{words}: {phi:+.2f}' for words, phi in parts)}; {a['base']:+.2f} at the start.",
        "axis": "the odds, beside the start",
        "end": f"this {terms.one}: {percent(end)}",
        "base": a["base"],
        "parts": parts,
    }


def _strongest(parts: Sequence[Mapping[str, Any]], side: int) -> str:
    found = sorted((p for p in parts if side * p["phi"] > 0), key=lambda p: -abs(p["phi"]))[:2]
    return listed([p["said"] for p in found]) or "nothing"


def _colours(p: Mapping[str, Any], terms: Terms) -> str:
    """Numbers have an order, yes and no have nothing between, and texts stand in the order of what goes with them."""
    low, high = p["colours"]
    of = p.get("by_of", "")
    if of == "number":
        return f"Orange: {p['by']} low; blue: high; greyer: between; grey: the middle, or not known."
    if of == "category" and p["between"]:
        between = f"in between, in this order: {listed(list(p['between']))}; not known is grey"
        return f"Orange: {p['by']} {low}, which goes least with {terms.good} {terms.many}; blue: {high}, which goes most; {between}."
    if of == "category" and low == high:
        return f"Orange: {p['by']} {low}; grey: not known."
    rest = "not known" if of else "any other, or not known"  # a run of before told no kind
    return f"Orange: {p['by']} {low}; blue: {high}; grey: {rest}."


def _together(of: Mapping[str, Any], terms: Terms) -> dict[str, Any] | None:
    """None where nobody asked."""
    if "pairs" not in of:
        return None
    title = "What two attributes do only together"
    if of["additive"]:
        words = [
            "Nothing: in this model each attribute counts by itself, so there are no pairs to show, and none on the scorecard. "
            "Segments, where there is a table of them, are counted whatever the model says."
        ]
        return {"title": title, "words": words, "wide": False, "figures": []}
    if not of["pairs"]:
        words = ["Next to nothing: no pair of attributes moves the odds by as much as a fiftieth of what all attributes do alone."]
        return {"title": title, "words": words, "wide": False, "figures": []}
    words = [
        "The pairs that are worth most beyond what each of the two does alone: exact SHAP interaction values of this model, "
        f"from a smaller number of {terms.many}. Where the colours part, the one attribute counts differently by the other; "
        "a small share of the whole is easily luck."
    ]
    return {"title": title, "words": words, "wide": False, "figures": [_pair(p, place, terms) for place, p in enumerate(of["pairs"])]}


def _pair(p: Mapping[str, Any], place: int, terms: Terms) -> dict[str, Any]:
    caption = (
        f"Left to right: {p['label']}. {_colours(p, terms)} Together the two move the odds by {percent(p['share'])} of what all attributes "
        "do alone."
    )
    return {
        **{k: p[k] for k in ("x", "phi", "ticks", "steps", "of", "level")},
        "key": f"seen-pair-{place}",
        "kind": "pair",
        "title": f"{p['label']} with {p['by']}",
        "caption": caption,
        "in_short": caption,
        "said": f"{p['label']} with {p['by']}: {caption}",
    }
