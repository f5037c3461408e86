"""What somebody must mend in the data before drift can be asked, or look at before an alarm is believed: facts, and no tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icpfit.bundle import Bundle
from icpfit.config import FeatureSpec, FlatSource, Outcome
from icpfit.cycle.asked import Asked
from icpfit.cycle.opened import Opened
from icpfit.drift import Finding
from icpfit.drift.learned import learned_values, lost_findings, none_is_left, strangers_finding
from icpfit.errors import ConfigError, FeatureError
from icpfit.features.account_query import field_of
from icpfit.features.checks import problems
from icpfit.features.schema import read_schema
from icpfit.moments import Micros, day_text
from icpfit.plural import counted
from icpfit.registry import Workspace, load_bundle
from icpfit.sources.flat_features import match_header
from icpfit.sources.flat_results import NAMED_UNDER, OtherResult, name_them, unnamed_words
from icpfit.sources.vocabulary import Role, plain_words, rank
from icpfit.training_set import TrainingSet

MOST_NAMED = 3
AGAIN = 2
"""A word that the training met already is told once it stands in more than so many times as many rows."""
UNREAD_STAGE = "ROWS-BAD-STAGE"


@dataclass(frozen=True)
class Facts:
    """``found``, what must be mended first; ``askable``: whether anything else can be asked of the data."""

    found: tuple[Finding, ...]
    askable: bool


def refuse_earlier(workspace: Workspace, as_of: Micros) -> None:
    """
    Raises:
        ConfigError: the champion was trained as of a later moment.
        BundleError: there is no champion, or it is damaged.
    """
    bundle = load_bundle(workspace, "champion")
    if as_of < bundle.as_of:
        day, then = day_text(as_of), day_text(bundle.as_of)
        raise ConfigError(
            f"drift is asked as of {day}, and the champion {bundle.version} was trained as of {then}: it knew all that was known on {day}",
            hint=f"name a day after {then}, or leave out --as-of and the newest time in the data holds",
        )


def learned_by(opened: Opened, training: Mapping[Outcome, TrainingSet]) -> dict[str, Any]:
    """What a bundle keeps of its training rows, by outcome, and of a flat file the ``results`` that are in no list, with their rows."""
    source = opened.config.source
    own_ids = not isinstance(source, FlatSource) or source.columns.id is not None
    kept: dict[str, Any] = {
        outcome: learned_values(data.features, data.frame["cohort"].to_numpy(object), data.frame["deal_id"] if own_ids else None)
        for outcome, data in training.items()
        if len(data.frame)
    }
    if isinstance(source, FlatSource):
        kept["results"] = {r.key: _rows_of(r, source) for r in _ends(opened, source)}
    return kept


def facts_of(asked: Asked, leading: Outcome, labels: Mapping[str, str]) -> Facts:
    """``labels``: how people call the features.

    Raises SourceError or ConfigError where the data cannot be read at all.
    """
    gone = _gone(asked, leading)
    strangers = _strangers(asked, leading)
    blocked = [*gone, *strangers]
    if not gone and not strangers:
        try:
            now = asked.training(leading)
        except FeatureError as error:
            action = "mend it, or retrain without it (icpfit retrain)" + (f"; {error.hint}" if error.hint else "")
            blocked = [_finding("DRIFT-SOURCE", "the data", 0, error.message, action)]
        else:
            blocked = _undated(asked, len(now.frame), now.timing)
    lost = [] if blocked else _lost(asked, labels)
    return Facts((*blocked, *_results(asked), *lost), not blocked)


def other_outcome(asked: Asked, leading: Outcome) -> Finding:
    """The source speaks of an outcome that the champion has no model of."""
    said = {"win": "who is won", "retention": "who stays"}
    knows = " and ".join(said[o] for o in asked.bundle.models())
    words = f"the data says {said[leading]}, and the champion knows {knows}"
    return _finding("DRIFT-SOURCE", "the data", 0, words, "see that the configuration and the workspace belong together, or retrain")


def _finding(code: str, subject: str, rows: int, words: str, action: str, then: int = 0) -> Finding:
    return Finding(code, subject, None, None, None, None, then, rows, False, words, action=action)


def _undated(asked: Asked, rows: int, timing: str) -> list[Finding]:
    """What is lacking where the data has no dates, or the champion's had none."""
    source, then = asked.opened.config.source, asked.bundle.metrics.get("timing")
    if timing == "dated":
        if then in (None, "dated"):
            return []
        words = "the champion was trained on data without dates, so what is new since then cannot be told"
        return [_finding("DRIFT-DATES", "dates", 0, words, "retrain with the dates that are there now (icpfit retrain)", rows)]
    words = "the source has no dates, so what is new cannot be told from what was there before"
    action = "give each row the day on which it was created, and the day on which it was closed"
    if isinstance(source, FlatSource):
        columns = asked.under.flat.columns
        created = f"name the column with the day on which a row was created under source.columns.created_at{_called('created', columns)}"
        closed = f", and the one with the day of its close under source.columns.closed_at{_called('closed', columns)}"
        action = f"{created}{'' if source.columns.closings else closed}; then retrain (icpfit retrain)"
    return [_finding("DRIFT-DATES", "dates", 0, words, action, rows)]


