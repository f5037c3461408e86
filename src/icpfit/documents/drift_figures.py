"""The pictures of drift as figures: everything that is written in them, and what they show in words."""

from __future__ import annotations

from typing import Any

from icpfit.config import LAYERS
from icpfit.documents.drift_values import CardThenNow, DriftPictures, LayersAt, Periods, Ranged, ThenNow
from icpfit.documents.words import OUTCOMES, Terms, count, percent, sentence

NOT_THERE = "not on it"


def drift_figures(pictures: DriftPictures) -> list[dict[str, Any]]:
    """Each with ``key, kind`` (bands, rates, worth, layers), ``title, caption, said`` (the picture in words) and what its kind shows."""
    terms = OUTCOMES[pictures.outcome]
    found = [_bands(f, f"moved-{i}", terms) for i, f in enumerate(pictures.features)]
    if pictures.rates is not None and len(pictures.rates.periods) > 1:
        found.insert(0, _rates(pictures.rates, terms))
    if pictures.card is not None and pictures.card.rows:
        found.append(_worth(pictures.card, terms))
    if len(pictures.layers) > 1:
        found.append(_layers(pictures.layers))
    return found


def _bands(feature: ThenNow, key: str, terms: Terms) -> dict[str, Any]:
    rows = [(words, then, now, percent(then), percent(now)) for words, then, now in feature.bands]
    caption = f"{count(feature.n_then)} {terms.many} before, {count(feature.n_now)} newer ones."
    return {
        "key": key,
        "kind": "bands",
        "title": feature.label,
        "caption": caption if feature.alarm else f"{caption} It moved most, and no further than chance allows.",
        "said": "; ".join(f"{words}: {then} then, {now} now" for words, _, _, then, now in rows),
        "rows": rows,
    }


def _rates(found: Periods, terms: Terms) -> dict[str, Any]:
    rows, said = [], []
    for p in found.periods:
        s = p.seen
        rows.append((p.name, s.share, s.low, s.high, p.expected, p.newer) if s.rows else (p.name, None, None, None, None, False))
        if s.rows:
            said.append(
                f"{p.name}: {percent(s.share)} ({percent(s.low)} to {percent(s.high)}) of {count(s.rows)}, expected {percent(p.expected)}"
            )
        else:
            said.append(f"{p.name}: none")
    before = found.at < -0.5
    inside = not before and found.at < len(found.periods) - 0.5
    hollow = f"Hollow: {terms.many} that taught the profile in force. Full: those whose end it could not know. " if inside else ""
    return {
        "key": "rates",
        "kind": "rates",
        "title": "Win rate by quarter" if terms is OUTCOMES["win"] else "Share of customers who stay, by quarter",
        "caption": f"{hollow}Each with its 90% range, by the quarter in which it began. Dashed: what the profile in force expects of them.",
        "said": f"The profile in force was trained on {found.trained}. {'; '.join(said)}",
        "rows": rows,
        "mark": (found.at, f"trained {found.trained}") if inside else None,
    }


def _worth(found: CardThenNow, terms: Terms) -> dict[str, Any]:
    rows = [(w.label, w.then, w.now, _figure(w.then, found.by), _figure(w.now, found.by)) for w in found.rows]
    if found.by == "cards":
        title = "The card then and now"
        caption = (
            f"The most points that each can give, with their 90% range. Pale: on the card in force. Full: on the newest, {found.newest}."
        )
    else:
        title = "Does the card still tell them apart?"
        caption = (
            f"Points by which {terms.many_good} stand above {terms.many_bad}, with their 90% range. "
            f"Pale: {terms.many} of the year before the newer ones. Full: the newer ones."
        )
    return {
        "key": "worth",
        "kind": "worth",
        "title": title,
        "caption": caption,
        "said": "; ".join(f"{label}: {then} then, {now} now" for label, _, _, then, now in rows),
        "rows": rows,
    }


def _figure(side: Ranged | None, by: str) -> str:
    """
    >>> _figure((12.0, 10.0, 14.0), "cards"), _figure((1.26, 0.5, 2.0), "deals"), _figure(None, "cards")
    ('12', '1.3', 'not on it')
    """
    if side is None:
        return NOT_THERE
    return f"{side[0]:.0f}" if by == "cards" else f"{side[0]:.1f}"


def _layers(found: tuple[LayersAt, ...]) -> dict[str, Any]:
    there = [layer for layer in LAYERS if any(at.learned.get(layer) or at.assumed.get(layer) for at in found)]
    rows = [(layer, [int(at.learned.get(layer, 0)) for at in found], [int(at.assumed.get(layer, 0)) for at in found]) for layer in there]
    said = "; ".join(
        f"{layer}: " + ", ".join(f"{at.day} {a} learned, {b} assumed" for at, a, b in zip(found, learned, assumed, strict=True))
        for layer, learned, assumed in rows
    )
    return {
        "key": "layers-over-time",
        "kind": "layers",
        "title": "Weight of each layer, learned and assumed",
        "caption": sentence(
            "points of 100 in each version of the profile that is kept. Full line: learned from the deals. Dashed: assumed"
        ),
        "said": said,
        "rows": rows,
        "days": [at.day for at in found],
    }
