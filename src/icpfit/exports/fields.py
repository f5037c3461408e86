"""What the two CRMs share: fields and their names, numbers as they write them, and the words of the tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Literal, TypeAlias

from jinja2 import Environment, FunctionLoader, StrictUndefined

from icpfit.config import LAYERS, Kind, Layer
from icpfit.documents.card_page import work_of
from icpfit.documents.words import KINDS, percent
from icpfit.scorecard.card import Attribute, Bin, Scorecard
from icpfit.scorecard.condition import Condition

Returns: TypeAlias = Literal["number", "text", "percent"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field that the CRM computes. ``name`` is its name in other formulas."""

    name: str
    label: str
    formula: str
    returns: Returns = "number"


class Names:
    """Names that a CRM takes, each one once: lower case, digits, single underscores, at most ``limit`` characters.

    >>> names = Names(12)
    >>> names.take("icpfit_A  b__c"), names.take("icpfit_a_b_c"), names.take("icpfit_a_long_name")
    ('icpfit_a_b_c', 'icpfit_a_b_2', 'icpfit_a_lon')
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        base = re.sub(r"[^a-z0-9]+", "_", wanted.lower()).strip("_")
        name, n = base[: self._limit].rstrip("_"), 1
        while name in self._taken:
            n += 1
            end = f"_{n}"
            name = base[: self._limit - len(end)].rstrip("_") + end
        self._taken.add(name)
        return name


@dataclass(frozen=True, slots=True)
class Input:
    """What the card asks of an account: a number, a yes/no or a text, under the name of a feature and its label.

    Where the card counts with a feature and a condition asks for its text as well, there are two.
    """

    feature: str
    kind: Kind
    label: str

    @property
    def is_text(self) -> bool:
        return self.kind == "category"


def inputs(card: Scorecard) -> tuple[Input, ...]:
    """In the order of the card; each once."""
    called = {a.name: a.label for a in card.attributes}
    found: dict[tuple[str, bool], Input] = {}
    for feature, kind in [*((a.name, a.kind) for a in card.attributes), *((c.feature, c.kind) for c in card.conditions)]:
        label = called.get(feature) or feature.replace("_", " ").capitalize()
        again = (feature, kind != "category") in found
        wanted = Input(feature, kind, f"{label} ({'text' if kind == 'category' else 'number'})" if again else label)
        found.setdefault((feature, wanted.is_text), wanted)
    return tuple(found.values())


class Held:
    """The names of the fields that hold an account's values, and of those that the formulas make.

    ``names[input]`` is the name of an input's field; ``names.of(feature, kind)`` finds it by what an attribute or a condition asks.
    """

    def __init__(self, card: Scorecard, limit: int, ending: str, made: Iterable[str]) -> None:
        self._names, self._ending = Names(limit), ending
        for name in made:
            self._names.take(name)
        self.inputs = inputs(card)
        # an input whose feature stands there already, as the other kind
        twice = {i: any(i.feature == j.feature for j in self.inputs[:n]) for n, i in enumerate(self.inputs)}
        self._held = {i: self.new(f"icpfit_{i.feature}" + ("_text" if i.is_text else "_number") * twice[i]) for i in self.inputs}

    def new(self, wanted: str) -> str:
        return self._names.take(wanted) + self._ending

    def __getitem__(self, wanted: Input) -> str:
        return self._held[wanted]

    def of(self, feature: str, kind: Kind) -> str:
        return next(name for i, name in self._held.items() if (i.feature, i.is_text) == (feature, kind == "category"))


def decimal(value: float) -> str:
    """A number without an exponent, which formulas do not know.

    >>> decimal(50.0), decimal(0.1), decimal(1e-5), decimal(-2.5e16)
    ('50', '0.1', '0.00001', '-25000000000000000')
    """
    text = format(Decimal(repr(value + 0.0)), "f")  # no "-0": a formula knows no sign without a number
    return text.removesuffix(".0")


def range_words(low: float | None, high: float | None) -> str:
    """
    >>> range_words(None, 50.0), range_words(50.0, 120.0), range_words(120.0, None), range_words(None, None)
    ('less than 50', 'at least 50 and less than 120', 'at least 120', 'any number')
    """
    ends = [f"at least {decimal(low)}"] if low is not None else []
    ends += [f"less than {decimal(high)}"] if high is not None else []
    return " and ".join(ends) or "any number"


def in_range(low: float | None, high: float | None, number: float) -> bool:
    return (low is None or number >= low) and (high is None or number < high)


def flag_words(low: float | None, high: float | None) -> str:
    """Which answers of a yes/no lie in a range.

    >>> flag_words(0.5, None), flag_words(None, 0.5), flag_words(None, None), flag_words(2.0, None)
    ('is Yes', 'is No', 'is Yes or No', 'is neither Yes nor No (never)')
    """
    said = [word for word, number in (("Yes", 1.0), ("No", 0.0)) if in_range(low, high, number)]
    return f"is {' or '.join(said)}" if said else "is neither Yes nor No (never)"


def bin_words(attribute: Attribute, b: Bin) -> str:
    """Which values a bin takes, exactly."""
    if b.unknown:
        also = "" if attribute.kind != "category" or any(x.other for x in attribute.bins) else ", or any text that is not named"
        return f"is unknown (empty){also}"
    if attribute.kind != "category":
        return flag_words(b.low, b.high) if attribute.kind == "flag" else "is " + range_words(b.low, b.high)
    named = ", ".join(quoted(v) for v in b.values)
    return f"is any of: {named}" + (", or any other text" if b.other else "") if named else "is any other text"


def condition_words(condition: Condition) -> str:
    if condition.values:
        return f"is any of: {', '.join(quoted(v) for v in condition.values)}"
    if condition.kind == "flag":
        return flag_words(condition.low, condition.high)
    return "is " + range_words(condition.low, condition.high)


def quoted(text: str) -> str:
    """
    >>> quoted('two' + chr(10) + 'lines')
    '“two⏎lines”'
    """
    return "“" + text.replace("\n", "⏎") + "”"


def code(name: str) -> str:
    """
    >>> code("employees"), code("a`b")
    ('`employees`', '`` a`b ``')
    """
    return f"`` {name} ``" if "`" in name else f"`{name}`"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Markdown; a bar or a line break inside a cell would end it.

    >>> print(table(["a", "b"], [["x|y", 1]]))
    | a | b |
    |---|---|
    | x\\|y | 1 |
    """

    def line(cells: Sequence[object]) -> str:
        return "| " + " | ".join(str(c).replace("|", "\\|").replace("\n", "⏎").replace("\r", " ") for c in cells) + " |"

    return "\n".join([line(head), "|" + "---|" * len(head), *map(line, rows)])