def _called(role: Role, columns: Sequence[str]) -> str:
    """The column whose name speaks most of the role, in brackets; nothing where none does.

    >>> _called("created", ["Deal", "Create Date"]), _called("closed", ["Deal", "Create Date"])
    (' (“Create Date”, say)', '')
    """
    ranked = sorted((r, i, c) for i, c in enumerate(columns) if (r := rank(role, plain_words(c))) is not None)
    return f" (“{ranked[0][2]}”, say)" if ranked else ""


def _gone(asked: Asked, leading: Outcome) -> list[Finding]:
    """What the champion's features are made of and is not there any more."""
    bundle = asked.bundle
    used = used_by(bundle)
    source, warehouse = asked.opened.config.source, asked.opened.warehouse
    if isinstance(source, FlatSource):
        columns = asked.under.flat.columns
        lacking = {s.column or s.name: s for s in bundle.specs if s.name in used}
        all_of = len(lacking)
        places = [h for h in lacking if match_header(h, pd.Index(columns)) is None]
        where = source.path.name
        do = (
            "give the columns their old headers again; or name under source.layers what is there now, and retrain without them "
            "(icpfit retrain)"
        )
    elif warehouse is not None:
        schema, by_name = read_schema(warehouse), {s.name: s for s in bundle.declared}
        of_tables = [s for s in bundle.declared if s.table != "deals"]
        found = problems(warehouse.connection, schema, of_tables)
        wrong = [by_name[name] for p in found for name in p.features]
        wrong += [s for s in bundle.specs if s.table == "deals" and s.name in used and not schema.has("deals", s.column or s.name)]
        places, all_of, where = list(dict.fromkeys(_place(s, schema.tables) for s in wrong)), 0, "the data"
        do = "bring it back, map it under source.columns, or retrain without it (icpfit retrain)"
        if found and found[0].hint:
            do = f"{do}; {found[0].hint}"
    else:
        return []
    if not places:
        return []
    if len(places) == all_of:
        words = f"none of the {counted(all_of, 'column')} that the champion's attributes are made of is in {where}: it lacks "
    else:
        words = f"the champion's attributes are made of what is no longer in {where}: "
    return [_finding("DRIFT-SOURCE", "the data", 0, f"{words}{_several(places)}", do)]


def used_by(bundle: Bundle) -> frozenset[str]:
    """Names of the features that its models and its card look at."""
    of_models = {c for m in bundle.models().values() for c in m.encoding.columns}
    return frozenset(of_models | {a.name for a in bundle.card.attributes})


def _place(spec: FeatureSpec, tables: Mapping[str, Any]) -> str:
    """Where a feature is read, as people write it."""
    if spec.table not in tables:
        return f"the table {spec.table}"
    column = field_of(spec)
    return f"{spec.table}.{column}" if column else f"the table {spec.table} as {spec.label} needs it"


