"""The pictures of a model, drawn by the shap package as inline SVG: the page's own colours, no script, the same bytes every time."""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from icpfit.documents.shap_values import NOT_KNOWN

WIDE, HALF = 640, 400
"""widths in points; a point is a pixel where the page is as wide as the picture"""
INK, SOFT, LINE, LOW, HIGH, GREY = "#1c2230", "#566072", "#d9dee7", "#d27a1c", "#3b7fcc", "#8d97a8"
COLOURS = {INK: "--ink", SOFT: "--soft", LINE: "--line", LOW: "--low", HIGH: "--high", GREY: "--grey", "#777777": "--grey"}
"""what is drawn in a colour is shown in the style sheet's own, by day and by night"""
ODDS = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
SIZE = 13


def draw(figures: Sequence[Mapping[str, Any]]) -> dict[str, Markup]:
    """The picture of each figure by its key: a figure has ``key``, ``kind`` (swarm, dependence, account, pair), ``title``, ``said``
    (the picture in words, for those who cannot see it), and what its kind shows. shap is loaded here, and only if there is a figure.
    """
    if not figures:
        return {}
    with _quiet():
        import shap

        kinds = {"swarm": _swarm, "dependence": _dependence, "account": _account, "pair": _pair}
        return {f["key"]: kinds[f["kind"]](shap, f) for f in figures}


def _swarm(shap: Any, figure: Mapping[str, Any]) -> Markup:
    rows = figure["rows"]
    phi = np.array([r["phi"] for r in rows], dtype=np.float64).T
    level = np.array([[np.nan if v is None else v for v in r["level"]] for r in rows], dtype=np.float64).T
    labels = [_lines(r["label"], 25) for r in rows]
    with _figure(WIDE, 30 * len(rows) + 52) as fig:
        ax = fig.add_axes(_inside(fig, left=190, right=14, top=6, bottom=46))
        told = shap.Explanation(values=phi, data=level, feature_names=[str(i) for i in range(len(rows))])
        options = {"max_display": len(rows), "color_bar": False, "plot_size": None, "show": False, "axis_color": INK, "s": 13}
        shap.plots.beeswarm(told, ax=ax, order=np.arange(len(rows)), color=_scale(), group_remaining_features=False, **options)
        ax.set_yticks(range(len(rows)), list(reversed(labels)), fontsize=SIZE, color=INK, linespacing=1.05)
        ax.tick_params("y", length=0, pad=6)
        ax.set_ylim(-0.7, len(rows) - 0.4)
        _odds_axis(ax, "x", phi, figure["axis"])
        return _inline(fig, figure)


def _dependence(shap: Any, figure: Mapping[str, Any]) -> Markup:
    with _figure(HALF, 280) as fig:
        ax = fig.add_axes(_inside(fig, left=56, right=16, top=10, bottom=_foot(figure)))
        told = shap.Explanation(values=np.array(figure["phi"], dtype=np.float64), data=_places(figure), feature_names="x")
        shap.plots.scatter(told, ax=ax, color=HIGH, hist=False, show=False, dot_size=13, x_jitter=_jitter(figure), axis_color=INK)
        _finish_scatter(ax, figure)
        return _inline(fig, figure)


def _pair(shap: Any, figure: Mapping[str, Any]) -> Markup:
    level = np.array([np.nan if v is None else v for v in figure["level"]], dtype=np.float64)
    with _figure(HALF, 280) as fig:
        place = _inside(fig, left=56, right=16, top=10, bottom=_foot(figure))
        ax = fig.add_axes(place)
        told = shap.Explanation(values=np.array(figure["phi"], dtype=np.float64), data=_places(figure), feature_names="x")
        by = shap.Explanation(values=level, data=level, feature_names="by")
        options = {"hist": False, "show": False, "dot_size": 13, "axis_color": INK, "cmap": _scale()}
        shap.plots.scatter(told, ax=ax, color=by, x_jitter=_jitter(figure), **options)
        for other in fig.axes[1:]:
            other.remove()
        ax.set_position(place)
        _finish_scatter(ax, figure)
        return _inline(fig, figure)


