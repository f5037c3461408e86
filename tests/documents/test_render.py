"""The pages as text: golden files, sound HTML, and names that try to break out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpfit.documents import render_html, render_markdown
from icpfit.documents.render import plain_text

Make = Callable[..., Any]

GOLDEN = Path(__file__).parent / "golden"
KINDS = ("whole", "no signal", "too little data", "undated")
VOID = {"meta", "link", "br", "hr", "img", "input"}
ALLOWED = {
    *("html", "head", "body", "meta", "link", "title", "style", "main", "header", "nav", "section", "footer", "figure", "figcaption"),
    *("h1", "h2", "h3", "h4", "p", "a", "b", "i", "span", "div", "ul", "li", "dl", "dt", "dd", "blockquote", "details", "summary", "pre"),
    *("table", "thead", "tbody", "tr", "th", "td", "svg", "desc", "line", "rect", "circle", "text"),
}


class Page(HTMLParser):
    """Tags with their attributes, in order; text outside of ``style``; and whether every tag was closed in turn."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> is out of turn"

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attrs)) for tag, attrs in self.tags]

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.tags if name == tag]


def table_shape(markdown: str) -> list[int]:
    """Cells of every line, an escaped bar not being one."""
    return [re.sub(r"\\.", "", line).count("|") for line in markdown.splitlines()]


@pytest.mark.parametrize("name", ["icp.html", "signals.html", "icp.md"])
def test_golden(pages: dict[str, Any], name: str) -> None:
    """Renew with ICPFIT_WRITE_GOLDEN=1, and read the difference before it is committed."""
    page = pages["whole"]
    text = render_markdown(page) if name == "icp.md" else render_html(page)[name]
    path = GOLDEN / name
    if os.environ.get("ICPFIT_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), "ICPFIT_WRITE_GOLDEN=1 renews the golden files"


@pytest.mark.parametrize("kind", [*KINDS, "hostile"])
def test_sound_html_that_stands_alone(pages: dict[str, Any], hostile_page: dict[str, Any], kind: str) -> None:
    page = hostile_page if kind == "hostile" else pages[kind]
    for html in render_html(page).values():
        found = Page(html)
        assert {tag for tag, _ in found.tags} <= ALLOWED
        ids = [a["id"] for _, a in found.tags if "id" in a]
        assert len(ids) == len(set(ids))
        for tag, attrs in found.tags:
            assert not [k for k in attrs if k.startswith("on") or k in ("src", "srcset", "action", "xlink:href")], tag
            assert not [v for k, v in attrs.items() if k != "aria-label" and re.search(r"https?:|//|javascript:|url\(", v)], tag
            assert set(attrs.get("aria-labelledby", "").split()) <= set(ids)
        assert {a["href"] for a in found.all("a")} <= {f"#{i}" for i in ids}
        assert [a["href"] for a in found.all("link")] == ["data:,"]
        assert "default-src 'none'" in next(a["content"] for a in found.all("meta") if "http-equiv" in a)
        style = html[html.index("<style>") : html.index("</style>")]
        assert not re.search(r"url\(|@import|@font-face|https?:", style)


@pytest.mark.parametrize("kind", KINDS)
def test_everybody_can_read_it(pages: dict[str, Any], kind: str) -> None:
    for html in render_html(pages[kind]).values():
        found = Page(html)
        assert found.all("html") == [{"lang": "en"}]
        assert len(found.all("h1")) == 1
        assert all(a.get("scope") in ("col", "row", "rowgroup") for a in found.all("th"))
        assert len(found.all("thead")) == len(found.all("table"))
        assert all(a["role"] == "img" and a["aria-labelledby"] for a in found.all("svg"))
        regions = [a for a in found.all("div") if "scroll" in a.get("class", "")]
        assert len(regions) == len(found.all("table"))
        assert all(a["aria-label"] and a["tabindex"] == "0" for a in regions)
        levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch(r"h[1-6]", tag)]
        assert all(b <= a + 1 for a, b in pairwise(levels)), "no level of heading is skipped"


