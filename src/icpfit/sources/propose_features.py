"""Default features of accounts and technologies, each with layer, words, unit, and the direction where the trade is sure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from icpfit.config import OUTCOMES, Disqualifier, FeatureSpec, Kind, Layer
from icpfit.plural import counted
from icpfit.sources.contract import TABLES
from icpfit.sources.flat_features import judge_column
from icpfit.sources.leak_names import refused_by_meaning
from icpfit.sources.names import TAKEN, free_name, snake_case
from icpfit.sources.propose_look import Look
from icpfit.sources.propose_tables import Name, Tables
from icpfit.sources.sql import literal
from icpfit.sources.vocabulary import layer_of, plain_words

MOST_CATEGORIES = 24
MOST_TECHNOLOGIES = 12

_RIVAL = re.compile(r"\b(competitors?|rivals?|competing)\b")


@dataclass
class Features:
    """``specs`` with a rank: 0 stays longest when there are too many."""

    taken: set[str]
    specs: list[tuple[int, FeatureSpec]] = field(default_factory=list)
    disqualifiers: list[Disqualifier] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def add(self, rank: int, name: str, label: str, layer: Layer, table: str, aggregate: str, **more: object) -> str:
        """Declare a feature; its name may get a number behind it. Returns the name."""
        name = free_name(name, self.taken)
        self.taken.add(name)
        body = {"name": name, "label": label, "layer": layer, "table": table, "aggregate": aggregate, **more}
        self.specs.append((rank, FeatureSpec.model_validate(body)))
        return name


def short_name(text: str) -> str:
    return snake_case(text)[:40].rstrip("_")


def in_words(text: str) -> str:
    """An event or signal as people write it.

    >>> in_words("api_call"), in_words("funding_round")
    ('API call', 'Funding round')
    """
    words = plain_words(text) if re.fullmatch(r"[A-Za-z0-9_]+", text) else " ".join(text.split())
    words = " ".join(w.upper() if w in _SHORT else w for w in words.split())
    return words[:1].upper() + words[1:]


def in_number(text: str) -> str:
    """The same for several of it, where English makes that plain.

    >>> in_number("api_call"), in_number("trial_started"), in_number("invite_sent")
    ('API calls', 'Trial started', 'Invite sent')
    """
    words = in_words(text)
    last = words.split()[-1] if words else ""
    done = last.lower().endswith(("s", "ed", "ing", "x", "ch", "sh")) or last in _DONE
    return words if done or not last.isalpha() or last.isupper() else _plural(words)


def _plural(words: str) -> str:
    return f"{words[:-1]}ies" if re.search(r"[^aeiou]y$", words) else f"{words}s"


_DONE = frozenset(
    ["sent", "made", "done", "seen", "read", "left", "won", "lost", "bought", "built", "run", "paid", "met", "up", "in", "out"]
)
_SHORT = frozenset(["api", "crm", "sso", "sdk", "cli", "ui", "url", "roi", "csv", "pdf", "sql", "faq", "nps", "cto", "cfo", "ceo", "ipo"])


# column -> words, unit, kind, why
_KNOWN_FIELDS: dict[str, tuple[str, str, Kind, str]] = {
    "industry": ("Industry", "", "category", "where the problem is felt"),
    "sub_industry": ("Sub-industry", "", "category", "where the problem is felt, more closely"),
    "employee_count": ("Employees", "employees", "number", "too small cannot use it, too large builds it"),
    "annual_revenue": ("Annual revenue", "", "number", "what it can spend"),
    "country": ("Country", "", "category", "where it is"),
    "region": ("Region", "", "category", "regions buy differently"),
    "funding_stage": ("Funding stage", "", "category", "young money buys, old money negotiates"),
}


def account_features(tables: Tables, taken: set[str]) -> Features:
    """A feature for every column of ``accounts``; with its history where there is one."""
    out = Features(taken)
    historic = {n.text for n in tables.names("account_history", "field")}
    for column, (label, unit, kind, why) in _KNOWN_FIELDS.items():
        if tables.has("accounts", column):
            out.add(
                0,
                column,
                label,
                "firmographic",
                "accounts",
                "value",
                column=column,
                unit=unit,
                kind=kind,
                history=column in historic,
                why=why,
            )
    if tables.has("accounts", "founded_year"):
        out.add(
            0,
            "age_years",
            "Years since founding",
            "firmographic",
            "accounts",
            "age_years",
            column="founded_year",
            unit="years",
            history="founded_year" in historic,
            why="young and old companies buy differently",
        )
    if tables.has("accounts", "domain"):
        name = out.add(
            0,
            "free_email_domain",
            "Free e-mail domain",
            "firmographic",
            "accounts",
            "free_email_domain",
            column="domain",
            kind="flag",
            monotone="decreasing",
            why="no company behind the address",
        )
        out.disqualifiers.append(Disqualifier(feature=name, reason="free e-mail domain: no company behind the address"))
    for column in _further(tables):
        _further_feature(out, tables, column, column in historic)
    return out


def _further(tables: Tables) -> list[str]:
    known = {*TABLES["accounts"].columns, "recorded_at", "visible_at"}
    return [c for c in tables.raw["accounts"].names if c and c not in known]


def _further_feature(out: Features, tables: Tables, column: str, historic: bool) -> None:
    texts = tables.texts("accounts", column)
    judged = judge_column(column, texts, frozenset(), "accounts", np.arange(1, len(texts) + 1, dtype=np.int64))
    meaning = layer_of(column)
    refused = {} if historic else {o: why for o in OUTCOMES if (why := refused_by_meaning((column, snake_case(column)), o))}
    if judged.kind is None:
        why = "it is empty" if not (texts != "").any() else "its texts name things rather than group them"
    elif len(refused) == len(OUTCOMES):
        why = f"training refuses it: {next(iter(refused.values()))}"
    else:
        why = ""
    may_be_lists = judged.kind is None or (judged.kind == "category" and not why)
    lists = Look.at(column, texts).like_lists() if may_be_lists else ""
    if why:
        out.doubts.append(f"accounts.{column} is not proposed: {why}{lists and f'; {lists}'}")
        return
    layer = meaning.layer or "firmographic"
    ask = f"was it known before the outcome, and is {layer} its layer?"
    said = f" By its name it {_or_is(meaning.words)}." if meaning.layer is None else ""
    said += "".join(f" For the outcome {outcome} training refuses it: {why}." for outcome, why in refused.items())
    said += lists and f" {lists[:1].upper()}{lists[1:]}."
    out.doubts.append(f"accounts.{column} is a column of your own: {ask}{said}")
    name = snake_case(column)
    out.add(
        0,
        f"{name[:55]}_of_account" if name in TAKEN else name,
        in_words(column),
        layer,
        "accounts",
        "value",
        column=column,
        kind=judged.kind,
        history=historic,
        why="a column of your own",
    )


def technology_features(tables: Tables, taken: set[str]) -> Features:
    """Whether a category, or one of the commonest tools, is in use; how many are; whether one came lately."""
    out = Features(taken)
    if not tables.has("technologies"):
        return out
    categories = tables.names("technologies", "category")
    rivals = [c for c in categories if _is_rival(c.text)]
    shown = [*rivals, *(c for c in categories if c not in rivals)][:MOST_CATEGORIES]
    out.doubts += _rarer([c for c in categories if c not in shown], "category", "categories")
    for category in (c for c in categories if c in shown):
        rival = _is_rival(category.text)
        name = out.add(
            0,
            f"has_{short_name(category.text)}",
            "Uses a competitor" if rival else f"{in_words(category.text)} in use",
            "technographic",
            "technologies",
            "present",
            where=f"category = {literal(category.text)}",
            kind="flag",
            monotone="decreasing" if rival else None,
            why="bound to somebody else" if rival else "what it runs says whether it can adopt ours",
        )
        if rival:
            out.disqualifiers.append(Disqualifier(feature=name, reason="uses a competitor"))
    out.add(
        0,
        "technologies_seen",
        "Technologies seen so far",
        "technographic",
        "technologies",
        "count",
        unit="tools",
        why="how mature its stack is",
    )
    out.add(
        1,
        "technologies_new_180d",
        "Technologies adopted in the last 180 days",
        "intent",
        "technologies",
        "count",
        window_days=180,
        unit="tools",
        why="who is changing the stack is buying",
    )
    kinds = tables.pairs("technologies", "technology", "category")
    commonest = [t for t in tables.names("technologies", "technology") if t.accounts > 1]
    out.doubts += _rarer(commonest[MOST_TECHNOLOGIES:], "tool", "tools")
    for technology in commonest[:MOST_TECHNOLOGIES]:
        rival = _is_rival(kinds.get(technology.text, ""))
        out.add(
            3,
            f"uses_{short_name(technology.text)}",
            f"Uses {technology.text}",
            "technographic",
            "technologies",
            "present",
            where=f"technology = {literal(technology.text)}",
            kind="flag",
            monotone="decreasing" if rival else None,
            why="a competitor's customer" if rival else "a tool that fits, or does not",
        )
    return out


def _or_is(words: str) -> str:
    """Words that say what a column is, behind "it"."""
    return words if words.startswith(("says", "marks")) else f"is {words}"


def _is_rival(category: str) -> bool:
    return _RIVAL.search(plain_words(category)) is not None


def _rarer(names: Sequence[Name], one: str, many: str) -> list[str]:
    if not names:
        return []
    how_many = counted(len(names), f"rarer {one}", f"rarer {many}")
    return [f"technologies: {how_many} {'has' if len(names) == 1 else 'have'} no feature, e.g. {names[0].text!r}"]
