"""Default features of events and signals: how much, by how many, how lately; the first days of a trial."""

from __future__ import annotations

import re

from icpfit.config import Direction, Disqualifier
from icpfit.sources.propose_features import Features, in_number, in_words, short_name
from icpfit.sources.propose_tables import Name, Tables
from icpfit.sources.sql import literal
from icpfit.sources.vocabulary import plain_words

MOST_EVENTS = 12
MOST_SIGNALS = 10
MOST_TOPICS = 4

_EAGER = re.compile(
    r"\b(pricing|demo|trial|api|integrations?|invites?|invited|reports?|activated|activation|contact sales|roi|quote|log ?ins?|sessions?)\b"
)
_COLD = re.compile(r"\b(unsubscribed?|bounced?|error|complain\w*|opt out|cancel\w*)\b")
_TRIAL = re.compile(
    r"\btrial\b.*\b(start\w*|begin|began|created|opened)\b|\b(start\w*|begin)\b.*\btrial\b|^(trial|sign ?up|signed up|trial signup)$"
)
_BAD_NEWS = re.compile(r"\b(layoffs?|hiring freeze|bankruptcy|insolvency|downsizing|restructuring)\b")
_GOOD_NEWS = re.compile(r"\b(funding|funding round|acquisition|leadership hires?)\b")
_TOPICAL = re.compile(r"\b(topic|surge|job|postings?|research)\b")


def event_features(tables: Tables, taken: set[str]) -> Features:
    """Counts in 7, 30 and 90 days, users and recency of every event; the first days of a trial."""
    out = Features(taken)
    if not tables.has("events"):
        return out
    events = tables.names("events", "event")
    if any(e.users for e in events):
        for days in (7, 30, 90):
            out.add(
                0,
                f"users_{days}d",
                f"Users active in the last {days} days",
                "behavioral",
                "events",
                "distinct",
                column="user_id",
                window_days=days,
                unit="users",
                monotone="increasing",
                why="several people mean a project, one means curiosity",
            )
    out.add(
        0,
        "last_seen_days",
        "Days since the last event of any kind",
        "behavioral",
        "events",
        "recency_days",
        unit="days",
        why="interest cools",
    )
    for event in events[:MOST_EVENTS]:
        _one_event(out, event)
    trial = next((e for e in events if _TRIAL.search(plain_words(e.text))), None)
    if trial is not None:
        _trial(out, trial, events[:MOST_EVENTS])
    if len(events) > MOST_EVENTS:
        out.doubts.append(f"events: {len(events) - MOST_EVENTS} rarer kinds have no feature, e.g. {events[MOST_EVENTS].text!r}")
    return out


def _direction(words: str) -> Direction | None:
    if _COLD.search(words):
        return "decreasing"
    return "increasing" if _EAGER.search(words) else None


def _one_event(out: Features, event: Name) -> None:
    short, words, where = short_name(event.text), in_words(event.text), f"event = {literal(event.text)}"
    direction = _direction(plain_words(event.text))
    for rank, days in ((0, 30), (1, 7), (2, 90)):
        out.add(
            rank,
            f"{short}_{days}d",
            f"{in_number(event.text)} in the last {days} days",
            "behavioral",
            "events",
            "count",
            where=where,
            window_days=days,
            unit="times",
            monotone=direction,
            why="what it does says how it buys",
        )
    if event.users:
        out.add(
            2,
            f"{short}_users_30d",
            f"{words}: users in the last 30 days",
            "behavioral",
            "events",
            "distinct",
            column="user_id",
            where=where,
            window_days=30,
            unit="users",
            monotone=direction,
            why="how widely it is used",
        )
    out.add(
        2,
        f"{short}_days_ago",
        f"{words}: days since the last time",
        "behavioral",
        "events",
        "recency_days",
        where=where,
        unit="days",
        why="interest cools",
    )


def _trial(out: Features, trial: Name, events: list[Name]) -> None:
    for event in events:
        if event.text == trial.text:
            continue
        direction = _direction(plain_words(event.text))
        out.add(
            1,
            f"{short_name(event.text)}_first_2d",
            f"{in_number(event.text)} in the first 2 days of the trial",
            "behavioral",
            "events",
            "count",
            where=f"event = {literal(event.text)}",
            after=trial.text,
            window_days=2,
            unit="times",
            monotone=direction,
            why="who starts at once goes on",
        )
    if any(e.users for e in events):
        out.add(
            0,
            "users_first_7d",
            "Users in the first 7 days of the trial",
            "behavioral",
            "events",
            "distinct",
            column="user_id",
            after=trial.text,
            window_days=7,
            unit="users",
            monotone="increasing",
            why="a team tries, not a person",
        )


def signal_features(tables: Tables, taken: set[str]) -> Features:
    """Whether a signal came in 90 and 180 days, and how long ago; counts of surges and postings, by topic too."""
    out = Features(taken)
    if not tables.has("signals"):
        return out
    signals = tables.names("signals", "signal")
    for signal in signals[:MOST_SIGNALS]:
        _one_signal(out, tables, signal)
    if len(signals) > MOST_SIGNALS:
        out.doubts.append(f"signals: {len(signals) - MOST_SIGNALS} rarer kinds have no feature, e.g. {signals[MOST_SIGNALS].text!r}")
    return out


def _one_signal(out: Features, tables: Tables, signal: Name) -> None:
    short, words, plain = short_name(signal.text), in_words(signal.text), plain_words(signal.text)
    where = f"signal = {literal(signal.text)}"
    bad = _BAD_NEWS.search(plain) is not None
    direction: Direction | None = "decreasing" if bad else "increasing" if _GOOD_NEWS.search(plain) else None
    why = "no money to spend" if bad else "says when it buys"
    for rank, days in ((0, 180), (1, 90)):
        name = out.add(
            rank,
            f"{short}_{days}d",
            f"{words} in the last {days} days",
            "intent",
            "signals",
            "any",
            where=where,
            window_days=days,
            kind="flag",
            monotone=direction,
            why=why,
        )
        if days == 180 and re.search(r"\blayoffs?\b", plain):
            out.disqualifiers.append(Disqualifier(feature=name, reason="layoffs in the last 180 days"))
    out.add(
        2, f"{short}_days_ago", f"{words}: days since the last one", "intent", "signals", "recency_days", where=where, unit="days", why=why
    )
    if not _TOPICAL.search(plain):
        return
    for rank, days in ((1, 30), (1, 90)):
        out.add(
            rank,
            f"{short}_count_{days}d",
            f"{in_number(signal.text)} in the last {days} days",
            "intent",
            "signals",
            "count",
            where=where,
            window_days=days,
            unit="times",
            why="one may be chance, several are a search",
        )
    for topic in tables.names("signals", "topic", where=("signal", signal.text))[:MOST_TOPICS]:
        out.add(
            2,
            f"{short[:24]}_{short_name(topic.text)[:28]}_90d",
            f"{words}, {topic.text}: times in the last 90 days",
            "intent",
            "signals",
            "count",
            where=f"{where} AND topic = {literal(topic.text)}",
            window_days=90,
            unit="times",
            why="what it looks for",
        )
