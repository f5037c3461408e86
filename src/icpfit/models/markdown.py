"""Cells and tables in Markdown, of figures that may be missing and of words that are the company's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any


def table(head: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> list[str]:
    body = ["| " + " | ".join(text(cell) for cell in row) + " |" for row in rows]
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *body, ""]


def text(value: object) -> str:
    """Words of the company in one cell: nothing in them becomes Markdown or HTML.

    >>> text("a|b <i>"), text(None)
    ('a\\\\|b &lt;i&gt;', 'unknown')
    """
    if value is None:
        return "unknown"
    words = " ".join(str(value).split())
    for sign in ("\\", "|", "*", "_", "`", "[", "]", "#"):
        words = words.replace(sign, "\\" + sign)
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def told(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def number(value: object, ends: object = None) -> str:
    """With its interval, where there is one.

    >>> number(0.5, (0.4, 0.6)), number(0.5), number(0.5, (None, None)), number(float("nan"))
    ('0.500 (0.400 to 0.600)', '0.500', '0.500', 'unknown')
    """
    return _with(value, ends, lambda x: f"{x:.3f}")


def percent(value: object, ends: object = None) -> str:
    """
    >>> percent(0.254, (0.22, 0.29)), percent(None)
    ('25.4 % (22.0 % to 29.0 %)', 'unknown')
    """
    return _with(value, ends, lambda x: f"{100 * x:.1f} %")


def times(value: object, ends: object = None) -> str:
    """
    >>> times(6.14, (4.2, 9.6))
    '6.1 (4.2 to 9.6)'
    """
    return _with(value, ends, lambda x: f"{x:.1f}")


def count(value: object) -> str:
    return f"{value:,.0f}" if told(value) else "unknown"


def _with(value: object, ends: object, say: Callable[[Any], str]) -> str:
    if not told(value):
        return "unknown"
    if isinstance(ends, Sequence) and len(ends) == 2 and all(told(e) for e in ends):
        return f"{say(value)} ({say(ends[0])} to {say(ends[1])})"
    return say(value)
