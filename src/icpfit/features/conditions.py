"""A feature's ``where``: parsed, checked, and written again as SQL that means the same on every engine.

What a person writes is never pasted into a query. DuckDB's own parser turns it into a tree; only what is
a condition over one row passes; and the tree is written out again with quoted columns and plain literals.
So there is no subquery, aggregate, clock, comment or second statement to guard against, and nothing that
another engine would read differently (casts, regular expressions, a text compared with a number).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import duckdb

from icpfit.errors import FeatureError
from icpfit.features.schema import ColumnType, did_you_mean, instead_of, later_times
from icpfit.features.sqltext import identifier, literal, lower_case

_COMPARE = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
    "COMPARE_DISTINCT_FROM": "IS DISTINCT FROM",
    "COMPARE_NOT_DISTINCT_FROM": "IS NOT DISTINCT FROM",
}
_LIKE = {"~~": ("LIKE", False), "!~~": ("NOT LIKE", False), "~~*": ("LIKE", True), "!~~*": ("NOT LIKE", True)}
"""How a pattern is written, and whether small and capital letters are the same to it."""
_TEXT_FUNCTIONS = {"lower": lower_case, "upper": "UPPER({})".format, "trim": "TRIM(BOTH ' ' FROM {})".format}
_CLOCK_WORDS = """
    now today current_date current_time current_timestamp localtime localtimestamp get_current_timestamp transaction_timestamp random uuid
    gen_random_uuid nextval setseed"""
_CLOCKS = frozenset(_CLOCK_WORDS.split())
_NUMBER = re.compile(r"-?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})(?:[eE][+-]?\d{1,2})?")

Type = Literal["text", "number", "flag", "nothing"]


@dataclass(frozen=True, slots=True)
class _Sql:
    text: str
    type: Type


class _NotAConditionError(Exception):
    def __init__(self, words: str, hint: str | None = None) -> None:
        super().__init__(words)
        self.hint = hint


def row_condition(
    connection: duckdb.DuckDBPyConnection, feature: str, table: str, columns: Mapping[str, ColumnType], where: str, alias: str = "t"
) -> str:
    """``where`` of a feature over ``table`` as portable SQL; its columns are those of the relation ``alias``.

    Allowed: the table's columns, texts and numbers, ``= <> < <= > >= IN BETWEEN LIKE ILIKE IS NULL``, ``IS
    [NOT] DISTINCT FROM``, ``AND OR NOT``, ``+ - * /``, ``CASE``, ``coalesce``, ``abs``, ``lower``,
    ``upper``, ``trim``.

    Raises:
        FeatureError: it is anything else; with the feature's name, the condition and the reason.
    """
    writer = _Writer(connection, table, columns, alias)
    try:
        sql = writer.write(_parse(connection, table, where))
        if sql.type != "flag":
            raise _NotAConditionError("is not a yes-or-no condition", "compare it with something, as in event = 'trial_started'")
    except _NotAConditionError as problem:
        raise FeatureError(f"feature {feature!r}: the condition {where!r} {problem}", hint=problem.hint) from None
    return sql.text


def parse_condition(connection: duckdb.DuckDBPyConnection, table: str, where: str) -> dict[str, Any] | None:
    """The tree of a condition as DuckDB's parser gives it; None where it is none, which :func:`row_condition` says in words."""
    try:
        return _parse(connection, table, where)
    except _NotAConditionError:
        return None


def _parse(connection: duckdb.DuckDBPyConnection, table: str, where: str) -> dict[str, Any]:
    if not where.strip():
        raise _NotAConditionError("is empty", "leave out where, and every row counts")
    # The line break ends a comment that would swallow the bracket.
    query = f"SELECT 1 FROM {identifier(table)} WHERE ({where}\n)"
    rows = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchall()
    tree = json.loads(rows[0][0])
    if tree.get("error"):
        raise _NotAConditionError(f"cannot be read: {tree['error_message']}", "write it as an SQL condition over the table's columns")
    statements = tree["statements"]
    node = statements[0]["node"]
    parts = ("group_expressions", "having", "qualify", "modifiers", "sample")
    if len(statements) != 1 or node["type"] != "SELECT_NODE" or any(node.get(p) for p in parts) or not node.get("where_clause"):
        raise _NotAConditionError("is more than a condition over one row", "leave out everything but the condition itself")
    where_clause: dict[str, Any] = node["where_clause"]
    return where_clause


