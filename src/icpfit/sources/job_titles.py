"""A person's function and seniority out of a job title: the ad platforms' own lists, by reviewed tables of words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import yaml

GENERAL_MANAGEMENT = "general management"
"""Those who run the whole company: the list of functions has none for them."""

_SERVES = re.compile(r"\b(assistants?|secretary|pa|ea|aide|advisor|adviser|chief of staff|reporting|reports) to\b.*$")
_COMPANY = re.compile(r"\s(?:at|bei|chez|@)\s.*$|@.*$")
_PARTS = re.compile(r"\s*[,;|()\[\]•·:]\s*|\s+[-–—]+\s+")
_EXECUTIVE = frozenset("ceo cfo coo cto cio cmo cro cpo chro ciso".split())
_ASSISTS = frozenset("assistant assistante assistenz assistentin assistent asistente secretary".split())
_DEPUTIES = frozenset("vice director manager general professor controller treasurer dean".split())
"""An assistant director directs."""
_LONGEST = 6
"""Words in the longest entry of a table, and how far an entry with a gap reaches."""


@dataclass(frozen=True, slots=True)
class Role:
    """``function`` and ``seniority`` of the lists, None where the title does not say; ``whole_company``: who has no one function."""

    function: str | None
    seniority: str | None
    whole_company: bool = False


@dataclass(frozen=True)
class _Rule:
    value: str
    level: int  # 0 goes first


@dataclass(frozen=True)
class _Table:
    """``exact``: words -> rule; ``gaps``: words with something between them; ``begins`` and ``ends``: stems of one word."""

    exact: Mapping[str, _Rule]
    begins: tuple[tuple[str, _Rule], ...]
    ends: tuple[tuple[str, _Rule], ...]
    gaps: tuple[tuple[str, str, _Rule], ...]


@dataclass(frozen=True, slots=True)
class _Match:
    start: int
    end: int
    rule: _Rule


@lru_cache(maxsize=100_000)
def role_of(title: str) -> Role:
    """What a title says.

    >>> role_of("VP of Sales"), role_of("Assistant to the CEO")
    (Role(function='Sales', seniority='VP', whole_company=False), Role(function='Administrative', seniority='Entry', whole_company=False))
    >>> role_of("Product Marketing Manager").function, role_of("Geschäftsführerin").seniority, role_of("Wizard")
    ('Marketing', 'CXO', Role(function=None, seniority=None, whole_company=False))
    """
    parts = _parts(title)
    function = _first(_function(part) for part in parts)
    if function in (None, GENERAL_MANAGEMENT):
        function = _first(f for part in parts if (f := _function(part)) != GENERAL_MANAGEMENT) or function
    seniority = _first(_seniority(part) for part in parts)
    whole = function == GENERAL_MANAGEMENT
    return Role(None if whole else function, seniority, whole)


def functions() -> tuple[str, ...]:
    """The functions of the list."""
    return tuple(name for name in _read("functions") if name != GENERAL_MANAGEMENT)


def seniorities() -> tuple[str, ...]:
    """The seniorities of the list, lowest first."""
    return ("Unpaid", "Training", "Entry", "Senior", "Manager", "Director", "VP", "CXO", "Partner", "Owner")


def standard_function(word: str) -> str | None:
    """A company's own word for a function in the words of the list; None where it means none of them.

    >>> standard_function("finance"), standard_function("R&D"), standard_function("Team Blue")
    ('Finance', 'Research', None)
    """
    return _named(word, functions()) or role_of(word).function


def standard_seniority(word: str) -> str | None:
    """A company's own word for a seniority in the words of the list; None where it means none of them.

    >>> [standard_seniority(w) for w in ("C-Level", "individual", "vice president", "level 4")]
    ['CXO', 'Entry', 'VP', None]
    """
    return _named(word, seniorities()) or role_of(word).seniority


def _named(word: str, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name.casefold() == word.strip().casefold()), None)


def _function(words: tuple[str, ...]) -> str | None:
    words = tuple(w for w, after in zip(words, (*words[1:], ""), strict=True) if w != "assistant" or after not in _DEPUTIES)
    if not _ASSISTS.isdisjoint(words):
        words = tuple(w for w in words if w not in _EXECUTIVE)  # whoever is served
    matches = list(_matches(_table("functions"), words))
    best = min(matches, key=lambda m: (m.rule.level, m.start - m.end, m.start), default=None)
    return best.rule.value if best is not None else None


def _seniority(words: tuple[str, ...]) -> str | None:
    matches = list(_matches(_table("seniorities"), (*words, "$")))
    own = [m for m in matches if not any(_holds(longer, m) for longer in matches)]
    best = min(own, key=lambda m: (m.rule.level, m.start), default=None)
    return best.rule.value if best is not None else None


def _holds(longer: _Match, m: _Match) -> bool:
    return longer.start <= m.start and m.end <= longer.end and longer.end - longer.start > m.end - m.start


def _matches(table: _Table, words: tuple[str, ...]) -> Iterator[_Match]:
    last = len(words) - (words[-1:] == ("$",))  # the end of a title is no word
    for start in range(last):
        for end in range(start + 1, min(start + _LONGEST, len(words)) + 1):
            rule = table.exact.get(" ".join(words[start:end]))
            if rule is not None:
                yield _Match(start, min(end, last), rule)
        if words[start] not in table.exact:
            stems = [(len(s), rule) for s, rule in table.begins if words[start].startswith(s)]
            stems += [(len(s), rule) for s, rule in table.ends if words[start].endswith(s)]
            if stems:
                yield _Match(start, start + 1, max(stems, key=lambda stem: stem[0])[1])
        for first, then, rule in table.gaps:
            if words[start] == first and then in words[start + 2 : start + _LONGEST]:
                yield _Match(start, words.index(then, start + 2) + 1, rule)


def _parts(title: str) -> list[tuple[str, ...]]:
    """The words of each part of a title, without capitals, accents, the company's name and whoever is served."""
    plain = unicodedata.normalize("NFKD", title.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"[’']s\b", "", plain)
    plain = re.sub(r"\b([a-z])\.(?=[a-z]\b)", r"\1", plain).replace("&", " and ").replace("+", " and ")
    plain = re.sub(r"[:*_/](in|innen|r|e)\b", r"\1", plain)  # Leiter:in, Leiter/in
    plain = re.sub(r"\((in|e|m|w|f|d|[mwfdx/ ]+)\)", " ", plain)
    plain = _COMPANY.sub("", plain)
    plain = _SERVES.sub(r"\1", plain)
    parts = (tuple(re.findall(r"[a-z0-9]+", part)) for part in _PARTS.split(plain))
    return [part for part in parts if part]


