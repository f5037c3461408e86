"""Interpreters of the two CRMs' formula languages, as far as the exports use them, written after the vendors' documentation.

They are ours: no formula was run in Salesforce or HubSpot. They know nothing of the code that writes the formulas, and refuse
whatever they do not know.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

Account = Mapping[str, Any]
Values = dict[str, Any]
Evaluator = Callable[[Account], Any]
TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<sign><=|>=|<>|!=|[-+*/()<>=,&]))""",
    re.DOTALL,
)
PLAIN_TOKEN = re.compile(TOKEN.pattern.replace(r"[^'\\]|\\.", "[^']").replace(r'[^"\\]|\\.', '[^"]'), re.DOTALL)
"""of HubSpot, where a backslash is a sign like others"""


class Reader:
    def __init__(self, formula: str, pattern: re.Pattern[str]) -> None:
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while formula[place:].strip():
            found = pattern.match(formula, place)
            assert found, f"no word of the language: {formula[place : place + 40]!r}"
            kind = str(found.lastgroup)
            self.tokens.append((kind, found[kind]))
            place = found.end()
        self.at = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, *wanted: str) -> str | None:
        """The next word, where it is one of these signs or (in any case) names."""
        kind, word = self.peek()
        if kind in ("sign", "name") and word.lower() in wanted:
            self.at += 1
            return word.lower()
        return None

    def must(self, wanted: str) -> None:
        assert self.take(wanted), f"{wanted!r} is missing before {self.tokens[self.at :][:3]}"

    def any(self, kind: str) -> str:
        found, word = self.peek()
        assert found == kind, f"a {kind} is missing before {self.tokens[self.at :][:3]}"
        self.at += 1
        return word

    def arguments(self, one: Callable[[], Evaluator]) -> list[Evaluator]:
        found = [one()]
        while self.take(","):
            found.append(one())
        self.must(")")
        return found

    def done(self) -> None:
        assert self.peek()[0] == "end", self.tokens[self.at :][:5]


# Salesforce, with blank fields treated as blanks: None is blank; a comparison or a sum with a blank is blank, and a blank is not true.


def salesforce(formula: str) -> Evaluator:
    assert len(formula) <= 3_900
    reader = Reader(formula, TOKEN)
    found = _compared(reader)
    reader.done()
    return found


def _blank(value: Any) -> bool:
    return value is None or value == ""


def _compared(r: Reader) -> Evaluator:
    left = _sum(r)
    if sign := r.take("<", ">", "<=", ">=", "=", "<>"):
        right = _sum(r)
        return lambda account: _compare(sign, left(account), right(account))
    return left


