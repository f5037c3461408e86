"""Which columns of a flat file may teach, in which layer, and why the others do not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from icpfit.config import Outcome
from icpfit.sources.flat_features import judge_column
from icpfit.sources.leak_names import refused_by_meaning
from icpfit.sources.names import snake_case
from icpfit.sources.propose_look import Look
from icpfit.sources.texts import TextTable
from icpfit.sources.values import parse_number
from icpfit.sources.vocabulary import NO_WORD, Meaning, layer_of, repeat_business

Chosen = list[tuple[Look, Meaning]]
Unused = list[tuple[str, str, str]]
"""column, why it is not used, and a doubt about that"""


def choose_layers(
    looks: Sequence[Look], texts: TextTable, missing: frozenset[str], told: Mapping[str, str], outcome: Outcome
) -> tuple[Chosen, Unused]:
    """The columns that may teach, each with its layer and doubt; and the others, with the reason.

    ``told``: column -> why it is known to be no signal. What training refuses by its name is not proposed.
    """
    chosen: Chosen = []
    unused: Unused = []
    for look in looks:
        judged = judge_column(look.header, look.texts, missing, texts.place, texts.row)
        meaning = layer_of(look.header)
        why, lists = told.get(look.header, ""), ""
        if not why and look.known:
            refused = refused_by_meaning((look.header, snake_case(look.header)), outcome)
            why = f"training refuses it: {refused}" if refused else ""
        if not why and judged.kind in (None, "category"):
            lists = look.like_lists()
        if not why and judged.kind is None:
            why = _not_grouped(look)
        if not why and meaning.layer is None:
            why = meaning.words
        if not why and judged.kind == "number" and meaning.words == NO_WORD and _runs(look):
            why = "different in almost every row: a running number?"
        if why:
            unused.append((look.header, why, lists))
            continue
        doubts = [meaning.words, lists, _several_kinds(look), _sentinel(look)]
        if judged.kind == "category" and (odd := look.like_numbers()) and len(look.counts) > 5:
            doubts.append(f"{odd!r} is taken as a text: write numbers as 1234.50")
        chosen.append((look, Meaning(meaning.layer, "; ".join(d for d in doubts if d))))
    return chosen, unused


def _not_grouped(look: Look) -> str:
    if not look.known:
        return "empty in every row"
    if odd := look.like_numbers():
        return f"holds numbers that cannot be read, such as {odd!r}: write them as 1234.50, and give it a layer"
    return f"{len(look.counts):,} different texts name things rather than group them"


def _runs(look: Look) -> bool:
    """Whole numbers, hardly one twice: dense, or about as long as one another, as counters and codes are and measures are not."""
    found = sorted(int(v) for v in look.values if re.fullmatch(r"[0-9]{1,30}", v))
    if look.known <= 100 or len(found) < 0.99 * look.known:
        return False
    low, top = found[len(found) // 20], found[-1]
    return top - found[0] < 10 * len(found) or len(str(top)) - len(str(low)) <= 1


def _several_kinds(look: Look) -> str:
    """New business and renewals have causes of their own."""
    kinds = [v for v in look.values[:30] if v.casefold() in repeat_business()]
    return f"{kinds[0]!r} is no new logo: leave such rows out of the file, or the profile mixes both" if kinds else ""


def _sentinel(look: Look) -> str:
    """999 among numbers that end at 27 is no number."""
    if not look.is_number() or len(look.counts) < 5:
        return ""
    numbers = sorted(n for v in look.values if (n := parse_number(v)) is not None and n == n)
    if len(numbers) < 2:
        return ""
    top, next_one = numbers[-1], numbers[-2]
    if top in (99, 999, 9_999, 99_999, 999_999) and top > 5 * max(next_one, 1):
        return f"{top:.0f} stands apart from all others (the next is {next_one:g}): does it mean never, or unknown?"
    return ""
