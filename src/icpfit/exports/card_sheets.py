"""The sheets that say what the card is: the cover, one sheet a layer, rules and disqualifiers, and the lists of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from icpfit.config import Layer
from icpfit.documents.words import KINDS, Terms, known, number, pairs, percent
from icpfit.exports.fields import condition_words, inputs
from icpfit.exports.reading import SHAPES
from icpfit.exports.sheets import Sheet, head_high, lines_high
from icpfit.plural import counted
from icpfit.scorecard.card import Attribute, Bin, Scorecard
from icpfit.scorecard.condition import Condition


@dataclass(frozen=True)
class AttributePlace:
    """Where an attribute's cells stand. ``known`` are its bins but ``unknown``, in the order of the card."""

    labels: str
    """the range of the known bins' labels"""
    points: tuple[str, ...]
    edges: tuple[str, ...]
    """of a number: where each known bin but the first begins"""
    unknown_label: str
    unknown_points: str
    known: tuple[Bin, ...]


@dataclass(frozen=True)
class TextList:
    """A list of texts on the sheet of lists, and beside each its points and the number of its bin."""

    texts: str
    points: str = ""
    bins: str = ""


MOST_SIGNS = 2_000
"""of the texts that stand in one cell; sheet Lists has them all"""
LAYER_WIDTHS = (40, 10, 10, 32, 12, 14, 14, 15)
RULE_WIDTHS = (58, 34, 14, 14, 12, 12, 14, 16, 18)
COVER_WIDTHS = (15, 12, 22, 34, 20, 14, 14)
LIST_WIDTHS = (24, 10, 8)


def write_layer(sheet: Sheet, card: Scorecard, layer: Layer) -> dict[str, AttributePlace]:
    """A block for each attribute: what it is, and its bins. The calculator reads edges and points from here."""
    sheet.widths(*LAYER_WIDTHS)
    attributes = sorted((a for a in card.attributes if a.layer == layer), key=lambda a: -a.max_points)
    sheet.across(0, 0, 7, f"{layer.capitalize()}: {card.layer_maxima[layer]} of 100 points", "title", 34)
    sheet.across(1, 0, 7, "One line of each attribute counts. Change points or edges here, and the calculator follows.", "subtitle", 20)
    row, places = 3, {}
    for attribute in attributes:
        row, places[attribute.name] = _attribute(sheet, row, attribute, KINDS[card.kind])
    for i, rule in enumerate(r for r in card.rules if r.layer == layer):
        words = f"On top, for two attributes together: {rule.label}, {counted(rule.max_points, 'point')} (sheet Rules)."
        sheet.across(row + i, 0, 7, words, "note", 18)
    sheet.raw.freeze_panes(3, 0)
    sheet.raw.repeat_rows(0, 1)
    return places


def _attribute(sheet: Sheet, row: int, a: Attribute, terms: Terms) -> tuple[int, AttributePlace]:
    sheet.across(row, 0, 4, a.label, "attribute", 22)
    sheet.across(row, 5, 7, f"up to {counted(a.max_points, 'point')}", "attribute_right")
    also = f" Stands for {', '.join(a.stands_for)} too." if a.stands_for else ""
    why = f"{a.why[:1].upper()}{a.why[1:]}.".removesuffix("..") + also if a.why else also.strip()
    row += 1
    if why:
        sheet.across(row, 0, 7, why, "note", lines_high(why, 150))
        row += 1
    heads = ("which accounts", "from", "below", "texts", "points", "likely range", f"{terms.many} seen", terms.were)
    _head(sheet, row, heads, LAYER_WIDTHS, left=(0, 3))
    known_bins = tuple(b for b in a.bins if not b.unknown)
    unknown = next(b for b in a.bins if b.unknown)
    first = row + 1
    for row, b in enumerate((*known_bins, unknown), first):
        _bin(sheet, row, a, b)
    last = first + len(known_bins) - 1
    bar = {"type": "data_bar", "bar_color": "#9CCBB8", "bar_solid": True, "min_type": "num", "min_value": 0}
    sheet.raw.conditional_format(first, 4, last + 1, 4, {**bar, "max_type": "num", "max_value": max(a.max_points, 1)})
    place = AttributePlace(
        labels=sheet.span(first, last, 0),
        points=tuple(sheet.at(first + i, 4) for i in range(len(known_bins))),
        edges=() if a.kind == "category" else tuple(sheet.at(first + i, 1) for i in range(1, len(known_bins))),
        unknown_label=sheet.at(last + 1, 0),
        unknown_points=sheet.at(last + 1, 4),
        known=known_bins,
    )
    return last + 3, place