def _first(values: Iterator[str | None]) -> str | None:
    return next((v for v in values if v is not None), None)


@cache
def _read(name: str) -> dict[str, dict[str, str]]:
    text = resources.files("icpfit.sources").joinpath("titles", f"{name}.yaml").read_text(encoding="utf-8")
    body: dict[str, dict[str, str]] = yaml.safe_load(text)
    return body


@cache
def _table(name: str) -> _Table:
    """A table as the matching wants it. Levels: ``first`` words, then ``words``, then ``last``; of seniorities each in the file's order."""
    rules: dict[str, _Rule] = {}
    for kind, base in (("first", 0), ("words", 100), ("last", 200)):
        for order, (value, listed) in enumerate(_read(name).items()):
            for words in filter(None, (part.strip() for part in listed.get(kind, "").split(","))):
                rules.setdefault(words.replace("$", " $"), _Rule(value, base + (order if name == "seniorities" else 0)))
    begins = tuple((w[:-1], rule) for w, rule in rules.items() if w.endswith("*") and " " not in w and w.count("*") == 1)
    ends = tuple((w[1:], rule) for w, rule in rules.items() if w.startswith("*"))
    gaps = tuple((w.split(" * ")[0], w.split(" * ")[1], rule) for w, rule in rules.items() if " * " in w)
    return _Table({w: rule for w, rule in rules.items() if "*" not in w}, begins, ends, gaps)
