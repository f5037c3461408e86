"""Small charts as inline SVG, readable in print, in the dark, on a telephone and by a screen reader, without a script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

MOST_SIGNS = 14
"""A longer name is cut on a chart; the tables have it whole."""


def intervals(rows: Sequence[tuple[str, float, float, float]], *, key: str, title: str, line: float) -> Markup:
    """A point with its interval per row: (name, value, low end, high end), out of 100; a dashed line where chance is.

    ``key`` tells the page's charts apart. No rows, no chart.
    """
    if not rows:
        return Markup("")
    left, right, width, step = 96, 44, 460, 26
    low = int(min(line, *(r[2] for r in rows)) - 1) // 10 * 10
    high = 100
    bottom = step * len(rows) + 4

    def x(value: float) -> float:
        return left + (width - left - right) * (min(max(value, low), high) - low) / (high - low)

    said = ", ".join(f"{name} {value:.0f} ({a:.0f} to {b:.0f})" for name, value, a, b in rows)
    parts = [open_svg(width, bottom + 24, key, title, said)]
    for tick in range(low, high + 1, 10):
        css = "axis dash" if tick == line else "grid"
        parts.append(f'<line class="{css}" x1="{x(tick):.1f}" y1="0" x2="{x(tick):.1f}" y2="{bottom}"/>')
        parts.append(f'<text class="soft" x="{x(tick):.1f}" y="{bottom + 16}" text-anchor="middle">{tick}</text>')
    for i, (name, value, a, b) in enumerate(rows):
        y = step * i + 15
        parts.append(f'<text x="{left - 10}" y="{y + 4}" text-anchor="end">{escape(_short(name))}</text>')
        parts.append(f'<line class="whisker" x1="{x(a):.1f}" y1="{y}" x2="{x(b):.1f}" y2="{y}"/>')
        parts.append(f'<circle class="dot" cx="{x(value):.1f}" cy="{y}" r="4.5"/>')
        parts.append(f'<text class="soft" x="{width - right + 14}" y="{y + 4}">{value:.0f}</text>')
    return Markup("".join(parts) + "</svg>")


def reliability(points: Sequence[tuple[float, float, int]], *, key: str, title: str) -> Markup:
    """Predicted against observed rates; on the diagonal the model is right. No points, no chart."""
    if not points:
        return Markup("")
    size, pad, top = 340, 52, 20
    step = next(s for s in (0.05, 0.1, 0.2, 0.25) if max(max(p[0], p[1]) for p in points) <= 4 * s + 1e-9 or s == 0.25)
    most = 4 * step

    def x(value: float) -> float:
        return pad + (size - pad - top) * min(value, most) / most

    def y(value: float) -> float:
        return size - pad - (size - pad - top) * min(value, most) / most

    said = ", ".join(f"{p:.0%} said, {o:.0%} seen" for p, o, _ in points)
    parts = [open_svg(size, size, key, title, said, css="small")]
    for i in range(5):
        at = i * step
        parts.append(f'<line class="grid" x1="{x(at):.1f}" y1="{y(0):.1f}" x2="{x(at):.1f}" y2="{y(most):.1f}"/>')
        parts.append(f'<line class="grid" x1="{x(0):.1f}" y1="{y(at):.1f}" x2="{x(most):.1f}" y2="{y(at):.1f}"/>')
        parts.append(f'<text class="soft" x="{x(at):.1f}" y="{y(0) + 18:.1f}" text-anchor="middle">{at:.0%}</text>')
        parts.append(f'<text class="soft" x="{x(0) - 8:.1f}" y="{y(at) + 4:.1f}" text-anchor="end">{at:.0%}</text>')
    parts.append(f'<line class="axis dash" x1="{x(0):.1f}" y1="{y(0):.1f}" x2="{x(most):.1f}" y2="{y(most):.1f}"/>')
    for predicted, observed, _ in points:
        parts.append(f'<circle class="dot" cx="{x(predicted):.1f}" cy="{y(observed):.1f}" r="4.5"/>')
    middle = (x(0) + x(most)) / 2
    parts.append(f'<text class="soft" x="{middle:.1f}" y="{size - 10}" text-anchor="middle">what the model said</text>')
    parts.append(f'<text class="soft" x="12" y="{middle - 40:.1f}" text-anchor="middle" transform="rotate(-90 12 {middle - 40:.1f})">')
    return Markup("".join(parts) + "what happened</text></svg>")


def layer_pairs(rows: Sequence[tuple[str, int, int]], *, key: str, title: str) -> Markup:
    """Learned against assumed weights per layer: (layer, learned, assumed), in points of 100."""
    if not rows:
        return Markup("")
    left, width, step = 110, 460, 46
    scale = (width - left - 96) / (max(max(r[1], r[2]) for r in rows) or 1)
    said = ", ".join(f"{name}: {learned} learned, {assumed} assumed" for name, learned, assumed in rows)
    parts = [open_svg(width, step * len(rows), key, title, said)]
    for i, (name, learned, assumed) in enumerate(rows):
        y, a, b = step * i + 4, max(learned * scale, 1), max(assumed * scale, 1)
        parts.append(f'<text x="{left - 10}" y="{y + 21}" text-anchor="end">{escape(_short(name))}</text>')
        parts.append(f'<rect class="bar" x="{left}" y="{y}" width="{a:.1f}" height="16" rx="2"/>')
        parts.append(f'<text class="soft" x="{left + a + 6:.1f}" y="{y + 12}">{learned} learned</text>')
        parts.append(f'<rect class="ghost" x="{left}" y="{y + 19}" width="{b:.1f}" height="12" rx="2"/>')
        parts.append(f'<text class="soft" x="{left + b + 6:.1f}" y="{y + 30}">{assumed} assumed</text>')
    return Markup("".join(parts) + "</svg>")


def open_svg(width: int, height: int, key: str, title: str, said: str, css: str = "wide") -> str:
    return (
        f'<svg class="{css}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{escape(key)}-t {escape(key)}-d">'
        f'<title id="{escape(key)}-t">{escape(title)}</title><desc id="{escape(key)}-d">{escape(said)}</desc>'
    )


def _short(name: str) -> str:
    return name if len(name) <= MOST_SIGNS else name[: MOST_SIGNS - 1] + "…"