@pytest.mark.parametrize("kind", KINDS)
def test_no_page_prints_what_only_a_program_reads(pages: dict[str, Any], kind: str) -> None:
    texts = [*(Page(h).words for h in render_html(pages[kind]).values()), render_markdown(pages[kind])]
    for text in texts:
        assert not re.search(r"\b(None|nan|NaN|True|False|Undefined|inf)\b|[{}]|1970", text)
        assert not re.search(r"\d\.\d{5,}", text), "no figure has five digits after its point"
        assert " ." not in text.replace(" ...", "")


def test_a_page_without_a_signal_offers_nothing(pages: dict[str, Any]) -> None:
    for kind in ("no signal", "too little data"):
        icp = Page(render_html(pages[kind])["icp.html"])
        assert "No profile and no scorecard are offered" in icp.words
        assert not {a.get("id") for _, a in icp.tags} & {"tiers", "card", "gates"}
        assert "Who fits" not in icp.words
        assert "Who fits" not in render_markdown(pages[kind])
        assert "No profile is offered." in Page(render_html(pages[kind])["signals.html"]).words
    few = Page(render_html(pages["too little data"])["icp.html"]).words
    assert "All rows have the same outcome (9 wins, 0 losses): there is nothing to compare." in few
    assert "so few outcomes cannot tell a pattern from luck" in few
    assert "Pairs in the right order" not in few


def test_hostile_names_are_text(hostile_page: dict[str, Any]) -> None:
    shown = plain_text(hostile_page["notes"][0])
    assert shown.startswith("<script>alert(1)</script>\"'|`*_[x](javascript:alert(1)) & ")
    for name, html in render_html(hostile_page).items():
        found = Page(html)
        assert "script" not in {tag for tag, _ in found.tags}
        assert "<script>alert(1)</script>" in found.words
        assert " ".join(shown.rstrip(".").split()) in found.words, name
        assert "\x00" not in html
        assert "\u202e" not in html
    text = render_markdown(hostile_page)
    assert "<script" not in text
    assert not re.search(r"(?<!\\)\]\(", text), "no link"


HOSTILE = st.text(st.characters(codec=None, exclude_categories=()), min_size=1, max_size=40) | st.sampled_from(
    ["a|b", "</td></table>", "{{ 7 * 7 }}", "{% raw %}", "`x`", "\\", "\\|", "a\n\n# b", "&amp;", "&#60;", "]]>", "<!--", "\ud800", "100%"]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=HOSTILE)
def test_no_name_changes_the_shape_of_a_page(make_page: Make, make_metrics: Make, make_card: Make, name: str) -> None:
    def of(text: str) -> dict[str, Any]:
        row = {"attribute": text, "label": text, "reason": f"x{text}", "code": "MEANING", "outcome": "win"}
        metrics = make_metrics(company=text, notes=[f"x{text}"], refused=[row], current_state=[text])
        voice = {"quote": text, "theme": f"x{text}", "kind": "won"}
        return make_page(metrics=metrics, card=make_card(label=text, words=(text,)), voices=[voice], standing=f"x{text}")

    one, other = of(name), of("plain")
    for page, html in render_html(one).items():
        assert Page(html).shape == Page(render_html(other)[page]).shape
        html.encode("utf-8")
    found, plain = render_markdown(one), render_markdown(other)
    found.encode("utf-8")
    assert table_shape(found) == table_shape(plain)
    assert [line for line in found.splitlines() if line.startswith("#")][1:] == [x for x in plain.splitlines() if x.startswith("#")][1:]


def test_quarters_may_be_missing(make_page: Make, make_metrics: Make, make_outcome: Make) -> None:
    one = {"2025Q4": {"auc": 0.4, "auc_low": 0.1, "auc_high": 0.7}}
    for quarters, charts in (({}, 2), (one, 3)):
        page = make_page(metrics=make_metrics(win=make_outcome(by_quarter=quarters), retention=None))
        found = Page(render_html(page)["icp.html"])
        assert len(found.all("svg")) == charts


def test_the_same_page_twice_is_the_same_text(make_page: Make) -> None:
    assert render_html(make_page()) == render_html(make_page())
    assert render_markdown(make_page()) == render_markdown(make_page())
