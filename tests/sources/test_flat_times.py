"""Two columns for one close, and two forms of dates: read as if one column and one form held it all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from icpfit.config import FlatSource
from icpfit.errors import ConfigError, SourceError
from icpfit.moments import parse_moment
from icpfit.sources.flat import FlatTable, read_flat

HEADER = "Deal,Status,Opened,Won time,Lost time,Closed,Size"
ROWS = [
    "D1,Won,2026-01-05,2026-02-01,,2026-02-01,5",
    "D2,Lost,2026-01-06,,2026-02-02,2026-02-02,6",
    "D3,Open,2026-01-07,,,,7",
    "D4,Lost,2026-01-08,,2026-02-04 10:30:00,2026-02-04 10:30:00,8",
    "D5,Won,2026-01-09,2026-03-05,,2026-03-05,9",
]
SPLIT = ["Won time", "Lost time"]


def read(tmp_path: Path, rows: list[str], closed_at: object, as_of: str | None = None, **changes: object) -> FlatTable:
    path = tmp_path / "deals.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    columns = {"id": "Deal", "result": "Status", "positive": ["Won"], "negative": ["Lost"], "created_at": "Opened", "closed_at": closed_at}
    body = {"kind": "flat", "path": path, "columns": columns, "layers": {"firmographic": ["Size"]}, **changes}
    return read_flat(FlatSource.model_validate(body), max_left_out=1.0, as_of=None if as_of is None else parse_moment(as_of))


@pytest.mark.parametrize("as_of", [None, "2026-02-03", "2026-02-20"])
def test_two_columns_say_what_one_says(tmp_path: Path, as_of: str | None) -> None:
    one, two = read(tmp_path, ROWS, "Closed", as_of), read(tmp_path, ROWS, SPLIT, as_of)
    pd.testing.assert_frame_equal(one.frame, two.frame)
    assert (one.newest, one.count) == (two.newest, two.count)
    assert read(tmp_path, ROWS, ["Closed"], as_of).fingerprint == one.fingerprint
    assert set(two.unused) == {"Closed"}


def test_of_two_closes_the_later_holds_and_rows_where_they_differ_are_counted(tmp_path: Path) -> None:
    both = ["D6,Lost,2026-01-10,2026-02-20,2026-03-01,,4", "D7,Won,2026-01-10,2026-02-20,2026-02-20 09:00:00,,4"]
    flat = read(tmp_path, [*ROWS, *both], SPLIT)
    assert flat.frame.set_index("id")["closed_at"]["D6"] == parse_moment("2026-03-01")
    (found,) = [f for f in flat.findings if f.code == "FLAT-TWO-CLOSES"]
    assert found.rows == 1
    assert "1 of 7 rows have two closing dates that differ, e.g. row 6: Won time '2026-02-20', Lost time '2026-03-01'" in found.words
    pd.testing.assert_frame_equal(read(tmp_path, [*ROWS, *both], SPLIT[::-1]).frame, flat.frame)
    assert not read(tmp_path, ROWS, SPLIT).findings


@pytest.mark.parametrize("as_of", ["2026-02-10", "2026-02-21", "2026-02-25", "2026-03-02"])
def test_no_outcome_is_known_before_a_reading_as_of_that_moment_knows_it(tmp_path: Path, as_of: str) -> None:
    """Won, and lost after all: until the second day nobody knew the result that stands in the file."""
    rows = [*ROWS, "D6,Lost,2026-01-10,2026-02-20,2026-03-01,,4", "D7,Won,2026-01-10,2026-02-24,2026-02-12,,4"]
    whole, then = (read(tmp_path, rows, SPLIT, moment).frame.set_index("id") for moment in (None, as_of))
    known = whole[whole["label"].notna() & (whole["closed_at"] < parse_moment(as_of))]
    assert known.index.tolist() == then.index[then["label"].notna()].tolist()
    assert known["closed_at"].tolist() == then["closed_at"][known.index].tolist()


def test_a_bad_or_an_early_close_is_named_with_its_own_column(tmp_path: Path) -> None:
    flat = read(tmp_path, [*ROWS, "D6,Lost,2026-01-10,,soon,,4", "D7,Lost,2026-01-10,,2025-01-01,,4"], SPLIT)
    assert flat.count.left_out == {"bad date": 1, "closed before created": 1}
    assert sorted(f.words.split("e.g. ")[1].split(". ")[0] for f in flat.findings) == [
        "row 6, 'D6': Lost time 'soon'",
        "row 7, 'D7': Lost time '2025-01-01'",
    ]


def test_each_column_is_read_by_its_own_form(tmp_path: Path) -> None:
    own = [row.replace("2026-01-0", "01/0").split(",") for row in ROWS]
    american = [",".join([*cells[:2], f"{cells[2]}/2026", *cells[3:]]) for cells in own]
    flat = read(tmp_path, american, "Closed", date_format={"Opened": "%m/%d/%Y"})
    pd.testing.assert_frame_equal(flat.frame, read(tmp_path, ROWS, "Closed").frame)


def test_a_close_is_no_feature_whatever_it_is_called(tmp_path: Path) -> None:
    for closed_at in (SPLIT, "Lost time"):
        with pytest.raises(ValidationError, match="the column 'Lost time' is the close, which is known with the result"):
            read(tmp_path, ROWS, closed_at, layers={"behavioral": ["Size", "Lost time"]})


def test_a_column_that_is_none_of_dates_or_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"date_format names the column 'Size'; the columns of dates are .*'Opened', 'Closed'"):
        read(tmp_path, ROWS, "Closed", date_format={"Size": "%Y"})
    with pytest.raises(ConfigError, match=r"no column 'Lost on', which source\.columns\.closed_at names"):
        read(tmp_path, ROWS, ["Won time", "Lost on"])
    with pytest.raises(ConfigError, match="'month first' is not a form of dates"):
        read(tmp_path, ROWS, "Closed", date_format={"Opened": "month first"})


@pytest.mark.parametrize("closed_at", [5, [], ["Won time", 5], {"a": "b"}])
def test_what_is_no_column_is_one_sentence(tmp_path: Path, closed_at: object) -> None:
    with pytest.raises(ValidationError, match="is a column, or a list of columns") as caught:
        read(tmp_path, ROWS, closed_at)
    assert caught.value.error_count() == 1
    with pytest.raises(ValidationError, match="is a form of dates such as"):
        read(tmp_path, ROWS, "Closed", date_format=["%Y"])


def test_a_closing_date_that_stands_for_ever_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"deals.csv: closed_at in row 2 is 9999-12-31, which can be no time"):
        read(tmp_path, [ROWS[0], *(f"D{i},Lost,2026-01-06,,,9999-12-31,6" for i in range(20, 30))], "Closed")