def _compare(sign: str, a: Any, b: Any) -> bool | None:
    if _blank(a) or _blank(b):
        return None
    assert type(a) is type(b), f"Salesforce does not compare {a!r} with {b!r}"
    return bool({"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b, "=": a == b, "<>": a != b, "!=": a != b}[sign])


def _arithmetic(sign: str, a: Any, b: Any) -> Decimal | None:
    if _blank(a) or _blank(b):
        return None
    assert isinstance(a, Decimal), a
    assert isinstance(b, Decimal), b
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[sign]()


def _joined(r: Reader, signs: tuple[str, ...], one: Callable[[Reader], Evaluator]) -> Evaluator:
    left = one(r)
    while sign := r.take(*signs):
        left = _both(sign, left, one(r))
    return left


def _both(sign: str, left: Evaluator, right: Evaluator) -> Evaluator:
    return lambda account: _arithmetic(sign, left(account), right(account))


def _sum(r: Reader) -> Evaluator:
    return _joined(r, ("+", "-"), lambda r: _joined(r, ("*", "/"), _signed))


def _signed(r: Reader) -> Evaluator:
    if r.take("-"):
        inner = _signed(r)
        return lambda account: _arithmetic("-", Decimal(0), inner(account))
    kind, word = r.peek()
    r.at += 1
    if kind == "number":
        return lambda account: Decimal(word)
    if kind == "text":
        text = re.sub(r"\\(.)", r"\1", word[1:-1], flags=re.DOTALL)
        return lambda account: text
    if (kind, word) == ("sign", "("):
        inner = _compared(r)
        r.must(")")
        return inner
    assert kind == "name", (kind, word)
    if r.take("("):
        return _called(word, r.arguments(lambda: _compared(r)))
    if word.upper() in ("TRUE", "FALSE"):
        return lambda account: word.upper() == "TRUE"
    return lambda account: account[word]


def _called(name: str, a: list[Evaluator]) -> Evaluator:
    if name == "CASE":
        assert len(a) >= 4, "a CASE without a case"
        assert len(a) % 2 == 0, "a CASE without an else"
        return lambda account: _case(account, a)
    known: dict[str, tuple[int | None, Evaluator]] = {
        "IF": (3, lambda account: a[1](account) if a[0](account) is True else a[2](account)),
        "AND": (None, lambda account: sum(each(account) is True for each in a) == len(a)),
        "NOT": (1, lambda account: not a[0](account)),
        "ISBLANK": (1, lambda account: _blank(a[0](account))),
        "BLANKVALUE": (2, lambda account: a[1](account) if _blank(a[0](account)) else a[0](account)),
        "EXP": (1, lambda account: a[0](account).exp()),
    }
    arguments, evaluator = known[name]
    assert arguments in (None, len(a)), f"{name} takes {arguments} arguments, not {len(a)}"
    return evaluator


def _case(account: Account, a: list[Evaluator]) -> Any:
    value = a[0](account)
    for i in range(1, len(a) - 1, 2):
        if _compare("=", value, a[i](account)):
            return a[i + 1](account)
    return a[-1](account)


# HubSpot: an expression with an empty property cannot be evaluated; is_present asks whether it can, and ``and`` stops at what is false.


class EmptyError(Exception):
    pass


def hubspot(formula: str) -> Evaluator:
    reader = Reader(formula, PLAIN_TOKEN)
    found = _statement(reader)
    reader.done()

    def evaluated(account: Account) -> Any:
        try:
            return found(account)
        except EmptyError:
            return None

    return evaluated


def _statement(r: Reader) -> Evaluator:
    if not r.take("if"):
        return _or(r)
    cases: list[tuple[Evaluator, Evaluator]] = []
    otherwise: Evaluator = _empty
    while True:
        condition = _or(r)
        r.must("then")
        cases.append((condition, _statement(r)))
        if r.take("elseif"):
            continue
        if r.take("else"):
            otherwise = _statement(r)
        else:
            r.must("endif")
        return lambda account: next((value for met, value in cases if met(account) is True), otherwise)(account)


def _empty(account: Account) -> Any:
    raise EmptyError


def _or(r: Reader) -> Evaluator:
    parts = [_and(r)]
    while r.take("or"):
        parts.append(_and(r))
    return parts[0] if len(parts) == 1 else lambda account: any(part(account) is True for part in parts)


def _and(r: Reader) -> Evaluator:
    parts = [_not(r)]
    while r.take("and"):
        parts.append(_not(r))
    return parts[0] if len(parts) == 1 else lambda account: all(part(account) is True for part in parts)


def _not(r: Reader) -> Evaluator:
    if r.take("not"):
        inner = _not(r)
        return lambda account: not inner(account)
    left = _plain_sum(r)
    if sign := r.take("<", ">", "<=", ">=", "=", "!="):
        right = _plain_sum(r)
        return lambda account: _compare(sign, left(account), right(account))
    return left


def _plain_sum(r: Reader) -> Evaluator:
    return _joined(r, ("+", "-"), _atom)


def _atom(r: Reader) -> Evaluator:
    """There is no sign before a number."""
    kind, word = r.peek()
    r.at += 1
    if kind == "number":
        return lambda account: Decimal(word)
    if kind == "text":
        return lambda account: word[1:-1]
    if (kind, word) == ("sign", "("):
        inner = _or(r)
        r.must(")")
        return inner
    assert kind == "name", (kind, word)
    if word in ("true", "false"):
        return lambda account: word == "true"
    if not r.take("("):
        return lambda account: _held(account, word, Decimal)
    if word in ("string", "bool"):
        name = r.any("name")
        r.must(")")
        return lambda account: _held(account, name, str if word == "string" else bool)
    arguments = r.arguments(lambda: _or(r))
    if word == "concatenate":
        assert len(arguments) >= 2, "concatenate joins two texts or more"
        return lambda account: "".join(each(account) for each in arguments)
    assert (word, len(arguments)) == ("is_present", 1), word
    return lambda account: _present(arguments[0], account)


def _held(account: Account, name: str, kind: type) -> Any:
    value = account[name]
    if _blank(value):
        raise EmptyError
    assert isinstance(value, kind), f"{name} holds {value!r}"
    return value


def _present(inner: Evaluator, account: Account) -> bool:
    try:
        inner(account)
    except EmptyError:
        return False
    return True


def computed(
    fields: Iterable[tuple[str, str]], language: Callable[[str], Evaluator], accounts: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Every account with its fields, each computed from those before it."""
    parsed = [(name, language(formula)) for name, formula in fields]
    for account in accounts:
        for name, evaluator in parsed:
            value = evaluator(account)
            account[name] = Decimal(str(value)) if isinstance(value, float) and math.isfinite(value) else value
    return accounts