class _Writer:
    def __init__(self, connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, ColumnType], alias: str) -> None:
        self.connection, self.table, self.columns, self.alias = connection, table, columns, alias

    def write(self, node: Mapping[str, Any]) -> _Sql:
        writers = {
            "COLUMN_REF": self._column,
            "CONSTANT": self._constant,
            "COMPARISON": self._comparison,
            "BETWEEN": self._between,
            "CONJUNCTION": self._conjunction,
            "OPERATOR": self._operator,
            "CASE": self._case,
            "FUNCTION": self._function,
        }
        words = {
            "SUBQUERY": "looks into another query; a condition sees one row",
            "WINDOW": "looks at other rows; a condition sees one row",
            "CAST": "changes a column's type, which fails on a bad cell and differs between engines",
            "STAR": "names all columns",
            "PARAMETER": "has a placeholder without a value",
        }
        writer = writers.get(str(node["class"]))
        if writer is None:
            raise _NotAConditionError(words.get(str(node["class"]), f"uses {str(node['class']).lower()}, which is not a plain condition"))
        return writer(node)

    def _column(self, node: Mapping[str, Any]) -> _Sql:
        names = [str(n) for n in node["column_names"]]
        name = names[-1]
        if len(names) > 2 or (len(names) == 2 and names[0].lower() != self.table.lower()):
            raise _NotAConditionError(f"names {'.'.join(names)!r}; only columns of {self.table} can be used")
        column = next((c for c in self.columns if c.lower() == name.lower()), None)
        if column is None:
            if name.lower() in _CLOCKS:
                raise _NotAConditionError(f"asks the clock ({name}); a feature knows no moment but as_of", "use window_days for time")
            close = did_you_mean(name, self.columns)
            raise _NotAConditionError(f"names {name!r}, which is no column of {self.table}", f"{close}; a text stands in single quotes")
        if column in later_times(self.table):
            raise _NotAConditionError(
                f"uses {column}, which is written after the row itself: it would see the future",
                instead_of(column),
            )
        return _Sql(f"{self.alias}.{identifier(column)}", "text" if self.columns[column] == "text" else "number")

    def _constant(self, node: Mapping[str, Any]) -> _Sql:
        kind, text = node["literal"]["kind"], str(node["literal"].get("text", ""))
        if kind == "STRING":
            return _Sql(literal(text), "text")
        if kind in ("INTEGER", "NUMERIC") and _NUMBER.fullmatch(text):
            return _Sql(f"({text})" if text.startswith("-") else text, "number")
        if kind == "BOOLEAN":
            return _Sql("TRUE" if text.lower() == "true" else "FALSE", "flag")
        if kind == "NULL_LITERAL":
            return _Sql("NULL", "nothing")
        raise _NotAConditionError(f"has a value that cannot be used ({text})", "write plain numbers and texts in single quotes")

    def _comparison(self, node: Mapping[str, Any]) -> _Sql:
        if node["type"] not in _COMPARE:
            raise _NotAConditionError(f"compares by {node['type']}, which is not a plain comparison")
        left, right = self.write(node["left"]), self.write(node["right"])
        self._same(left, right)
        return _Sql(f"({left.text} {_COMPARE[node['type']]} {right.text})", "flag")

    def _between(self, node: Mapping[str, Any]) -> _Sql:
        parts = [self.write(node[p]) for p in ("input", "lower", "upper")]
        self._same(*parts)
        return _Sql(f"({parts[0].text} BETWEEN {parts[1].text} AND {parts[2].text})", "flag")

    def _conjunction(self, node: Mapping[str, Any]) -> _Sql:
        word = {"CONJUNCTION_AND": " AND ", "CONJUNCTION_OR": " OR "}[node["type"]]
        return _Sql("(" + word.join(self._flag(c).text for c in node["children"]) + ")", "flag")

    def _operator(self, node: Mapping[str, Any]) -> _Sql:
        kind, children = node["type"], node["children"]
        if kind == "OPERATOR_NOT":
            return _Sql(f"(NOT {self._flag(children[0]).text})", "flag")
        parts = [self.write(c) for c in children]
        if kind in ("OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL"):
            return _Sql(f"({parts[0].text} IS {'NOT ' if 'NOT' in kind else ''}NULL)", "flag")
        if kind in ("COMPARE_IN", "COMPARE_NOT_IN"):
            self._same(*parts)
            listed = ", ".join(p.text for p in parts[1:])
            return _Sql(f"({parts[0].text} {'NOT IN' if 'NOT' in kind else 'IN'} ({listed}))", "flag")
        if kind == "OPERATOR_COALESCE":
            return _Sql(f"COALESCE({', '.join(p.text for p in parts)})", self._same(*parts))
        raise _NotAConditionError(f"uses {kind.lower()}, which is not a plain condition")

    def _case(self, node: Mapping[str, Any]) -> _Sql:
        checks = [(self._flag(c["when_expr"]), self.write(c["then_expr"])) for c in node["case_checks"]]
        last = self.write(node["else_expr"])
        kind = self._same(*(then for _, then in checks), last)
        cases = " ".join(f"WHEN {when.text} THEN {then.text}" for when, then in checks)
        return _Sql(f"(CASE {cases} ELSE {last.text} END)", kind)

    def _function(self, node: Mapping[str, Any]) -> _Sql:
        name = str(node["function_name"]).lower()
        if name in _CLOCKS:
            raise _NotAConditionError(f"asks the clock or chance ({name}); a feature knows no moment but as_of", "use window_days for time")
        arguments = node.get("arguments") or []
        plain = not node.get("distinct") and not node.get("filter") and all(not a.get("name") for a in arguments)
        parts = [self.write(a["expression"]) for a in arguments] if plain else []
        if name in _LIKE and len(parts) == 2:
            self._all(parts, "text", name)
            return self._like(parts[0].text, arguments[1]["expression"], *_LIKE[name])
        if name in _TEXT_FUNCTIONS and len(parts) == 1:
            self._all(parts, "text", name)
            text = _text_of(arguments[0]["expression"])
            # A text of the condition's own is done here: to PostgreSQL it has no language, and so no capital letters but A to Z.
            return _Sql(_TEXT_FUNCTIONS[name](parts[0].text) if text is None else literal(self._done(name, text)), "text")
        if name in ("abs", "+", "-") and len(parts) == 1:
            self._all(parts, "number", name)
            return _Sql(f"ABS({parts[0].text})" if name == "abs" else f"({name} {parts[0].text})", "number")
        if name in ("+", "-", "*") and len(parts) == 2:
            self._all(parts, "number", name)
            return _Sql(f"({parts[0].text} {name} {parts[1].text})", "number")
        if name == "/" and len(parts) == 2:
            self._all(parts, "number", name)
            # SQRT(1) is a double everywhere: else whole numbers divide to whole numbers on some engines, or to few digits.
            # To divide by zero is an error on some.
            return _Sql(f"((SQRT(1) * {parts[0].text}) / NULLIF({parts[1].text}, 0))", "number")
        raise _NotAConditionError(
            f"uses {name}, which is not among the functions of a row condition",
            "there are lower, upper, trim, abs, coalesce, LIKE, + - * / and CASE",
        )

    def _like(self, text: str, node: Mapping[str, Any], word: str, any_case: bool) -> _Sql:
        pattern = _text_of(node)
        if pattern is None:
            words = "takes the pattern of LIKE from somewhere else than a text in single quotes"
            raise _NotAConditionError(words, "write the pattern down; engines read a backslash in it differently")
        if any_case:
            text, pattern = lower_case(text), self._done("lower", pattern)
        # Nothing escapes in a pattern, and on some engines that has to be said.
        escape = next(c for c in "!~^|#@" if c not in pattern) if "\\" in pattern else None
        return _Sql(f"({text} {word} {literal(pattern)}{f' ESCAPE {literal(escape)}' if escape else ''})", "flag")

    def _done(self, function: str, text: str) -> str:
        rows = self.connection.execute(f"SELECT {_TEXT_FUNCTIONS[function]('$1::VARCHAR')}", [text]).fetchall()
        return str(rows[0][0])

    def _flag(self, node: Mapping[str, Any]) -> _Sql:
        sql = self.write(node)
        if sql.type not in ("flag", "nothing"):
            raise _NotAConditionError(f"takes {sql.text} for a yes or no", "compare it with something")
        return sql

    def _all(self, parts: list[_Sql], kind: Type, name: str) -> None:
        wrong = next((p for p in parts if p.type not in (kind, "nothing")), None)
        if wrong is not None:
            raise _NotAConditionError(f"gives {wrong.text}, a {wrong.type}, to {name}, which takes a {kind}")

    def _same(self, *parts: _Sql) -> Type:
        kinds = list(dict.fromkeys(p.type for p in parts if p.type != "nothing"))
        if len(kinds) > 1:
            first, other = (next(p for p in parts if p.type == k) for k in kinds[:2])
            hint = "a column that the contract does not know as a number is text: put the value in single quotes"
            raise _NotAConditionError(f"compares {first.text}, a {first.type}, with {other.text}, a {other.type}", hint)
        return kinds[0] if kinds else "nothing"


def _text_of(node: Mapping[str, Any]) -> str | None:
    """The text that a condition has in single quotes, if the node is one."""
    is_text = node["class"] == "CONSTANT" and node["literal"]["kind"] == "STRING"
    return str(node["literal"].get("text", "")) if is_text else None
