"""The pictures of drift as inline SVG, as in ``charts``: no script, readable on a telephone, in print and by a screen reader."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from icpfit.documents.charts import open_svg

WIDTH = 460
LEFT = 176
"""where bars begin, beside names of two lines"""
SIGNS = 20
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)


def draw(figures: Sequence[Mapping[str, Any]]) -> dict[str, Markup]:
    """The picture of each figure by its key; a figure is what ``drift_figures`` made."""
    kinds = {"bands": _bands, "rates": _rates, "worth": _worth, "layers": _layers}
    return {f["key"]: Markup("".join(kinds[f["kind"]](f)) + "</svg>") for f in figures}


def _bands(figure: Mapping[str, Any]) -> list[str]:
    """Two bars for each band: (words, share then, share now, both in words)."""
    rows, step = figure["rows"], 44
    scale = (WIDTH - LEFT - 88) / (max(max(r[1], r[2]) for r in rows) or 1)
    parts = [_open(figure, step * len(rows))]
    for i, (words, then, now, then_words, now_words) in enumerate(rows):
        y, a, b = step * i + 4, max(then * scale, 1), max(now * scale, 1)
        parts += _name(words, y + 16)
        parts.append(f'<rect class="ghost" x="{LEFT}" y="{y}" width="{a:.1f}" height="15" rx="2"/>')
        parts.append(f'<text class="soft" x="{LEFT + a + 6:.1f}" y="{y + 12}">{escape(then_words)} then</text>')
        parts.append(f'<rect class="bar" x="{LEFT}" y="{y + 17}" width="{b:.1f}" height="15" rx="2"/>')
        parts.append(f'<text x="{LEFT + b + 6:.1f}" y="{y + 29}">{escape(now_words)} now</text>')
    return parts


def _rates(figure: Mapping[str, Any]) -> list[str]:
    """A point with its interval for each period: (name, rate, low, high, expected, newer); None where it has no rows."""
    rows, mark = figure["rows"], figure["mark"]
    height, left, right, top, bottom = 250, 44, 8, 22, 44
    known = [r for r in rows if r[1] is not None]
    most_seen = max(max(r[3], r[4]) for r in known)
    step = next((s for s in STEPS if most_seen <= 5 * s), STEPS[-1])
    lines = int(min(-(-most_seen // step), 1 / step))
    most = lines * step
    wide = (WIDTH - left - right) / len(rows)

    def x(place: float) -> float:
        return left + wide * (place + 0.5)

    def y(rate: float) -> float:
        return top + (height - top - bottom) * (1 - min(rate, most) / most)

    parts = [_open(figure, height)]
    for i in range(lines + 1):
        parts.append(f'<line class="grid" x1="{left}" y1="{y(i * step):.1f}" x2="{WIDTH - right}" y2="{y(i * step):.1f}"/>')
        parts.append(f'<text class="soft" x="{left - 8}" y="{y(i * step) + 4:.1f}" text-anchor="end">{i * step:.0%}</text>')
    if mark is not None:
        at, said = mark
        side = "start" if at < len(rows) / 2 else "end"
        parts.append(f'<line class="axis" x1="{x(at):.1f}" y1="{top - 6}" x2="{x(at):.1f}" y2="{y(0):.1f}"/>')
        parts.append(
            f'<text class="soft" x="{x(at) + (5 if side == "start" else -5):.1f}" y="{top - 8}" text-anchor="{side}">{escape(said)}</text>'
        )
    for i, (first, second) in enumerate(pairwise(rows)):
        if first[4] is not None and second[4] is not None:
            places = f'x1="{x(i):.1f}" y1="{y(first[4]):.1f}" x2="{x(i + 1):.1f}" y2="{y(second[4]):.1f}"'
            parts.append(f'<line class="expected dash" {places}/>')
    for i, row in enumerate(rows):
        if row[4] is not None:
            parts.append(f'<line class="expected" x1="{x(i) - 5:.1f}" y1="{y(row[4]):.1f}" x2="{x(i) + 5:.1f}" y2="{y(row[4]):.1f}"/>')
    for i, (name, rate, low, high, _, newer) in enumerate(rows):
        year, quarter = name[:-2], name[-2:]
        parts.append(f'<text class="soft" x="{x(i):.1f}" y="{height - bottom + 18}" text-anchor="middle">{quarter}</text>')
        if quarter == "Q1" or (i == 0 and quarter != "Q4"):
            parts.append(f'<text class="soft" x="{x(i):.1f}" y="{height - bottom + 36}" text-anchor="middle">{year}</text>')
        if rate is not None:
            parts.append(f'<line class="whisker" x1="{x(i):.1f}" y1="{y(low):.1f}" x2="{x(i):.1f}" y2="{y(high):.1f}"/>')
            css = "dot" if newer or mark is None else "dot hollow"
            parts.append(f'<circle class="{css}" cx="{x(i):.1f}" cy="{y(rate):.1f}" r="4.5"/>')
    return parts


def _worth(figure: Mapping[str, Any]) -> list[str]:
    """Two points with their intervals for each attribute: (name, then, now, both in words); None where a side does not ask it."""
    rows, step, right = figure["rows"], 40, 66
    ends = [v for r in rows for side in (r[1], r[2]) if side is not None for v in side[1:]]
    low, high = min(0.0, *ends), max(0.0, *ends)
    wide = (high - low) or 1.0
    bottom = step * len(rows) + 4

    def x(value: float) -> float:
        return float(LEFT + 6 + (WIDTH - LEFT - right - 6) * (value - low) / wide)

    parts = [_open(figure, bottom + 22), f'<line class="axis" x1="{x(0):.1f}" y1="0" x2="{x(0):.1f}" y2="{bottom}"/>']
    parts.append(f'<text class="soft" x="{x(0):.1f}" y="{bottom + 16}" text-anchor="middle">0 points</text>')
    for i, (words, then, now, then_words, now_words) in enumerate(rows):
        y = step * i + 4
        parts += _name(words, y + 15)
        for side, said, css, place in ((then, then_words, " ghost", y + 8), (now, now_words, "", y + 24)):
            if side is not None:
                value, a, b = side
                parts.append(f'<line class="whisker{css}" x1="{x(a):.1f}" y1="{place}" x2="{x(b):.1f}" y2="{place}"/>')
                parts.append(f'<circle class="dot{css}" cx="{x(value):.1f}" cy="{place}" r="4.5"/>')
            ink = ' class="soft"' if css else ""
            parts.append(f'<text{ink} x="{WIDTH}" y="{place + 4}" text-anchor="end">{escape(said)}</text>')
    return parts


def _layers(figure: Mapping[str, Any]) -> list[str]:
    """A panel for each layer, two in a row: (layer, learned, assumed) at each of ``days``."""
    rows, days = figure["rows"], figure["days"]
    first, last = dt.date.fromisoformat(days[0]), dt.date.fromisoformat(days[-1])
    places = [(dt.date.fromisoformat(d) - first) / ((last - first) or dt.timedelta(1)) for d in days]
    panel, high, inner = WIDTH / 2, 148, 84
    most = max(max(*learned, *assumed) for _, learned, assumed in rows) or 1
    parts = [_open(figure, high * ((len(rows) + 1) // 2))]
    for i, (layer, learned, assumed) in enumerate(rows):
        left, top = panel * (i % 2) + 6, high * (i // 2) + 34

        def x(place: float, left: float = left) -> float:
            return float(left + (panel - 48) * place)

        def y(points: float, top: float = top) -> float:
            return float(top + inner * (1 - points / most))

        parts.append(f'<text x="{left:.1f}" y="{top - 18}">{escape(layer)}</text>')
        parts.append(f'<line class="grid" x1="{x(0):.1f}" y1="{y(0):.1f}" x2="{x(1):.1f}" y2="{y(0):.1f}"/>')
        for values, css in ((assumed, "expected dash"), (learned, "learned")):
            for j in range(len(values) - 1):
                line = f'x1="{x(places[j]):.1f}" y1="{y(values[j]):.1f}" x2="{x(places[j + 1]):.1f}" y2="{y(values[j + 1]):.1f}"'
                parts.append(f'<line class="{css}" {line}/>')
        parts += [f'<circle class="dot" cx="{x(p):.1f}" cy="{y(v):.1f}" r="4"/>' for p, v in zip(places, learned, strict=True)]
        close = abs(y(learned[-1]) - y(assumed[-1])) < 14
        up = -7 if learned[-1] >= assumed[-1] else 7
        parts.append(f'<text x="{x(1) + 9:.1f}" y="{y(learned[-1]) + 4 + (up if close else 0):.1f}">{learned[-1]}</text>')
        parts.append(f'<text class="soft" x="{x(1) + 9:.1f}" y="{y(assumed[-1]) + 4 - (up if close else 0):.1f}">{assumed[-1]}</text>')
        parts.append(f'<text class="soft" x="{x(0):.1f}" y="{y(0) + 18:.1f}">{days[0][:7]}</text>')
        parts.append(f'<text class="soft" x="{x(1):.1f}" y="{y(0) + 18:.1f}" text-anchor="end">{days[-1][:7]}</text>')
    return parts


def _name(words: str, middle: float) -> list[str]:
    """A name of one or two lines, at the left of bars whose middle lies there; the rest of a longer one is in the picture's words."""
    lines = textwrap.wrap(words, SIGNS) or [""]
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1][: SIGNS - 1]}…"]
    start = middle + 4 - 8 * (len(lines) - 1)
    return [f'<text x="{LEFT - 10}" y="{start + 16 * i}" text-anchor="end">{escape(line)}</text>' for i, line in enumerate(lines)]


def _open(figure: Mapping[str, Any], height: int) -> str:
    return open_svg(WIDTH, height, figure["key"], figure["title"], figure["said"])
