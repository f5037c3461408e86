"""Small charts as inline SVG, readable in print, in the dark and without a script."""

from __future__ import annotations

from html import escape

from markupsafe import Markup


def bars(rows: list[tuple[str, float, str]], *, title: str, width: int = 640) -> Markup:
    """Horizontal bars: (name, length >= 0, words at the end)."""
    if not rows:
        return Markup("")
    most = max(r[1] for r in rows) or 1.0
    height, left = 26 * len(rows) + 6, 190
    parts = [_open(width, height, title)]
    for i, (name, length, words) in enumerate(rows):
        y, w = 26 * i + 4, (width - left - 130) * length / most
        parts.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{escape(_short(name))}</text>')
        parts.append(f'<rect class="bar" x="{left}" y="{y + 2}" width="{max(w, 1):.1f}" height="16" rx="2"/>')
        parts.append(f'<text class="soft" x="{left + max(w, 1) + 6:.1f}" y="{y + 14}">{escape(words)}</text>')
    return Markup("".join(parts) + "</svg>")


def intervals(
    rows: list[tuple[str, float, float, float]], *, title: str, low: float, high: float, line: float | None, width: int = 640
) -> Markup:
    """A point with its interval per row: (name, value, low end, high end), on an axis from ``low`` to ``high``."""
    if not rows:
        return Markup("")
    left, right, height = 120, 60, 24 * len(rows) + 26

    def x(value: float) -> float:
        return left + (width - left - right) * (min(max(value, low), high) - low) / (high - low)

    parts = [_open(width, height, title)]
    bottom = 24 * len(rows) + 4
    if line is not None:
        parts.append(f'<line class="axis dash" x1="{x(line):.1f}" y1="0" x2="{x(line):.1f}" y2="{bottom}"/>')
        parts.append(f'<text class="soft" x="{x(line):.1f}" y="{bottom + 16}" text-anchor="middle">{line:.2f}</text>')
    for i, (name, value, a, b) in enumerate(rows):
        y = 24 * i + 14
        parts.append(f'<text x="{left - 10}" y="{y + 4}" text-anchor="end">{escape(_short(name))}</text>')
        parts.append(f'<line class="whisker" x1="{x(a):.1f}" y1="{y}" x2="{x(b):.1f}" y2="{y}"/>')
        parts.append(f'<circle class="dot" cx="{x(value):.1f}" cy="{y}" r="4"/>')
        parts.append(f'<text class="soft" x="{width - right + 12}" y="{y + 4}">{value:.2f}</text>')
    return Markup("".join(parts) + "</svg>")


def reliability(points: list[tuple[float, float, int]], *, title: str, size: int = 300) -> Markup:
    """Predicted against observed rates; on the diagonal the model is right."""
    if not points:
        return Markup("")
    most = max(max(p[0], p[1]) for p in points) * 1.08 or 1.0
    pad = 38

    def at(value: float) -> float:
        return (size - 2 * pad) * value / most

    parts = [_open(size, size, title)]
    parts.append(f'<line class="axis dash" x1="{pad}" y1="{size - pad}" x2="{size - pad}" y2="{pad}"/>')
    parts.append(f'<line class="axis" x1="{pad}" y1="{size - pad}" x2="{size - pad}" y2="{size - pad}"/>')
    parts.append(f'<line class="axis" x1="{pad}" y1="{size - pad}" x2="{pad}" y2="{pad}"/>')
    for predicted, observed, _ in points:
        parts.append(f'<circle class="dot" cx="{pad + at(predicted):.1f}" cy="{size - pad - at(observed):.1f}" r="4"/>')
    parts.append(f'<text class="soft" x="{size / 2}" y="{size - 8}" text-anchor="middle">predicted, up to {most:.0%}</text>')
    parts.append(f'<text class="soft" x="12" y="{size / 2}" text-anchor="middle" transform="rotate(-90 12 {size / 2})">observed</text>')
    return Markup("".join(parts) + "</svg>")


def layer_pairs(rows: list[tuple[str, int, int]], *, title: str, width: int = 640) -> Markup:
    """Learned against assumed weights per layer: (layer, learned, assumed), in points of 100."""
    if not rows:
        return Markup("")
    left, height = 150, 44 * len(rows) + 6
    most = max(max(r[1], r[2]) for r in rows) or 1
    parts = [_open(width, height, title)]
    for i, (name, learned, assumed) in enumerate(rows):
        y, scale = 44 * i + 4, (width - left - 120) / most
        parts.append(f'<text x="{left - 8}" y="{y + 22}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<rect class="bar" x="{left}" y="{y + 2}" width="{max(learned * scale, 1):.1f}" height="15" rx="2"/>')
        parts.append(f'<text class="soft" x="{left + learned * scale + 6:.1f}" y="{y + 14}">{learned} learned</text>')
        parts.append(f'<rect class="ghost" x="{left}" y="{y + 20}" width="{max(assumed * scale, 1):.1f}" height="11" rx="2"/>')
        parts.append(f'<text class="soft" x="{left + assumed * scale + 6:.1f}" y="{y + 30}">{assumed} assumed</text>')
    return Markup("".join(parts) + "</svg>")


def _open(width: int, height: int, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>"
    )


def _short(name: str, most: int = 28) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
