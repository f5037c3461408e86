"""The pages in a real browser: nothing sticks out, nothing is hidden, all of it can be read, nothing is fetched."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from icpfit.documents import render_html
from icpfit.documents.shap_values import seen_by

pytestmark = pytest.mark.browser

WIDTHS = (400, 1000)
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage"),
)

# Frames of a given width around each page; what is found is written into the document, which the browser then prints.
HARNESS = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body><pre id="found">waiting</pre><script>
const pages = PAGES, widths = WIDTHS, found = [];
const numbers = c => (c.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
const linear = v => v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4;
const light = c => { const [r, g, b] = numbers(c).slice(0, 3).map(linear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
function behind(win, e) {
  for (; e; e = e.parentElement) {
    const c = win.getComputedStyle(e).backgroundColor, n = numbers(c);
    if (n.length < 4 || n[3] > 0) return c;
  }
  return 'rgb(255, 255, 255)';
}
function look(name, width, frame) {
  const doc = frame.contentDocument, win = frame.contentWindow, root = doc.documentElement;
  const report = { name, width, over: root.scrollWidth - root.clientWidth, scripts: doc.scripts.length, hidden: [], out: [], faint: [],
    fetched: win.performance.getEntriesByType('resource').map(r => r.name), sections: doc.querySelectorAll('section').length, texts: 0,
    sideways: [...doc.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.getAttribute('aria-label')),
    paper: win.getComputedStyle(doc.body).backgroundColor };
  for (const e of doc.querySelectorAll('section, h1, h2, h3, table, svg, dl, .verdict, .tile')) {
    const r = e.getBoundingClientRect();
    if (e.closest('details') === null && (r.width < 2 || r.height < 2 || win.getComputedStyle(e).visibility !== 'visible'))
      report.hidden.push(e.tagName + ' ' + e.id);
    if (e.closest('.scroll') === null && r.right > width + 1) report.out.push(e.tagName + ' ' + e.id + ' ' + r.right);
  }
  const walk = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const e = node.parentElement;
    if (!node.data.trim() || e.closest('title, desc, style')) continue;
    const style = win.getComputedStyle(e), ink = e.closest('svg') ? style.fill : style.color;
    report.texts += 1;
    if (ratio(ink, behind(win, e)) < 4.5) report.faint.push(e.tagName + ' ' + ink + ' on ' + behind(win, e));
  }
  found.push(report);
  frame.remove();
}
let left = Object.keys(pages).length * widths.length;
for (const [name, text] of Object.entries(pages)) for (const width of widths) {
  const frame = document.createElement('iframe');
  frame.style.cssText = `width:${width}px;height:900px;border:0`;
  frame.srcdoc = text;
  frame.onload = () => {
    look(name, width, frame);
    if (--left === 0) document.getElementById('found').textContent = JSON.stringify(found);
  };
  document.body.append(frame);
}
</script>"""


def chromium() -> str:
    found = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
    if found is None:
        reason = "no Chromium on this machine"
        if os.environ.get("ICPFIT_FORBID_SKIPS") == "1":
            pytest.fail(f"{reason}, and nothing may be skipped here")
        pytest.skip(reason)
    return found


def run_browser(place: Path, pages: dict[str, str], *more: str) -> tuple[list[dict[str, Any]], list[str]]:
    """What was found in every page at every width, and the lines of the console."""
    place.mkdir()
    texts = json.dumps(pages).replace("</", "<\\/")
    (place / "harness.html").write_text(HARNESS.replace("PAGES", texts, 1).replace("WIDTHS", str(list(WIDTHS)), 1), encoding="utf-8")
    command = [
        chromium(),
        *QUIET,
        *(f"--user-data-dir={place / 'profile'}", "--enable-logging=stderr", "--window-size=1100,900", "--virtual-time-budget=20000"),
        *more,
        "--dump-dom",
        (place / "harness.html").as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, timeout=90, check=True)
    shown = re.search(r'<pre id="found">(.*?)</pre>', done.stdout.decode("utf-8"), re.DOTALL)
    assert shown, done.stderr.decode("utf-8", "replace")[-2000:]
    console = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if "CONSOLE" in line]
    return json.loads(html.unescape(shown[1])), console


