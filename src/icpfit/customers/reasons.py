"""What a written loss reason says: a competitor, no decision, price, the product, no fit, or something else."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

KINDS = ("competitor", "no fit", "product", "no decision", "price", "other")
"""In the order in which they go before each other where a text says two things with as many words."""
NOT_SAID = ""
NOBODY = "nobody"

Texts = npt.NDArray[np.object_]


def kind_of(text: str) -> str:
    """One of ``KINDS``; "" where nothing is said, or nothing that the vocabulary knows.

    The phrase of most words decides: "no budget" is no decision where "budget" alone is the price. A phrase is words in a
    row; one that ends with * begins a word. The vocabulary is ``loss_reasons.csv``: general words of the trade.

    >>> [kind_of(t) for t in ("Lost to Competitor (price)", "No Budget / Lost Funding", "Price", "n/a", "")]
    ['competitor', 'no decision', 'price', '', '']
    """
    found = _found(text, KINDS)
    return found or NOT_SAID


def names_a_rival(text: str) -> bool:
    """Whether a cell of ``competitor`` names one: "none", "no decision" and "in house" do not.

    >>> names_a_rival("Rivalgrid"), names_a_rival("None"), names_a_rival("-"), names_a_rival("No decision")
    (True, False, False, False)
    """
    return bool(_words(text)) and _found(text, (NOBODY, "no decision", "other")) == NOT_SAID


def kinds_of(reasons: Texts, competitors: Texts) -> Texts:
    """The kind of each loss. A named competitor says to whom it was lost, whatever the reason says; both "" = not said."""
    known = {t: kind_of(t) for t in set(reasons.tolist())}
    rivals = {t: names_a_rival(t) for t in set(competitors.tolist())}
    return np.array(["competitor" if rivals[c] else known[r] for r, c in zip(reasons, competitors, strict=True)], dtype=object)


def _found(text: str, kinds: tuple[str, ...]) -> str:
    words = _words(text)
    best, best_kind = (0, 0), NOT_SAID
    for place, kind in enumerate(kinds):
        for phrase in _vocabulary()[kind]:
            n = len(phrase)
            weightier = (n, -place) > best
            if weightier and any(_matches(phrase, words[i : i + n]) for i in range(len(words) - n + 1)):
                best, best_kind = (n, -place), kind
    return best_kind


def _matches(phrase: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return all(word.startswith(part[:-1]) if part.endswith("*") else word == part for part, word in zip(phrase, words, strict=True))


def _words(text: str) -> tuple[str, ...]:
    apart = re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", text))  # TooExpensive
    plain = apart.casefold().replace("'", "").replace("’", "")
    return tuple(re.findall(r"[^\W\d_]+", plain))


@cache
def _vocabulary() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    text = resources.files("icpfit.customers").joinpath("loss_reasons.csv").read_text(encoding="utf-8")
    out: dict[str, list[tuple[str, ...]]] = {kind: [] for kind in (*KINDS, NOBODY)}
    for row in csv.DictReader(text.splitlines()):
        out[row["kind"]].append(tuple(row["phrase"].split()))
    return {kind: tuple(phrases) for kind, phrases in out.items()}
