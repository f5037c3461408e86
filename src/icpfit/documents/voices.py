"""What customers said, in their own words: the newest interviews known at a moment."""

from __future__ import annotations

import pandas as pd

from icpfit.moments import Micros

MOST_VOICES = 6
MOST_SIGNS = 400
"""A longer quote ends with … after a whole word: a page is no transcript."""


def voices_of(interviews: pd.DataFrame, as_of: Micros) -> list[dict[str, str]]:
    """``quote``, ``theme`` and ``kind`` of the newest quote of each theme and kind, at most six, the newest first; a long one is cut.

    ``interviews`` as in a warehouse. Only what was held, and known, before ``as_of``; a blank quote says nothing.
    """
    if "quote" not in interviews.columns:
        return []
    said = interviews.assign(**{c: interviews[c].fillna("") if c in interviews.columns else "" for c in ("quote", "theme", "kind")})
    said = said[(said["quote"].astype(str).str.strip() != "") & (said["visible_at"] < as_of)]
    said = said.sort_values(["visible_at", "interview_id"], ascending=False).drop_duplicates(["theme", "kind"]).head(MOST_VOICES)
    return [{"quote": _short(str(row["quote"])), "theme": str(row["theme"]), "kind": str(row["kind"])} for _, row in said.iterrows()]


def _short(quote: str) -> str:
    text = quote.strip()
    if len(text) <= MOST_SIGNS:
        return text
    cut = text[: MOST_SIGNS - 1]
    return f"{(cut.rsplit(None, 1)[0] if ' ' in cut else cut).rstrip(' ,;:.')}…"
