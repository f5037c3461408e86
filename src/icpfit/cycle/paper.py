"""Write the ICP document and the signal report: of a run, or of the champion in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from icpfit.cycle.opened import Opened
from icpfit.documents import Market, market_of, render_html, render_markdown, summarise
from icpfit.moments import Micros
from icpfit.registry import Workspace, load_bundle, read_gates
from icpfit.sources.files import write_text

if TYPE_CHECKING:
    from icpfit.cycle.retrain import Learned

MOST_VOICES = 6


def write_documents(opened: Opened, learned: Learned, out: Path) -> Path:
    """The documents of a training run, signal or not, as files in ``out``."""
    page = summarise(
        learned.metrics,
        learned.card if learned.bundle is not None else None,
        market=market(opened, learned.as_of),
        voices=voices(opened, learned.as_of),
        gates=[g.values() for g in learned.gates],
    )
    _write(page, out)
    return out


def document_champion(opened: Opened, workspace: Workspace, as_of: Micros, out: Path) -> tuple[Path, ...]:
    """The champion's documents with today's market; drift is asked as ``icpfit drift`` does.

    Raises:
        BundleError: there is no champion, or it is damaged.
    """
    from icpfit.cycle.watch import findings_since

    bundle = load_bundle(workspace, "champion")
    judged = read_gates(workspace, bundle.version)
    page = summarise(
        bundle.metrics,
        bundle.card,
        market=market(opened, as_of),
        voices=voices(opened, as_of),
        gates=[g.values() for g in judged.gates] if judged is not None else [],
        drift=findings_since(opened, bundle, as_of),
    )
    return _write(page, out)


def market(opened: Opened, as_of: Micros) -> Market | None:
    if opened.warehouse is None:
        return None
    return market_of(opened.warehouse.frame("deals"), opened.warehouse.frame("accounts"), as_of)


def voices(opened: Opened, as_of: Micros) -> list[dict[str, str]]:
    """The newest quotes, one a theme, from interviews held before ``as_of``."""
    if opened.warehouse is None or not opened.warehouse.has("interviews"):
        return []
    held: pd.DataFrame = opened.warehouse.frame("interviews")
    if "quote" not in held.columns:
        return []
    held = held[held["quote"].notna() & (held["visible_at"] < as_of)].sort_values(["visible_at", "interview_id"], ascending=False)
    for column in ("theme", "kind"):
        if column not in held.columns:
            held = held.assign(**{column: ""})
    newest = held.drop_duplicates(["theme", "kind"]).head(MOST_VOICES).fillna("")
    return [{"quote": str(r["quote"]), "theme": str(r["theme"]), "kind": str(r["kind"])} for _, r in newest.iterrows()]


def _write(page: Mapping[str, Any], out: Path) -> tuple[Path, ...]:
    texts: Sequence[tuple[str, str]] = [*render_html(page).items(), ("icp.md", render_markdown(page))]
    for name, text in texts:
        write_text(out / name, text)
    return tuple(out / name for name, _ in texts)
