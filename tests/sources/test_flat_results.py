"""A word for a result that nobody has named: an end that counts as open is said, a stage of open deals is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from icpfit.config import FlatSource
from icpfit.moments import parse_moment
from icpfit.sources.flat import FlatTable, read_flat

HEADER = "Deal,Result,Opened,Closed"
NAMED = [f"D{i},{'Won' if i % 2 else 'Lost'},2026-01-{i:02d},2026-02-{i:02d}" for i in range(1, 21)]
ROLES = {"id": "Deal", "result": "Result", "positive": ["Won"], "negative": ["Lost"], "created_at": "Opened", "closed_at": "Closed"}
CODE = "FLAT-RESULT-UNNAMED"


def read(folder: Path, rows: list[str], as_of: str | None = None, **columns: object) -> FlatTable:
    path = folder / "deals.csv"
    path.write_text("\n".join([HEADER, *NAMED, *rows]) + "\n", encoding="utf-8")
    roles = {name: header for name, header in {**ROLES, **columns}.items() if header is not None}
    source = FlatSource.model_validate({"kind": "flat", "path": path, "columns": roles, "missing": ["n/a"]})
    return read_flat(source, max_left_out=1.0, as_of=None if as_of is None else parse_moment(as_of))


def said(flat: FlatTable) -> list[str]:
    return [f.words for f in flat.findings if f.code == CODE]


def test_ends_under_a_new_word_are_counted_and_named(tmp_path: Path) -> None:
    flat = read(tmp_path, [f"N{i},Gewonnen!,2026-01-10,2026-02-1{i}" for i in range(7)])
    assert said(flat) == [
        "deals.csv: 7 rows have a close date and the result “Gewonnen!”, which source.columns.positive and negative do not name, "
        "so they count as open: name it, if it is an end. E.g. row 21."
    ]
    (found,) = (f for f in flat.findings if f.code == CODE)
    assert (found.severity, found.rows) == ("warning", 7)


def test_several_new_words_are_one_finding_whatever_their_capitals(tmp_path: Path) -> None:
    rows = ["N1,Closed - Won,2026-01-10,2026-02-10", "N2,closed - won,2026-01-10,2026-02-10", "N3,Pleite,2026-01-10,2026-02-10"]
    (words,) = said(read(tmp_path, rows))
    assert "3 rows have a close date and a result (“Closed - Won” 2, “Pleite” 1) that" in words
    assert "name those that are ends" in words


@pytest.mark.parametrize(
    "rows",
    [
        ["N1,Negotiation,2026-01-10,", "N2,Negotiation,2026-01-11,"],
        ["N1,Negotiation,2026-01-10,2026-12-31", "N2,Negotiation,2026-01-11,2027-01-31"],
        ["N1,Negotiation,2026-01-10,2026-02-01", "N2,Negotiation,2026-01-11,", "N3,Negotiation,2026-01-11,2026-12-31"],
        ["N1,,2026-01-10,2026-02-01", "N2,n/a,2026-01-10,2026-02-01"],
    ],
    ids=["no close", "a forecast", "one forecast that has passed", "no word"],
)
def test_what_is_plainly_open_is_not_named(tmp_path: Path, rows: list[str]) -> None:
    assert said(read(tmp_path, rows)) == []


def test_without_a_column_of_closes_a_stage_cannot_be_told_from_an_end(tmp_path: Path) -> None:
    flat = read(tmp_path, ["N1,Gewonnen!,2026-01-10,2026-02-01"], closed_at=None)
    assert said(flat) == []
    (other,) = flat.others
    assert (other.text, other.rows, other.dated, other.since) == ("Gewonnen!", 1, 0, parse_moment("2026-01-10"))


def test_a_close_after_the_moment_of_knowing_is_none_yet(tmp_path: Path) -> None:
    """As of the day before, nobody had written the result."""
    rows = ["N1,Gewonnen!,2026-01-10,2026-02-10"]
    assert said(read(tmp_path, rows, as_of="2026-02-12"))
    assert said(read(tmp_path, rows, as_of="2026-02-09")) == []


def test_rows_with_a_new_word_are_used_and_count_as_open_as_before(tmp_path: Path) -> None:
    flat = read(tmp_path, ["N1,Gewonnen!,2026-01-10,2026-02-10"])
    assert flat.count.used == 21
    assert flat.frame.set_index("id").loc["N1", ["label"]].isna().all()
