"""Page values to HTML and Markdown. The pages stand alone: no script, no network, no font from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, select_autoescape
from markupsafe import Markup

from icpfit.documents import charts


def render_html(page: Mapping[str, Any]) -> dict[str, str]:
    """``icp.html`` and ``signals.html``; everything that came from the company's data is escaped."""
    outcomes = page["outcomes"]
    drawn = {
        "layers": charts.layer_pairs(page["layers"], title="Learned and assumed weights by layer"),
        "quarters": {
            o["name"]: charts.intervals(o["quarters"], title=f"{o['title']}: ranking by quarter", low=0.3, high=1.0, line=0.5)
            for o in outcomes
            if o["measured"]
        },
        "reliability": {
            o["name"]: charts.reliability(o["reliability"], title=f"{o['title']}: said and seen") for o in outcomes if o["measured"]
        },
    }
    market = page["market"]
    if market is not None:
        drawn["industry"] = charts.bars(_segments(market["by_industry"]), title="Deals won by industry")
        drawn["size"] = charts.bars(_segments(market["by_size"]), title="Deals won by company size")
        drawn["losses"] = charts.bars([(n, c, f"{c:,}") for n, c in market["loss_reasons"]], title="Why deals were lost")
    style = Markup(_text("style.css"))  # our own file, not data
    return {
        name: _environment().from_string(_text(f"{name}.j2")).render(page=page, charts=drawn, style=style)
        for name in ("icp.html", "signals.html")
    }


def render_markdown(page: Mapping[str, Any]) -> str:
    """The ICP document for a wiki or a pull request."""
    return _environment(markdown=True).from_string(_text("icp.md.j2")).render(page=page).strip() + "\n"


def _segments(rows: list[Mapping[str, Any]]) -> list[tuple[str, float, str]]:
    return [(r["name"], float(r["won"]), f"{r['won']:,}" + ("" if r["win_rate"] is None else f" · {r['win_rate']:.0%}")) for r in rows]


def _markdown_escape(value: object) -> str:
    """Text of the company's data inside a table cell: no cell, no line and no markup breaks.

    >>> _markdown_escape("a|b\\n<i>*c*")
    'a\\\\|b &lt;i>\\\\*c\\\\*'
    """
    text = " ".join(str(value).split()).replace("\\", "\\\\").replace("<", "&lt;")
    for sign in "|*`_[]":
        text = text.replace(sign, f"\\{sign}")
    return text


@cache
def _text(name: str) -> str:
    return files("icpfit.documents").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment(markdown: bool = False) -> Environment:
    environment = Environment(
        loader=BaseLoader(),
        autoescape=False if markdown else select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters["md"] = _markdown_escape
    return environment