def _bin(sheet: Sheet, row: int, a: Attribute, b: Bin) -> None:
    texts = "\n".join(", ".join(b.values[i : i + 4]) for i in range(0, len(b.values), 4))
    if b.other:
        texts = f"{texts}\nand any other".strip() if texts else "any other"
    sheet.text(row, 0, "not known" if b.unknown else b.label, "cell")
    sheet.number(row, 1, b.low)
    sheet.number(row, 2, b.high)
    sheet.text(row, 3, texts if len(texts) <= MOST_SIGNS else f"{texts[:MOST_SIGNS]} …\nall of them: sheet Lists")
    sheet.number(row, 4, b.points, "points")
    sheet.text(row, 5, f"{b.points_low:.0f} to {b.points_high:.0f}" if b.rows else "", "number")
    sheet.number(row, 6, b.rows, "count")
    sheet.number(row, 7, known(b.rate), "percent")
    sheet.raw.set_row(row, max(18.0, lines_high(b.label, LAYER_WIDTHS[0]), lines_high(texts, LAYER_WIDTHS[3])))


def write_lists(
    sheet: Sheet, card: Scorecard, places: dict[str, AttributePlace]
) -> tuple[str, dict[str, TextList], dict[Condition, TextList]]:
    """The shapes of numbers, the texts of each category with their points, and those of each condition, in columns side by side."""
    sheet.widths(LIST_WIDTHS[0])
    sheet.text(0, 0, "shapes of numbers", "head")
    for row, shape in enumerate(SHAPES, 1):
        sheet.text(row, 0, shape, "entry_text")
    column = 1
    attributes: dict[str, TextList] = {}
    for a in card.attributes:
        place = places[a.name]
        pairs_of = [(v, i) for i, b in enumerate(place.known) for v in b.values]
        if a.kind != "category" or not pairs_of:
            continue
        for offset, head in enumerate((a.name, "points", "row")):
            sheet.text(0, column + offset, head, "head")
            sheet.raw.set_column(column + offset, column + offset, LIST_WIDTHS[offset])
        for row, (text, i) in enumerate(pairs_of, 1):
            sheet.text(row, column, text, "entry_text")
            sheet.formula(row, column + 1, place.points[i], "points", place.known[i].points)
            sheet.number(row, column + 2, i + 1)
        attributes[a.name] = TextList(*(sheet.span(1, len(pairs_of), column + offset) for offset in range(3)))
        column += 3
    conditions: dict[Condition, TextList] = {}
    for condition in card.conditions:
        if condition.values and condition not in conditions:
            sheet.text(0, column, condition.feature, "head")
            sheet.raw.set_column(column, column, LIST_WIDTHS[0])
            for row, text in enumerate(condition.values, 1):
                sheet.text(row, column, text, "entry_text")
            conditions[condition] = TextList(sheet.span(1, len(condition.values), column))
            column += 1
    return sheet.span(1, len(SHAPES), 0), attributes, conditions


@dataclass(frozen=True)
class RulePlaces:
    """``ends``: the cells with a condition's edges, by the place of its owner and its own place. ``reasons``: a range, top down."""

    points: tuple[tuple[str, str], ...]
    """of each rule: where it is met, and otherwise"""
    rule_ends: tuple[tuple[tuple[str | None, str | None], ...], ...]
    out_ends: tuple[tuple[str | None, str | None], ...]
    reasons: str