def _account(shap: Any, figure: Mapping[str, Any]) -> Markup:
    """``parts``: (words, log-odds), the weightiest first; the last may be all others together. ``base``: where the model starts."""
    words, phi = [p[0] for p in figure["parts"]], np.array([p[1] for p in figure["parts"]], dtype=np.float64)
    lines = [_lines(w, 32) for w in words]
    with _figure(WIDE, 32 * len(words) + 72) as fig:
        ax = fig.add_axes(_inside(fig, left=226, right=14, top=24, bottom=46))
        told = shap.Explanation(values=phi, base_values=figure["base"], feature_names=[str(i) for i in range(len(words))])
        shap.plots.waterfall(told, max_display=len(words), show=False)
        fig.set_size_inches(WIDE / 72, (32 * len(words) + 72) / 72)
        for other in fig.axes[1:]:
            other.remove()
        for text in list(ax.texts):
            text.remove()
        for bar in ax.patches:
            if bar.get_alpha() is None:  # the others only make room
                bar.set_color(HIGH if np.allclose(bar.get_facecolor()[:3], shap.plots.colors.red_rgb) else LOW)
            else:
                bar.set_visible(False)
        for line in ax.lines:
            line.set_color(LINE)
        order = np.argsort(-np.abs(phi))  # as shap orders them
        ends = figure["base"] + phi.sum() - np.concatenate([[0.0], np.cumsum(phi[order])])
        width = max(np.ptp(ends), 0.2)
        for row, j in enumerate(order):
            side = 1 if phi[j] >= 0 else -1
            edge = ends[row] + side * width * 0.015
            ax.text(edge, len(phi) - 1 - row, odds_words(phi[j]), ha="left" if side > 0 else "right", va="center", fontsize=SIZE, color=INK)
        ax.set_yticks(range(len(words)), [lines[j] for j in reversed(order)], fontsize=SIZE, color=INK, linespacing=1.05)
        ax.tick_params("y", length=0, pad=6)
        ax.set_ylim(-0.75, len(phi) - 0.25)
        ax.set_xlim(ends.min() - 0.17 * width, ends.max() + 0.17 * width)
        ax.text(ends[0], len(phi) - 0.2, figure["end"], ha="center", va="bottom", fontsize=SIZE, color=INK)
        _odds_axis(ax, "x", ends - figure["base"], figure["axis"], middle="start", origin=figure["base"], room=False)
        return _inline(fig, figure)


def odds_words(phi: float) -> str:
    """How the odds change, in the words of the axis.

    >>> [odds_words(v) for v in (0.6931, -0.6931, 0.0, 0.1, -3.0)]
    ['× 2.0', '÷ 2.0', '× 1.0', '× 1.1', '÷ 20']
    """
    times = float(np.exp(abs(phi)))
    return f"{'×' if phi >= 0 or times < 1.05 else '÷'} {times:.1f}" if times < 9.95 else f"{'×' if phi > 0 else '÷'} {times:.0f}"


def _finish_scatter(ax: Any, figure: Mapping[str, Any]) -> None:
    ticks = figure["ticks"]
    ax.set_xticks([t[0] for t in ticks], [_lines(t[1], 6 if t[1] == NOT_KNOWN else 13) for t in ticks], fontsize=SIZE, color=INK)
    if _slanted(figure):
        ax.tick_params("x", labelrotation=35)
        for label in ax.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    places = [t[0] for t in ticks] + list(figure["x"])
    room = 0.6 if figure["steps"] and figure["of"] != "number" else 0.06 * (np.ptp(places) or 1.0)
    ax.set_xlim(min(places) - room, max(places) + room)
    ax.axhline(0, color=SOFT, lw=0.8, zorder=0)
    ax.set_xlabel("")
    _odds_axis(ax, "y", np.array(figure["phi"], dtype=np.float64), "")


def _odds_axis(
    ax: Any, axis: str, values: npt.NDArray[np.float64], words: str, *, middle: str = "as is", origin: float = 0.0, room: bool = True
) -> None:
    """Ticks at doublings and halvings of the odds, which are ln 2 apart."""
    low, high = min(float(values.min()), -0.75 if room else 0.0), max(float(values.max()), 0.75 if room else 0.0)
    margin = 0.05 * (high - low or 1.0)
    inside = [o for o in ODDS if low - margin <= np.log(o) <= high + margin]
    if len(inside) > 7:
        inside = [o for o in inside if round(np.log2(o)) % 2 == 0]
    names = [middle if o == 1 else f"× {o:.0f}" if o > 1 else f"÷ {1 / o:.0f}" for o in inside]
    (ax.set_xticks if axis == "x" else ax.set_yticks)([origin + float(np.log(o)) for o in inside], names, fontsize=SIZE, color=SOFT)
    if room:
        (ax.set_xlim if axis == "x" else ax.set_ylim)(origin + low - margin, origin + high + margin)
    (ax.set_xlabel if axis == "x" else ax.set_ylabel)(words, fontsize=SIZE, color=SOFT)
    ax.tick_params(axis, color=LINE, length=4)
    for side in ax.spines.values():
        side.set_edgecolor(LINE)


def _slanted(figure: Mapping[str, Any]) -> bool:
    ticks = figure["ticks"]
    return bool(figure["of"] == "category" and (len(ticks) > 4 or max(len(t[1]) for t in ticks) > 13))


def _foot(figure: Mapping[str, Any]) -> int:
    """Room below for the longest of slanted names, or for names of up to two lines."""
    return 30 + min(6 * max(len(line) for t in figure["ticks"] for line in _lines(t[1], 13).splitlines()), 80) if _slanted(figure) else 40


