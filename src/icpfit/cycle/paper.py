"""Write the ICP document and the signal report: of a run, or of the champion in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icpfit.bundle import Bundle
from icpfit.config import Config, FlatSource, OutcomeSettings, Source
from icpfit.cycle.asked import Asked
from icpfit.cycle.opened import Opened
from icpfit.documents import Market, flat_market, market_of, render_html, render_markdown, summarise, voices_of
from icpfit.moments import Micros
from icpfit.registry import Workspace, load_bundle, read_champion, read_gates
from icpfit.sources.files import write_text

if TYPE_CHECKING:
    from icpfit.cycle.retrain import Learned

PROPOSED = "A proposal: in force only once leadership has signed it off."
OF_THE_CHAMPION = "Asked of the profile that was in force when this run was made, not of the one that it proposes."
NOT_REGISTERED = "A record of a training run; nothing was put up for a sign-off."


def write_documents(opened: Opened, learned: Learned, out: Path) -> Path:
    """The documents of a training run, signal or not, as files in ``out``."""
    specs = next(iter(learned.training.values())).specs if learned.training else ()
    page = summarise(
        learned.metrics,
        learned.card if learned.bundle is not None else None,
        standing=PROPOSED if learned.bundle is not None else NOT_REGISTERED,
        market=market(opened, learned.as_of),
        no_market=why_no_market(opened),
        voices=voices(opened, learned.as_of),
        gates=[g.values() for g in learned.gates],
        drift=learned.drift or None,
        drift_about=OF_THE_CHAMPION if learned.drift else "",
        labels={s.name: s.label for s in specs},
        meanings=meanings(opened.config, opened.config.outcomes),
        proposed=True,
        seen=learned.bundle.attributions if learned.bundle is not None else None,
    )
    _write(page, out)
    for name, text in learned.lists.items():
        write_text(out / name, text)
    return out


def document_champion(opened: Opened, workspace: Workspace, as_of: Micros, out: Path) -> tuple[Path, ...]:
    """The champion's documents with today's market; drift is asked as ``icpfit drift`` does.

    Raises:
        BundleError: there is no champion, or it is damaged.
    """
    from icpfit.cycle.drift_pictures import drift_pictures
    from icpfit.cycle.watch import findings_since

    bundle = load_bundle(workspace, "champion")
    newest = load_bundle(workspace, "challenger", missing_ok=True)
    found = findings_since(opened, bundle, as_of, newest.card if newest is not None else None)
    judged = read_gates(workspace, bundle.version)
    champion = read_champion(workspace)
    page = summarise(
        bundle.metrics,
        bundle.card,
        standing=f"In force, signed off by {champion.by} on {champion.at[:10]}." if champion is not None else "",
        market=market(opened, as_of),
        no_market=why_no_market(opened),
        voices=voices(opened, as_of),
        gates=[g.values() for g in judged.gates] if judged is not None else [],
        drift=found,
        drift_about=_looked_at(opened, bundle, as_of),
        pictures=drift_pictures(Asked(opened, bundle, as_of), found, workspace),
        labels={s.name: s.label for s in bundle.specs},
        meanings=meanings(opened.config, bundle.outcomes),
        seen=bundle.attributions,
    )
    return _write(page, out)


def _looked_at(opened: Opened, bundle: Bundle, as_of: Micros) -> str:
    """Since when, and up to when; nothing where there are no dates."""
    then, now = bundle.metrics.get("as_of"), opened.day(as_of)
    if not then or not now:
        return ""
    return f"What became known between {then}, when the profile in force was trained, and {now} is compared with what it was learned from."


def market(opened: Opened, as_of: Micros | None) -> Market | None:
    """Who is buying; None where there are no dated deals, and ``why_no_market`` says why."""
    if as_of is None or "win" not in opened.outcomes:
        return None
    if opened.warehouse is None:
        counted = flat_market(opened.flat, as_of)
        return None if counted is None else replace(counted, about=f"{counted.about}{_window_words(opened.config.source)}")
    return market_of(opened.warehouse.frame("deals"), opened.warehouse.frame("accounts"), as_of)


def why_no_market(opened: Opened) -> str:
    """In words, what is missing where ``market`` finds nothing to count."""
    if "win" not in opened.outcomes:
        return "The file says who stays, not who buys: there are no deals to count."
    return "No row of the file says when a deal was closed, so the last twelve months cannot be told from the years before."


def _window_words(source: Source) -> str:
    if not isinstance(source, FlatSource):
        return ""
    said = "" if source.no_outcome_before is None else f" Rows created before {source.no_outcome_before} are not counted."
    if (days := source.outcome_window_days) is not None:
        said += (
            f" Rows of the last {days:,} days have not had their time yet and are not counted, won or not; "
            f"an older one that was never closed counts as lost {days:,} days after it was created."
        )
    return said


def voices(opened: Opened, as_of: Micros | None) -> list[dict[str, str]]:
    if opened.warehouse is None or as_of is None or not opened.warehouse.has("interviews"):
        return []
    return voices_of(opened.warehouse.frame("interviews"), as_of)


def meanings(config: Config, outcomes: OutcomeSettings) -> list[tuple[str, str]]:
    """What won and kept mean for this company, in words."""
    source = config.source
    if isinstance(source, FlatSource):
        good, bad = ("Won", "Lost") if source.outcome == "win" else ("Stayed", "Left")
        column = source.columns.result
        return [(good, _values(column, source.columns.positive)), (bad, _values(column, source.columns.negative))]
    won = "a new customer's deal that was closed as won"
    if outcomes.max_discount is not None:
        won += f"; a win at more than {outcomes.max_discount:.0%} below the list price teaches nothing about fit"
    lost = "a new customer's deal that was closed as lost"
    if outcomes.stale_after_days is not None:
        lost += f", or is open for more than {outcomes.stale_after_days:,} days"
    days = outcomes.retention_horizon_days + outcomes.renewal_grace_days
    stayed = {
        "kept_arr": "pays at least as much a year as at the start",
        "expanded_or_referred": "pays more a year than at the start, or has brought another customer",
    }[outcomes.retention_rule]
    return [
        ("Won", won),
        ("Lost", lost),
        ("Stayed, kept", f"a customer who {days:,} days after the start {stayed}"),
        ("Left", "any other customer whose time of so many days has passed, one who pays less among them"),
    ]


def _values(column: str, values: Sequence[str]) -> str:
    return f"the column “{column}” says {' or '.join(f'“{v}”' for v in values)}"


def _write(page: Mapping[str, Any], out: Path) -> tuple[Path, ...]:
    texts: Sequence[tuple[str, str]] = [*render_html(page).items(), ("icp.md", render_markdown(page))]
    for name, text in texts:
        write_text(out / name, text)
    return tuple(out / name for name, _ in texts)