def render(template: str, **values: object) -> str:
    """A template of this package with the values in their places."""

    def text(name: str) -> str:
        return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")

    spelled = Environment(loader=FunctionLoader(text), undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    return spelled.get_template(template).render(table=table, **values).rstrip("\n") + "\n"


def tier_rows(card: Scorecard) -> list[tuple[str, str, str, str]]:
    """(tier, points, expected share, what to do)."""
    rows: list[tuple[str, str, str, str]] = []
    above = 101
    for t, reached in zip(card.tiers, card.within_reach, strict=True):
        span = f"{t.from_points} to {above - 1}" if reached else "out of reach"
        rows.append((t.name, span, percent(t.expected_rate) if reached else "—", work_of(t) or "—"))
        above = min(above, t.from_points)
    return rows


def tier_head(card: Scorecard) -> tuple[str, str, str, str]:
    return ("tier", "points", f"expected share that {KINDS[card.kind].were}", "what to do")


def layers_in_use(card: Scorecard) -> list[Layer]:
    return [layer for layer in LAYERS if card.layer_maxima[layer]]


def hard_texts(card: Scorecard, hard: str) -> list[tuple[Input, str]]:
    """The card's texts that hold a sign of the pattern ``hard``, each with its input."""
    texts = [(a.name, v) for a in card.attributes for b in a.bins for v in b.values]
    texts += [(c.feature, v) for c in card.conditions for v in c.values]
    of = {i.feature: i for i in inputs(card) if i.is_text}
    return [(of[name], text) for name, text in dict.fromkeys(texts) if re.search(hard, text)]