def _several(places: list[str]) -> str:
    """
    >>> _several(["a", "b"]), _several(list("abcde"))
    ('a and b', 'a, b, c and 2 more')
    """
    if len(places) <= MOST_NAMED:
        return " and ".join([", ".join(places[:-1]), places[-1]] if len(places) > 1 else places)
    return f"{', '.join(places[:MOST_NAMED])} and {len(places) - MOST_NAMED} more"


def _strangers(asked: Asked, leading: Outcome) -> list[Finding]:
    """Not one deal that the champion learned from is there. A bundle that kept no ids is passed over."""
    learned = asked.bundle.learned.get(leading)
    if not learned:
        return []
    warehouse = asked.opened.warehouse
    if warehouse is None:
        ids = asked.under.flat.frame["id"].tolist()
    else:
        ids = [row[0] for row in warehouse.connection.sql("SELECT deal_id FROM deals").fetchall()]
    if not none_is_left(learned, ids):
        return []
    return [strangers_finding(learned, len(ids), (asked.bundle.company, asked.opened.config.company))]


def _ends(opened: Opened, source: FlatSource) -> list[OtherResult]:
    """Results in no list that may be ends; where closes are not dated, every one."""
    return [r for r in opened.flat.others if r.looks_like_an_end or not source.columns.closings]


def _rows_of(result: OtherResult, source: FlatSource) -> int:
    return result.dated if source.columns.closings else result.rows


def _results(asked: Asked) -> list[Finding]:
    """Words for a result that nobody has named, unless the champion's training met them already."""
    source, warehouse = asked.opened.config.source, asked.opened.warehouse
    if warehouse is not None:
        return _unread_stages(asked)
    if not isinstance(source, FlatSource):
        return []
    then, dated = asked.bundle.learned.get("results"), bool(source.columns.closings)
    if then is not None:
        new = [r for r in _ends(asked.under, source) if _rows_of(r, source) > AGAIN * then.get(r.key, 0)]
    else:  # a bundle of before: what deals of its time bear was there already, where nothing tells an end from a stage
        new = [r for r in _ends(asked.under, source) if dated or (r.since is not None and r.since >= asked.bundle.as_of)]
    if not new:
        return []
    rows = sum(_rows_of(r, source) for r in new)
    words = f"{unnamed_words(new, dated=dated)}; fewer seem to be won, or lost, than are"
    action = f"{name_them(new)}, under {NAMED_UNDER}, and ask again before any alarm is believed"
    return [_finding("DRIFT-RESULTS", "results", rows, words, action)]


def _unread_stages(asked: Asked) -> list[Finding]:
    """Of tables, deals whose stage is none of the contract's words: they are left out, and so missing among the ends."""
    there = [f for f in asked.opened.findings if f.code == UNREAD_STAGE and f.table == "deals"]
    told = asked.bundle.metrics.get("findings") or ()
    then = sum(int(f.get("rows") or 0) for f in told if f.get("code") == UNREAD_STAGE and f.get("table") == "deals")
    rows = sum(f.rows for f in there)
    if rows <= AGAIN * then:
        return []
    words = f"stages that cannot be read: {' '.join(f.words for f in there).rstrip('.')}; fewer seem to be won, or lost, than are"
    action = "say in the configuration what the word means (won, lost or open), and ask again before any alarm is believed"
    return [_finding("DRIFT-RESULTS", "results", rows, words, action)]


def _lost(asked: Asked, labels: Mapping[str, str]) -> list[Finding]:
    """Fields that were known of the rows that the champion learned from, and are no longer; each once, most lost first."""
    used, found = used_by(asked.bundle), dict[str, Finding]()
    for outcome in asked.outcomes:
        learned = asked.bundle.learned.get(outcome)
        if not learned:
            continue
        now = asked.training(outcome)
        rows = np.flatnonzero(~np.isnan(now.labels_at(asked.bundle.as_of)))
        cohort = now.frame["cohort"].to_numpy(object)[rows]
        for f in lost_findings(learned, now.features.iloc[rows], cohort, labels, used):
            if f.subject not in found or (f.effect or 0) > (found[f.subject].effect or 0):
                found[f.subject] = f
    return sorted(found.values(), key=lambda f: (-(f.effect or 0.0), f.subject))
