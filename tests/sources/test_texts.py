"""Files as text: what is there comes through, and what cannot be read is one clear sentence."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpfit.errors import SourceError
from icpfit.sources.texts import as_texts, read_texts

plain = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=("Cs",)), max_size=12)


def write(path: Path, body: bytes | str) -> Path:
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return path


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(plain, plain, plain), min_size=1, max_size=8), separator=st.sampled_from(",;\t|"), bom=st.booleans())
def test_what_the_csv_module_writes_is_read_back(tmp_path: Path, rows: list[tuple[str, ...]], separator: str, bom: bool) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "größe", "order"])
    writer.writerows(rows)
    path = write(tmp_path / "deals.csv", out.getvalue().encode("utf-8-sig" if bom else "utf-8"))
    table = read_texts(path, separator)
    assert table.columns == ("id", "größe", "order")
    blanks = " \t\n\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0"
    got = [tuple(c.strip() for c in r) for r in table.frame.itertuples(index=False)]
    assert [tuple(c.strip(blanks) for c in r) for r in got] == [tuple(c.strip().strip(blanks) for c in r) for r in rows]


def test_the_separator_is_found_out_and_quoted_ones_do_not_count(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'name;size\n"A, Inc.";"5;6"\n"B, Inc.";7\n')
    table = read_texts(path)
    assert (table.separator, table.frame.to_numpy().tolist()) == (";", [["A, Inc.", "5;6"], ["B, Inc.", "7"]])


def test_rows_with_too_few_or_too_many_cells_are_numbered(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'a,b\n1,2\n3\n4,5,6\n\n"x\ny",8\n9\n')
    table = read_texts(path)
    assert table.broken == (2, 3, 5)
    assert table.row.tolist() == [1, 4]
    assert len(table.frame) == 2


def test_a_header_without_a_name_is_called_by_its_place(tmp_path: Path) -> None:
    assert read_texts(write(tmp_path / "a.csv", "a,b,\n1,2,\n")).columns == ("a", "b", "column 3")


HOSTILE: list[tuple[str, bytes, str]] = [
    ("empty.csv", b"", "the file is empty"),
    ("bom_only.csv", b"\xef\xbb\xbf\n", "nothing but empty lines"),
    ("header.csv", b"id,result\n", "header of 2 columns and no rows"),
    ("latin.csv", b"id,result\n1,Won\n2,caf\xe9\n", "line 3 has the byte 0xE9"),
    ("utf16.csv", "id,result\n1,Won\n".encode("utf-16"), "UTF-16"),
    ("sheet.csv", b"PK\x03\x04rest", "Excel workbook"),
    ("zipped.csv", b"\x1f\x8b\x08rest", "compressed"),
    ("called.csv", b"PAR1rest", "is a Parquet file, though"),
    ("not.parquet", b"id,result\n1,Won\n", "not a Parquet file"),
    ("cut.parquet", b"PAR1rest", "cut off"),
    ("wide.csv", (",".join(f"c{i}" for i in range(10_000)) + "\n" + ",".join("1" * 10_000) + "\n").encode(), "10,000 columns"),
    ("twice.csv", b"id,notes,notes\n1,a,b\n", "'notes' comes twice, as columns 2 and 3"),
    ("quote.csv", b'id,a,b\n1,x,y\n2,x,"y\n3,x,y\n4,x,y\n', "opened in row 2 is never closed"),
]


@pytest.mark.parametrize(("name", "body", "said"), HOSTILE, ids=[h[0] for h in HOSTILE])
def test_a_file_fault_is_one_sentence_with_the_file_and_a_way_out(tmp_path: Path, name: str, body: bytes, said: str) -> None:
    path = write(tmp_path / name, body)
    with pytest.raises(SourceError) as caught:
        read_texts(path)
    assert said in caught.value.message
    assert path.name in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        read_texts(tmp_path / "nothing.csv")
    with pytest.raises(SourceError, match="is a folder"):
        read_texts(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a pipe has no place among the files")
@pytest.mark.parametrize("name", ["deals.csv", "deals.parquet"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(SourceError, match="is a pipe or a device"):
        read_texts(tmp_path / name)


def test_no_right_to_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a,b\n1,2\n")
    path.chmod(0)
    root = os.geteuid() == 0
    if root:  # who may read everything
        os.seteuid(65_534)
    try:
        with pytest.raises(SourceError, match="no permission"):
            read_texts(path)
    finally:
        if root:
            os.seteuid(0)


def test_parquet_and_csv_say_the_same(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([1, 2, None]),
            "size": pa.array([10.0, 0.1, float("nan")]),
            "won": pa.array([True, False, None]),
            "day": pa.array([dt.date(2026, 1, 31), None, dt.date(2025, 1, 1)]),
            "kind": pa.array(["a", "b ", None]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    csv_path = write(tmp_path / "a.csv", "id,size,won,day,kind\n1,10,true,2026-01-31,a\n2,0.1,false,,b\n,,,2025-01-01,\n")
    assert read_texts(tmp_path / "a.parquet").frame.equals(read_texts(csv_path).frame)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_a_float_survives_being_text(values: list[float]) -> None:
    assert [float(t) for t in as_texts(pd.Series(values))] == values
    assert [float(t) for t in as_texts(pd.Series(values, dtype=object))] == values


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_break_in_a_name_costs_no_row(tmp_path: Path, end: str) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(end.join(['id,"Lead\nSource",Notes', '1,Web,"two\nlines"', "2,Fair,one", ""]).encode())
    texts = read_texts(path)
    assert texts.columns == ("id", "Lead Source", "Notes")
    assert texts.frame["Lead Source"].tolist() == ["Web", "Fair"]
    assert texts.frame["Notes"].tolist() == ["two\nlines", "one"]
    assert texts.row.tolist() == [1, 2]
