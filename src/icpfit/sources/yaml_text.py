"""YAML that people will edit: written by hand, so that a remark can stand on the line it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import yaml


def scalar(value: object) -> str:
    """One value on one line, quoted where YAML would take it for something else.

    >>> scalar("Opportunity Result"), scalar("yes"), scalar("1"), scalar(30), scalar(True), scalar("a: b # c"), scalar(None)
    ('Opportunity Result', "'yes'", "'1'", '30', 'true', "'a: b # c'", 'null')
    """
    text: str = yaml.safe_dump(value, allow_unicode=True, width=1_000_000)
    text = text.removesuffix("\n").removesuffix("\n...")
    if "\n" in text or yaml.safe_load(text) != value:  # a text with line breaks, or with signs that a file may not hold
        text = yaml.safe_dump(value, allow_unicode=False, width=1_000_000, default_style='"').removesuffix("\n")
    return text


def flow(values: Iterable[object]) -> str:
    """A list on one line.

    >>> flow(["Won", "yes", "a, b"])
    "[Won, 'yes', 'a, b']"
    """
    parts = []
    for value in values:
        text: str = yaml.safe_dump([value], allow_unicode=True, width=1_000_000, default_flow_style=True).removesuffix("\n")
        parts.append(text[1:-1] if "\n" not in text else scalar(value))
    return f"[{', '.join(parts)}]"


def flow_map(items: Mapping[str, object]) -> str:
    """A mapping on one line.

    >>> flow_map({"Created": "%m/%d/%Y", "a: b": "x"})
    "{Created: '%m/%d/%Y', 'a: b': x}"
    """
    return f"{{{', '.join(f'{flow([key])[1:-1]}: {flow([value])[1:-1]}' for key, value in items.items())}}}"


def remark(text: str) -> str:
    """A comment behind a value; "" for no text."""
    return f"  # {one_line(text)}" if text else ""


def one_line(text: str) -> str:
    """A text that may stand in a comment, whatever it holds.

    >>> one_line("two\\nlines")
    'two lines'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def block(items: Mapping[str, object], indent: str, first: str) -> list[str]:
    """A mapping as lines, the first behind ``first`` (``- `` of a list)."""
    lines = []
    for i, (key, value) in enumerate(items.items()):
        lead = indent + (first if i == 0 else " " * len(first))
        lines.append(f"{lead}{key}: {scalar(value)}")
    return lines