def _jitter(figure: Mapping[str, Any]) -> float:
    return 0.55 if figure["steps"] else 0.0


def _places(figure: Mapping[str, Any]) -> npt.NDArray[np.float64]:
    return np.array(figure["x"], dtype=np.float64)


def _lines(words: str, most: int) -> str:
    """Two lines of at most so many signs, as even as can be; what is longer is cut, and told whole in the text.

    >>> _lines("Layoffs in the last 180 days", 25)
    'Layoffs in the\\nlast 180 days'
    """
    few = [most] if len(words) <= most else range(len(words) // 2, most + 1)
    for width in few:
        lines = textwrap.wrap(words, width, break_on_hyphens=False)
        if len(lines) <= 2:
            return "\n".join(lines) or " "
    return "\n".join(textwrap.wrap(words, most, max_lines=2, placeholder="…", break_on_hyphens=False)) or " "


def _scale() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("low to high", [LOW, GREY, HIGH], N=11).with_extremes(bad=GREY)


@contextmanager
def _quiet() -> Iterator[None]:
    """What shap and matplotlib say of each other's age is nothing to a reader; no colour, figure or random state is left behind."""
    state = np.random.get_state()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            np.random.set_state(state)


@contextmanager
def _figure(width: int, height: int) -> Iterator[Any]:
    """shap draws on pyplot's current figure; the seed is that of the points' spread."""
    import matplotlib
    from matplotlib import pyplot as plt

    before = matplotlib.get_backend(auto_select=False)
    plt.switch_backend("agg")
    settings: dict[Any, Any] = dict(matplotlib.rcParamsDefault) | {"backend": "agg"}
    settings |= {"svg.fonttype": "none", "svg.hashsalt": "icpfit", "text.parse_math": False, "figure.dpi": 72, "font.family": "DejaVu Sans"}
    try:
        with matplotlib.rc_context(settings):
            fig = plt.figure(figsize=(width / 72, height / 72), facecolor="none")
            np.random.seed(0)
            try:
                yield fig
            finally:
                plt.close(fig)
    finally:
        if before is not None and before.lower() != "agg":
            plt.switch_backend(before)


def _inside(fig: Any, *, left: int, right: int, top: int, bottom: int) -> tuple[float, float, float, float]:
    """The axes' place for margins in points."""
    width, height = fig.get_size_inches() * 72
    return left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height


def _inline(fig: Any, figure: Mapping[str, Any]) -> Markup:
    """The figure as an element of the page: named, described, with ids of its own, colours by name, and points as one stroke per colour."""
    for ax in fig.axes:
        ax.set_facecolor("none")
        for artist in ax.get_children():
            artist.set_clip_on(False)
    out = io.StringIO()
    fig.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}, facecolor="none")
    svg = out.getvalue()
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", body, flags=re.DOTALL)
    body = _points(body[body.index(">") + 1 :])
    key = escape(figure["key"])
    body = re.sub(r' id="([^"]*)"', lambda m: f' id="{key}-{m[1]}"' if f"#{m[1]}" in body else "", body)
    body = re.sub(r'(url\(#|xlink:href="#)', lambda m: f"{m[1].removeprefix('xlink:')}{key}-", body)
    body = re.sub(r"font: (\d+)px [^;\"]*", r"font-size: \1px", body)
    for colour, name in COLOURS.items():
        body = body.replace(colour, f"var({name})")
    body = re.sub(r"\n\s*", "\n", body)
    width, height = (round(v * 72) for v in fig.get_size_inches())
    head = (
        f'<svg class="plot" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">{escape(figure["title"])}</title><desc id="{key}-d">{escape(figure["said"])}</desc>'
    )
    return Markup(head + body.strip())


_MANY = r"(?:<use [^>]*/>\s*)*"
_GROUP = re.compile(
    rf'<g id="PathCollection_\d+">\s*(?:<defs>.*?</defs>\s*)?(?:<g>\s*{_MANY}</g>\s*|{_MANY})</g>|<g id="PathCollection_\d+"/>', re.DOTALL
)
_USE = re.compile(r'<use xlink:href="#\w+" x="([-\d.]+)" y="([-\d.]+)" style="fill: (#\w{6})')


def _points(body: str) -> str:
    """Points that are drawn one by one become a stroke with round ends for each colour: a tenth of the size."""

    def strokes(group: re.Match[str]) -> str:
        places: dict[str, list[str]] = {}
        for x, y, colour in _USE.findall(group[0]):
            places.setdefault(colour, []).append(f"M{float(x):.1f} {float(y):.1f}h0")
        return "".join(f'<path class="points" style="stroke: {colour}" d="{"".join(at)}"/>' for colour, at in places.items())

    return _GROUP.sub(strokes, body)
