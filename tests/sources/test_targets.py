"""Target lists: every row in is a row to score or a row with a reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpfit.errors import SourceError
from icpfit.moments import parse_moment
from icpfit.sources.targets import BAD_MOMENT, NO_MOMENT, NOBODY, UNREADABLE, read_target_list


def listed(tmp_path: Path, text: str, name: str = "list.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def test_rows_stay_in_order_as_they_were_given(tmp_path: Path) -> None:
    path = listed(tmp_path, "Company Name,Domain,Employee-Count,note\nB,https://www.B.example/x,0050,\nA,a.example,12,hi\n")
    targets = read_target_list(path)
    assert targets.frame.columns.tolist() == ["Company Name", "Domain", "Employee-Count", "note"]
    assert targets.frame.to_numpy().tolist() == [["B", "https://www.B.example/x", "0050", None], ["A", "a.example", "12", "hi"]]
    assert targets.line.tolist() == [2, 3]
    assert targets.domain.tolist() == ["b.example", "a.example"]
    assert targets.account_id.tolist() == [None, None]
    assert targets.as_of.tolist() == [NO_MOMENT, NO_MOMENT]
    assert targets.roles == {"domain": "Domain", "employee_count": "Employee-Count"}
    assert targets.column("note") == "note"
    assert targets.column("company_name") == "Company Name"
    assert targets.column("region") is None
    assert targets.text("employee_count").tolist() == ["0050", "12"]
    assert targets.text("region").tolist() == [None, None]
    assert len(targets.rejected) == 0
    assert targets.rejected.columns.tolist() == ["line", "reason", *targets.frame.columns]


def test_rows_that_cannot_be_scored(tmp_path: Path) -> None:
    text = "account_id,domain,as_of,line\nA1,,2025-01-01,x\n,nonsense,,y\n,,,\nA2,,soon,z\n,gmail.com,2025-01-01T12:00+01:00,\n"
    targets = read_target_list(listed(tmp_path, text))
    assert targets.line.tolist() == [2, 6]
    assert targets.account_id.tolist() == ["A1", None]
    assert targets.domain.tolist() == [None, "gmail.com"]
    assert targets.as_of.tolist() == [parse_moment("2025-01-01"), parse_moment("2025-01-01T11:00")]
    rejected = targets.rejected
    assert rejected["line"].tolist() == [3, 4, 5]
    assert rejected["reason"].tolist() == [NOBODY, NOBODY, BAD_MOMENT]
    assert rejected["input_line"].tolist() == ["y", None, "z"]
    assert targets.rows_in == 5


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_usual_separator(tmp_path: Path, separator: str) -> None:
    text = "\ufeffdomain,name\r\na.example,A\r\nb.example,B".replace(",", separator)
    targets = read_target_list(listed(tmp_path, text))
    assert targets.frame["name"].tolist() == ["A", "B"]


def test_a_list_of_domains_alone(tmp_path: Path) -> None:
    targets = read_target_list(listed(tmp_path, "domain\na.example\n\nb.example\n"))
    assert targets.domain.tolist() == ["a.example", "b.example"]


def test_duplicates_are_not_decided_here(tmp_path: Path) -> None:
    assert len(read_target_list(listed(tmp_path, "domain\na.example\nA.example\n")).frame) == 2


def test_broken_lines_are_rejected_by_their_number(tmp_path: Path) -> None:
    targets = read_target_list(listed(tmp_path, "domain,name\na.example,A\nb.example\nc.example,C,,\nd.example,D\n"))
    assert targets.line.tolist() == [2, 5]
    assert targets.rejected[["line", "reason"]].to_numpy().tolist() == [[3, UNREADABLE], [4, UNREADABLE]]


def test_neither_domain_nor_account_id(tmp_path: Path) -> None:
    path = listed(tmp_path, "company,website\nA,a.example\n")
    with pytest.raises(
        SourceError, match=r"list\.csv: no column tells which .* would be 'domain' or 'account_id'\. The list has: company, website"
    ):
        read_target_list(path)


def test_an_account_id_under_another_name(tmp_path: Path) -> None:
    path = listed(tmp_path, "Lead Number,name\n17,A\n")
    assert read_target_list(path, also={"account_id": ("customer", "lead number")}).account_id.tolist() == ["17"]
    with pytest.raises(SourceError, match=r"would be .domain., .account_id. or .customer.\. The list has: Lead Number, name"):
        read_target_list(path, also={"account_id": ("customer",)})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file is empty"),
        ("domain,name\n", "a header and no rows"),
        ("domain\nnonsense\n", "none of its 1 rows can be scored, e.g. line 2: no account_id and no usable domain"),
        ("domain,domain\na.example,b\n", "comes twice"),
        (",".join(["domain", *(f"c{i}" for i in range(10_000))]), "has 10,001 columns"),
        ('domain,name\n"a.example,A\n', "is never closed"),
    ],
)
def test_file_faults(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_target_list(listed(tmp_path, text))
    assert sentence in caught.value.message
    assert "list.csv" in caught.value.message


def test_no_such_list(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        read_target_list(tmp_path / "nowhere.csv")
    with pytest.raises(SourceError, match="is a folder"):
        read_target_list(tmp_path)


def test_odd_types_in_parquet(tmp_path: Path) -> None:
    table = pa.table(
        {
            "account_id": pa.array([1.0, None, 3.0]),
            "domain": pa.array([5, None, 7]),
            "employee_count": pa.array([1.5, float("nan"), 200.0]),
            "tags": pa.array([["a"], [], None]),
            "more": pa.array([{"x": 1}, None, {"x": 2}]),
            "as_of": pa.array(pd.to_datetime(["2025-01-01 00:00", None, "2025-06-01 12:00"])),
            "": pa.array([1, 2, 3]),
        }
    )
    path = tmp_path / "list.parquet"
    pq.write_table(table, path)
    targets = read_target_list(path)
    assert targets.account_id.tolist() == ["1", "3"]
    assert targets.line.tolist() == [1, 3]
    assert targets.frame.columns.tolist() == ["account_id", "domain", "employee_count", "tags", "more", "as_of"]
    assert targets.frame["tags"].tolist() == ["[a]", None]
    assert targets.frame["employee_count"].tolist() == ["1.5", "200.0"]
    assert targets.as_of.tolist() == [parse_moment("2025-01-01"), parse_moment("2025-06-01T12:00")]
    assert targets.rejected["line"].tolist() == [2]


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([20250101, None]),
        pa.array([2025.5, float("nan")]),
        pa.array([True, None]),
        pa.array([["2025-01-01"], None]),
        pa.array([pd.Timestamp("2025-01-01").time(), None]),
        pa.array([1, None], pa.duration("s")),
        pa.array(["last week", ""]).dictionary_encode(),
    ],
    ids=lambda c: str(c.type),
)
def test_a_moment_of_another_type_is_no_date_and_an_empty_one_is_none(tmp_path: Path, cells: pa.Array) -> None:
    pq.write_table(pa.table({"domain": ["a.example", "b.example"], "as_of": cells}), tmp_path / "list.parquet")
    targets = read_target_list(tmp_path / "list.parquet")
    assert targets.line.tolist() == [2]
    assert targets.as_of.tolist() == [NO_MOMENT]
    assert targets.rejected[["line", "reason"]].to_numpy().tolist() == [[1, BAD_MOMENT]]


def test_lists_of_numbers_and_of_times_are_texts(tmp_path: Path) -> None:
    when = pa.array([[pd.Timestamp("2025-01-01")], None], pa.list_(pa.timestamp("us")))
    sizes = pa.array([[1.5, 2.0], []], pa.list_(pa.float64()))
    pq.write_table(pa.table({"domain": ["a.example", "b.example"], "employee_count": sizes, "seen": when}), tmp_path / "list.parquet")
    targets = read_target_list(tmp_path / "list.parquet")
    assert targets.text("employee_count").tolist() == ["[1.5, 2.0]", "[]"]
    assert targets.frame["seen"].tolist() == ["['2025-01-01 00:00:00']", None]


def test_where_every_moment_is_bad_the_hint_is_about_moments(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="line 2: as_of is not a date") as caught:
        read_target_list(listed(tmp_path, "domain,as_of\na.example,1/31/2026\n"))
    assert "2026-01-31" in (caught.value.hint or "")


def test_what_only_calls_itself_csv(tmp_path: Path) -> None:
    pq.write_table(pa.table({"domain": ["a.example"]}), tmp_path / "list.csv")
    with pytest.raises(SourceError, match=r"list\.csv: this is a Parquet file"):
        read_target_list(tmp_path / "list.csv")


def test_what_only_calls_itself_parquet(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not a Parquet file, though its name says so"):
        read_target_list(listed(tmp_path, "domain\na.example\n", "list.parquet"))


def test_a_column_without_a_name_is_carried_over(tmp_path: Path) -> None:
    targets = read_target_list(listed(tmp_path, "domain,,column_2\na.example,x,y\n"))
    assert targets.frame.columns.tolist() == ["domain", "column_2_", "column_2"]


cells = st.sampled_from(["", "a.example", "B.example", "gmail.com", "x", "A1", "2025-01-01", "tomorrow", "ü,\n;", '"'])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8))
def test_rows_in_are_rows_to_score_and_rows_with_a_reason(tmp_path: Path, rows: list[tuple[str, str, str]]) -> None:
    frame = pd.DataFrame([("A0", "", ""), *rows], columns=["account_id", "domain", "as_of"])
    path = tmp_path / "list.csv"
    frame.to_csv(path, index=False)
    targets = read_target_list(path)
    blank = (frame == "").all(axis=1).sum()
    assert targets.rows_in == len(frame)
    assert blank <= len(targets.rejected)
    lines = np.concatenate([targets.line, targets.rejected["line"].to_numpy()])
    assert sorted(lines.tolist()) == list(range(2, len(frame) + 2))
    assert (np.diff(targets.line) > 0).all()
    for i, line in enumerate(targets.line):
        given_cells = [c.strip() or None for c in frame.iloc[line - 2]]
        assert targets.frame.iloc[i].tolist() == given_cells
