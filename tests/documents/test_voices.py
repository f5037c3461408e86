"""The newest quotes, one of each theme and kind."""

from __future__ import annotations

import pandas as pd

from icpfit.documents import voices_of
from icpfit.documents.voices import MOST_SIGNS

HELD = pd.DataFrame(
    [
        ("i1", 10, "won", "price", "old"),
        ("i2", 20, "won", "price", "newer, of the same theme"),
        ("i3", 20, "lost", "price", "the same theme, another kind"),
        ("i4", 90, "won", "price", "not known yet"),
        ("i5", 30, "won", None, "no theme"),
        ("i6", 31, "won", "speed", "  "),
        ("i7", 32, "won", "speed", None),
        ("i8", 50, "churned", "late", "at the moment itself"),
    ],
    columns=["interview_id", "visible_at", "kind", "theme", "quote"],
)


def test_the_newest_of_each_theme_and_kind_known_before_the_moment() -> None:
    assert [v["quote"] for v in voices_of(HELD, 50)] == ["no theme", "the same theme, another kind", "newer, of the same theme"]
    assert voices_of(HELD, 50)[0] == {"quote": "no theme", "theme": "", "kind": "won"}
    assert voices_of(HELD.sample(frac=1, random_state=3), 50) == voices_of(HELD, 50)
    assert voices_of(HELD[HELD["visible_at"] < 50], 50) == voices_of(HELD, 50)


def test_at_most_six() -> None:
    many = pd.DataFrame(
        {"interview_id": [f"i{n}" for n in range(9)], "visible_at": range(9), "theme": [f"t{n}" for n in range(9)], "quote": "yes"}
    )
    assert [v["theme"] for v in voices_of(many, 8)] == ["t7", "t6", "t5", "t4", "t3", "t2"]


def test_without_quotes_nobody_speaks() -> None:
    assert voices_of(HELD.drop(columns="quote"), 50) == []
    assert voices_of(HELD.iloc[:0], 50) == []


def test_a_transcript_is_cut_after_a_whole_word() -> None:
    long = pd.DataFrame(
        {"interview_id": ["i1", "i2"], "visible_at": [1, 2], "theme": ["a", "b"], "quote": ["We waited, " * 200, "x" * 900]}
    )
    unbroken, said = (v["quote"] for v in voices_of(long, 9))
    assert said.endswith("We waited…")
    assert len(said) <= len(unbroken) == MOST_SIGNS