def write_rules(sheet: Sheet, card: Scorecard) -> RulePlaces:
    sheet.widths(*RULE_WIDTHS)
    labels = {i.feature: i.label for i in reversed(inputs(card))}
    terms, many = KINDS[card.kind], KINDS[card.kind].many
    sheet.across(0, 0, 8, "Rules and disqualifiers", "title", 34)
    row = 2
    points, rule_ends = [], []
    if card.rules:
        sheet.across(row, 0, 8, "What two attributes are worth together", "section", 22)
        heads = ("where both hold", "asks of", "from", "below", "points", "else", f"{many} seen", terms.were, f"others that {terms.were}")
        row = _head(sheet, row + 1, heads, RULE_WIDTHS)
        for rule in card.rules:
            ends = []
            for i, c in enumerate(rule.conditions):
                shown = [(rule.points, "points"), (rule.otherwise, "points"), (rule.rows, "count"), (known(rule.rate), "percent")]
                counts = [*shown, (known(rule.rate_otherwise), "percent")] if i == 0 else [("", "cell")] * 5
                words = rule.label if i == 0 else ""
                sheet.row_of(row, (words, "cell_bold"), (_asks(c, labels), "cell"), (c.low, "number"), (c.high, "number"), *counts)
                sheet.raw.set_row(row, max(18.0, lines_high(words, 58), lines_high(_asks(c, labels), 34)))
                ends.append(_ends(sheet, row, c))
                if i == 0:
                    points.append((sheet.at(row, 4), sheet.at(row, 5)))
                row += 1
            rule_ends.append(tuple(ends))
        row += 1
    sheet.across(row, 0, 8, "Disqualifiers: each makes tier D, whatever the points", "section", 22)
    evidence = ("reason", "asks of", "from", "below", f"{many} seen", terms.were, f"others that {terms.were}")
    row = _head(sheet, row + 1, evidence, RULE_WIDTHS)
    first, out_ends = row, []
    for d in card.disqualifiers:
        c = d.condition
        sheet.row_of(
            row, (d.reason, "cell_bold"), (_asks(c, labels), "cell"), (c.low, "number"), (c.high, "number"), (d.rows, "count"),
            (known(d.rate), "percent"), (known(d.rate_otherwise), "percent"),
        )  # fmt: skip
        sheet.raw.set_row(row, max(18.0, lines_high(d.reason, 58), lines_high(_asks(c, labels), 34)))
        out_ends.append(_ends(sheet, row, c))
        row += 1
    if not card.disqualifiers:
        sheet.text(row, 0, "None.")
    return RulePlaces(tuple(points), tuple(rule_ends), tuple(out_ends), sheet.span(first, max(row - 1, first), 0))


def _head(sheet: Sheet, row: int, heads: Sequence[str], widths: Sequence[float], left: Sequence[int] = (0, 1)) -> int:
    """``widths`` are those of the sheet's columns, ``left`` the columns of texts. The next row."""
    for column, head in enumerate(heads):
        sheet.text(row, column, head, "head" if column in left else "head_right")
    sheet.raw.set_row(row, head_high(heads, widths[: len(heads)]))
    return row + 1


def _asks(c: Condition, labels: dict[str, str]) -> str:
    return f"{labels.get(c.feature, c.feature)} {condition_words(c)}"


def _ends(sheet: Sheet, row: int, c: Condition) -> tuple[str | None, str | None]:
    return (sheet.at(row, 2) if c.low is not None else None, sheet.at(row, 3) if c.high is not None else None)


@dataclass(frozen=True)
class CoverPlaces:
    edges: tuple[str, ...]
    """the points from which on an account is A, B and C"""
    tiers: str
    todos: str
    intercept: str
    slope: str


