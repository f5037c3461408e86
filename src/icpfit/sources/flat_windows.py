"""Rows of a flat file that are well, and yet cannot have an outcome: recorded too early, or still too young."""

from __future__ import annotations

from icpfit.config import FlatSource
from icpfit.errors import ConfigError
from icpfit.moments import DAY, Micros, day_text, parse_moment
from icpfit.sources.flat_faults import Faults
from icpfit.sources.rows import DataFinding
from icpfit.sources.values import Moments

TABLE = "flat"
TOO_EARLY = "created before outcomes were recorded"
TOO_YOUNG = "too young to have an outcome"


def leave_out_by_window(source: FlatSource, faults: Faults, created: Moments, as_of: Micros | None) -> tuple[DataFinding, ...]:
    """Set aside what ``no_outcome_before`` and ``outcome_window_days`` name, and say why.

    Young rows go whatever their result: keeping the early wins without the rows that had no time to win
    would bias the rate.

    Raises:
        ConfigError: one of the two is set and no column holds the creation date.
    """
    found: list[DataFinding] = []
    settings = {"no_outcome_before": source.no_outcome_before, "outcome_window_days": source.outcome_window_days}
    if source.columns.created_at is None or as_of is None:
        named = [name for name, value in settings.items() if value is not None]
        if named and source.columns.created_at is None:
            raise ConfigError(f"source.{named[0]} needs a creation date", hint="name the column under source.columns.created_at")
        return ()
    if source.no_outcome_before is not None:
        first = parse_moment(source.no_outcome_before)
        n = faults.set_aside(TOO_EARLY, created.known & (created.micros < first))
        words = (
            f"{source.path.name}: rows left out, created before {day_text(first)}, when outcomes were not recorded yet: {n:,}. "
            "Such a row would look lost, whatever became of it."
        )
        found += [DataFinding("FLAT-TOO-EARLY", "note", TABLE, words, n)] if n else []
    if source.outcome_window_days is not None:
        until = as_of - source.outcome_window_days * DAY
        n = faults.set_aside(TOO_YOUNG, created.known & (created.micros > until))
        words = (
            f"{source.path.name}: rows left out, won or not, created less than {source.outcome_window_days} days before "
            f"{day_text(as_of)}: {n:,}. Such a row has not had the time that an outcome takes."
        )
        found += [DataFinding("FLAT-TOO-YOUNG", "note", TABLE, words, n)] if n else []
    return tuple(found)
