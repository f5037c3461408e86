"""Page values to HTML and Markdown. The pages stand alone: no script, no network, no font from elsewhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from icpfit.documents import charts, drift_charts, shap_plots
from icpfit.documents.words import UNKNOWN

CHANCE = 50.0
PAGES = ("icp.html", "signals.html")


def render_html(page: Mapping[str, Any]) -> dict[str, str]:
    """``icp.html`` and ``signals.html``; everything that came from the company's data is escaped.

    ``page`` is what ``summarise`` made.
    """
    page = _plain(page)
    measured = [o for o in page["outcomes"] if o["measured"]]
    drawn = {
        "layers": charts.layer_pairs(page["layers"], key="layers", title="Weight of each layer of signals, learned and assumed"),
        "quarters": {
            o["name"]: charts.intervals(
                o["quarters"], key=f"{o['name']}-parts", title=f"{o['title']}: pairs in the right order, of 100, by {o['by']}", line=CHANCE
            )
            for o in measured
        },
        "reliability": {
            o["name"]: charts.reliability(
                o["reliability"], key=f"{o['name']}-said", title=f"{o['title']}: what the model said, and what happened"
            )
            for o in measured
        },
        "drift": drift_charts.draw(page["drift"]["figures"]),
        "seen": shap_plots.draw([f for group in (page["seen"] or {"groups": ()})["groups"] for f in group["figures"]]),
    }
    style = Markup(_text("style.css"))  # our own file, not data
    return {name: _environment(html=True).get_template(f"{name}.j2").render(page=page, charts=drawn, style=style) for name in PAGES}


def render_markdown(page: Mapping[str, Any]) -> str:
    """The ICP document for a wiki or a pull request; no text of the company's data becomes markup."""
    return _environment(html=False).get_template("icp.md.j2").render(page=_plain(page)).strip() + "\n"


def plain_text(text: str) -> str:
    """Text without the signs that no page can show: control signs, halves of a sign, turns of the writing direction.

    >>> plain_text("a\\x00b\\ud800c\\u202ed\\ne")
    'abcd e'
    """
    if text.isascii() and text.isprintable():
        return text
    text = "".join(" " if c.isspace() else c for c in text)
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs") and unicodedata.bidirectional(c) not in _TURNS)


_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def _plain(value: Any) -> Any:
    """The page with every text in it made fit to be shown."""
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(_plain(v) for v in value)
    return plain_text(value) if isinstance(value, str) else value


def _shown(value: object) -> object:
    return UNKNOWN if value is None else value


def _in_markdown(value: object) -> object:
    """Text in a table cell or a line: no cell, no line and no markup breaks.

    >>> _in_markdown("a|b\\n<i>*c*")
    'a\\\\|b &lt;i&gt;\\\\*c\\\\*'
    """
    shown = _shown(value)
    if not isinstance(shown, str):
        return shown
    text = " ".join(shown.split()).replace("\\", "\\\\")
    for sign, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), *((s, f"\\{s}") for s in "|*`_[]~$#")):
        text = text.replace(sign, safe)
    return text


@cache
def _text(name: str) -> str:
    return files("icpfit.documents").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment(*, html: bool) -> Environment:
    return Environment(
        loader=FunctionLoader(_text),
        autoescape=html,
        finalize=_shown if html else _in_markdown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