def write_cover(sheet: Sheet, card: Scorecard, version: str, contents: Sequence[tuple[str, str]]) -> CoverPlaces:
    """``contents``: (sheet, what is on it)."""
    terms = KINDS[card.kind]
    sheet.widths(*COVER_WIDTHS)
    sheet.raw.fit_to_pages(1, 1)
    sheet.across(0, 0, 6, "Ideal customer profile: the scorecard", "title", 38)
    sheet.across(1, 0, 6, f"{terms.title[:1].upper()}{terms.title[1:]}: version {version}", "subtitle", 20)
    words = (
        f"The points of an account say how likely it {terms.chance}. An account gets the points of one line of every attribute; all lines "
        "together, 100 at most, give its tier. It was learned from the company's own closed deals."
    )
    sheet.across(2, 0, 6, words, "body", lines_high(words, 125))
    row = _contents(sheet, 4, contents)
    sheet.across(row, 0, 6, "Tiers", "section", 24)
    share = f"expected share that {terms.were}"
    heads = ("tier", "from points", share, "what to do", "who", "within hours", f"{terms.many} seen")
    row = _head(sheet, row + 1, heads, COVER_WIDTHS, left=(0, 3, 4))
    first = row
    for t in card.tiers:
        sheet.row_of(
            row, (t.name, "cell_bold"), (t.from_points, "points"), (known(t.expected_rate), "percent"), (t.action, "cell"),
            ("" if t.owner == "none" else t.owner, "cell"), (t.sla_hours, "number"), (t.rows, "count"),
        )  # fmt: skip
        row += 1
    places = CoverPlaces(
        tuple(sheet.at(first + i, 1) for i in range(3)),
        sheet.span(first, row - 1, 0),
        sheet.span(first, row - 1, 3),
        sheet.at(row + len(card.layer_maxima) + 4, 1),
        sheet.at(row + len(card.layer_maxima) + 5, 1),
    )
    row = _weights(sheet, row + 1, card)
    for i, (words, value, note) in enumerate(
        [("chance", card.platt_intercept, "a of 1 / (1 + exp(-(a + b × points)))"), ("", card.platt_slope, "b")]
    ):
        sheet.row_of(row + i, (words, "cell"), (value, "number"))
        sheet.across(row + i, 2, 6, note, "note")
    sheet.across(row + 3, 0, 6, "How good it is", "section", 24)
    for i, line in enumerate((_fidelity(card), *_imposed(card), *card.words)):
        sheet.across(row + 4 + i, 0, 6, line, "body", lines_high(line, 125))
    return places


def _contents(sheet: Sheet, row: int, contents: Sequence[tuple[str, str]]) -> int:
    for name, what in contents:
        sheet.raw.write_url(row, 0, f"internal:'{name}'!A1", sheet.style("link"), name)
        sheet.across(row, 1, 6, what, "body")
        row += 1
    return row + 1


def _weights(sheet: Sheet, row: int, card: Scorecard) -> int:
    """Ends on the row after the weights' heading and four lines, and one of air."""
    sheet.across(row, 0, 6, "What each layer can give", "section", 24)
    heads = ["layer", "points", "the data says", "assumed before"]
    heads += ["the company insists on"] if card.imposed is not None else []
    row = _head(sheet, row + 1, heads, COVER_WIDTHS, left=(0,))
    for layer, most in card.layer_maxima.items():
        cells: list[tuple[object, str]] = [(layer, "cell_bold"), (most, "points"), (card.layer_weights_learned.get(layer, 0), "number")]
        cells += [(card.layer_weights_assumed.get(layer, 0), "number")]
        cells += [(card.imposed.weights.get(layer, 0), "number")] if card.imposed is not None else []
        sheet.row_of(row, *cells)
        row += 1
    return row + 1


def _imposed(card: Scorecard) -> list[str]:
    if card.imposed is None:
        return []
    return [
        "The layers weigh what the company insists on. With the weights that the data says, "
        f"{pairs(card.imposed.auc_learned)} of 100 pairs would stand in the right order."
    ]


def _fidelity(card: Scorecard) -> str:
    f = card.fidelity
    if known(f.spearman) is None or not f.rows:
        return "How near the card comes to the model behind it could not be tested."
    right = f"the card puts {pairs(f.auc_card)} of 100 pairs in the right order, the model behind it {pairs(f.auc_model)}"
    alike = f"rank correlation {number(f.spearman)}; {percent(f.top20_overlap)} of their best fifth is the same"
    return f"Tested on {f.rows:,} {KINDS[card.kind].many} that it had not seen, {right}. The two rank alike: {alike}."