@pytest.fixture(scope="module")
def rendered(
    pages: dict[str, Any],
    hostile_page: dict[str, Any],
    make_page: Callable[..., Any],
    make_taught: Callable[..., Any],
    make_card: Callable[..., Any],
) -> dict[str, str]:
    data, model = make_taught()
    drawn = make_page(seen=seen_by({"win": data}, {"win": model}, make_card(), 7))
    shown = {**pages, "hostile": hostile_page, "with pictures": drawn}
    return {f"{kind}: {name}": text for kind, page in shown.items() for name, text in render_html(page).items()}


@pytest.mark.parametrize(("scheme", "dark"), [("1", False), ("0", True)], ids=["light", "dark"])
def test_in_a_real_browser(tmp_path: Path, rendered: dict[str, str], scheme: str, dark: bool) -> None:
    found, console = run_browser(tmp_path / "b", rendered, f"--blink-settings=preferredColorScheme={scheme}")
    assert console == [], "the console stays empty: no error, and nothing that the page's own policy forbids"
    assert {(f["name"], f["width"]) for f in found} == {(name, width) for name in rendered for width in WIDTHS}
    for f in found:
        where = (f["name"], f["width"])
        assert f["over"] <= 0, where
        assert f["out"] == [], where
        assert f["sideways"] == [] or f["name"].startswith("hostile"), where
        assert f["hidden"] == [], where
        assert f["sections"] >= 3, where
        assert f["scripts"] == 0, where
        assert f["fetched"] == [], where
        assert f["texts"] > 5, where
        assert f["faint"] == [], where
        assert (f["paper"] != "rgb(255, 255, 255)") == dark, where


def test_the_browser_test_sees_what_is_wrong(tmp_path: Path) -> None:
    """The same look at pages that are bad on purpose, so that silence means something."""
    bad = (
        '<!doctype html><body style="margin:0"><section id="wide" style="width:900px">x</section>'
        '<section id="gone" style="display:none">y</section>'
        '<div class="scroll" aria-label="cut off" style="width:50px;overflow:auto"><p style="width:300px">z</p></div>'
        '<p style="color:#bbb">faint</p><script>console.error("seen")</script><img src="http://127.0.0.1:9/x.png"></body>'
    )
    found, console = run_browser(tmp_path / "b", {"bad": bad})
    narrow = next(f for f in found if f["width"] == 400)
    assert narrow["over"] == 500
    assert narrow["out"] == ["SECTION wide 900"]
    assert narrow["hidden"] == ["SECTION gone"]
    assert narrow["sideways"] == ["cut off"]
    assert narrow["scripts"] == 1
    assert len(narrow["faint"]) == 1
    assert len(narrow["fetched"]) == 1
    assert any("seen" in line for line in console)


def test_on_paper_the_closed_parts_are_open(tmp_path: Path, make_page: Callable[..., Any], make_metrics: Callable[..., Any]) -> None:
    """Hundreds of findings, closed on the screen, take sheets of their own."""

    def sheets(findings: int) -> int:
        many = [{"code": "X", "severity": "note", "table": "t", "words": f"finding {i}", "rows": 1} for i in range(findings)]
        place = tmp_path / str(findings)
        place.mkdir()
        (place / "page.html").write_text(render_html(make_page(metrics=make_metrics(findings=many)))["icp.html"], encoding="utf-8")
        command = [
            chromium(),
            *QUIET,
            f"--user-data-dir={place / 'profile'}",
            f"--print-to-pdf={place / 'page.pdf'}",
            "--no-pdf-header-footer",
        ]
        subprocess.run([*command, (place / "page.html").as_uri()], capture_output=True, timeout=90, check=True)
        return len(re.findall(rb"/Type\s*/Page\b", (place / "page.pdf").read_bytes()))

    few, many = sheets(1), sheets(400)
    assert few >= 2
    assert many >= few + 5
