"""File faults of a data folder: one clear sentence each, whatever is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icpfit.config import FeatureSpec
from icpfit.errors import ConfigError, FeatureError, SourceError
from icpfit.features.compile import compile_features
from icpfit.features.schema import read_schema
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.warehouse import Warehouse

Frames = dict[str, pd.DataFrame]
Write = Callable[..., Path]
Read = Callable[..., Warehouse]


def test_csv_parquet_and_frames_are_the_same_company(company: Frames, write: Write, read: Read) -> None:
    in_memory = warehouse_from_frames(company)
    as_csv, as_parquet = read(write(company, "csv", "c")), read(write(company, "parquet", "p"))
    assert as_csv.fingerprint == as_parquet.fingerprint == in_memory.fingerprint
    assert as_csv.counts == as_parquet.counts == in_memory.counts
    assert as_csv.newest == in_memory.newest == 1_782_864_000_000_000  # 2026-07-01, after the last event
    for table in company:
        pd.testing.assert_frame_equal(as_csv.frame(table), in_memory.frame(table))


def test_types_are_those_the_warehouse_promises(company: Frames, write: Write, read: Read) -> None:
    warehouse = read(write(company))
    types = {
        (table, name): str(kind) for table in company for name, kind, *_ in warehouse.connection.execute(f'DESCRIBE "{table}"').fetchall()
    }
    assert types["accounts", "employee_count"] == "DOUBLE"
    assert types["accounts", "csm"] == "VARCHAR"
    assert types["deals", "closed_at"] == types["events", "visible_at"] == types["subscriptions", "ended_at"] == "BIGINT"
    assert warehouse.frame("accounts")["csm"].isna().tolist() == [False, True, True, False]
    assert warehouse.columns["events"] == ("account_id", "occurred_at", "event", "user_id", "visible_at")
    assert warehouse.has("events")
    assert not warehouse.has("signals")
    assert warehouse.places["deals"] == "deals.csv"


def test_a_missing_folder_and_a_file_in_its_place(company: Frames, write: Write, read: Read, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such data folder"):
        read(tmp_path / "nowhere")
    folder = write(company)
    with pytest.raises(SourceError, match="is a file, not a data folder"):
        read(folder / "deals.csv")


def test_a_missing_table_names_what_is_there(company: Frames, write: Write, read: Read) -> None:
    folder = write(company)
    (folder / "deals.csv").rename(folder / "deal.csv")
    with pytest.raises(SourceError, match=r"there is no deals\.csv or deals\.parquet; the folder holds accounts\.csv, deal\.csv") as caught:
        read(folder)
    assert "source.files: {deals: FILE}" in str(caught.value.hint)
    assert "call it deals.csv or say source.files: {deals: deal.csv}" in str(caught.value.hint)
    assert read(folder, files={"deals": "deal.csv"}).has("deals")


def test_one_table_in_two_files(company: Frames, write: Write, read: Read) -> None:
    folder = write(company, "csv")
    write(company, "parquet")
    with pytest.raises(SourceError, match=r"accounts\.parquet and accounts\.csv; which one"):
        read(folder)


def test_a_file_whose_name_is_nearly_right_is_told(company: Frames, write: Write, read: Read) -> None:
    folder = write(company)
    (folder / "events.csv").rename(folder / "event.csv")
    notes = [f.words for f in read(folder).findings if f.code == "FILE-IGNORED"]
    assert notes == ["event.csv: is not read; if it is the table events, call it events.csv or say source.files: {events: event.csv}"]


@pytest.mark.parametrize("name", ["event.csv", "events.CSV", "Events.parquet", "events.csv", "events"])
def test_a_feature_of_a_table_that_is_misnamed_names_the_near_file(company: Frames, write: Write, read: Read, name: str) -> None:
    """The last two are folders."""
    folder = write(company)
    (folder / "events.csv").rename(folder / "aside.csv")
    if name in ("events.csv", "events"):
        (folder / name).mkdir()
        words = f"{name}: is a folder and is not read; the table events is one file, events.csv or events.parquet"
    else:
        (folder / name).touch()
        right = f"events{Path(name).suffix.lower()}"
        words = f"{name}: is not read; if it is the table events, call it {right} or say source.files: {{events: {name}}}"
    warehouse = read(folder)
    logins = FeatureSpec(name="logins", label="Logins", layer="behavioral", table="events", aggregate="count")
    with pytest.raises(FeatureError, match="the table events is not there, and 1 feature read it: logins") as caught:
        compile_features(warehouse.connection, read_schema(warehouse), [logins])
    assert caught.value.hint == words


def test_a_needed_table_that_is_a_folder(company: Frames, write: Write, read: Read) -> None:
    folder = write(company)
    (folder / "deals.csv").unlink()
    (folder / "deals.csv").mkdir()
    with pytest.raises(SourceError, match=r"there is no deals\.csv") as caught:
        read(folder)
    assert "deals.csv: is a folder and is not read" in str(caught.value.hint)


def test_a_missing_column_names_what_is_there_and_how_to_map(company: Frames, write: Write, read: Read) -> None:
    company["deals"] = company["deals"].rename(columns={"closed_at": "close_date"})
    folder = write(company)
    with pytest.raises(SourceError, match=r"deals\.csv: the needed column 'closed_at' is not there; it has the columns deal_id") as caught:
        read(folder)
    assert "source.columns.deals: {closed_at: close_date}" in str(caught.value.hint)
    assert read(folder, columns={"deals": {"closed_at": "close_date"}}).counts[1].used == 6


def test_a_column_that_stands_for_another_is_never_the_one_that_was_meant(company: Frames, write: Write, read: Read) -> None:
    """closed_at beside created_at: both from one column would close every deal at once."""
    company["deals"] = company["deals"].drop(columns="closed_at").rename(columns={"created_at": "create_date"})
    folder = write(company)
    roles = {"created_at": "create_date"}
    with pytest.raises(SourceError, match="the needed column 'closed_at' is not there") as caught:
        read(folder, columns={"deals": roles})
    assert "{closed_at: THE COLUMN}" in str(caught.value.hint)
    with pytest.raises(ConfigError, match="has no column 'created_date'") as mistyped:
        read(folder, columns={"deals": {**roles, "closed_at": "created_date"}})
    assert "did you mean" not in str(mistyped.value.hint)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "deals.csv: the file is empty"),
        (b"\n\n", "nothing but empty lines"),
        (b"deal_id,account_id,created_at,closed_at,stage\n", "a header and no rows"),
        (b"deal_id;account_id;created_at;closed_at;stage\n1;A;2026-01-01;;open\n", "the separator looks like a semicolon"),
        (b"deal_id\taccount_id\tcreated_at\tclosed_at\tstage\n", "the separator looks like a tab"),
        (b"deal_id|account_id|created_at|closed_at|stage\n", "the separator looks like a vertical bar"),
        ("deal_id,account_id\n1,Zürich\n".encode("latin-1"), "is not UTF-8 text: line 2 has the byte 0xFC"),
        ("deal_id,account_id,created_at\n1,A,2026\n".encode("utf-16"), "it looks like UTF-16"),
        ("deal_id,account_id,created_at\n1,A,2026\n".encode("utf-16-le"), "it looks like UTF-16"),
        (",".join(f"c{i}" for i in range(10_000)).encode() + b"\n", "has 10,000 columns; 1,000 are the most"),
        (b"deal_id,stage,Stage\n1,open,open\n", "the column 'Stage' comes twice, as columns 2 and 3"),
        (b",,\n1,2,3\n", "the header has no names"),
        (
            b'deal_id,account_id,created_at,closed_at,stage\n1,A,2026-01-01,,open\n2,"A,2026-01-01,,open\n',
            "opened in row 2 is never closed",
        ),
        (b"deal_id,account_id,created_at,closed_at,stage\n1,A,soon,,open\n", "none of its 1 rows can be used, mostly 'bad date'"),
        (b"PAR1\x00\x00\x00\x01deal_id\x00\x00", "deals.csv: this is a Parquet file"),
        (b"ORC1\x00\x00\x00\x01deal_id\x00\x00", "holds zero bytes"),
        (b"deal_id,account_id,created_at,closed_at,stage\n1,A,2026-01-01,,open\xc3", "cut off in the middle of a letter"),
    ],
)
def test_hostile_csv(company: Frames, write: Write, read: Read, content: bytes, sentence: str) -> None:
    folder = write(company)
    (folder / "deals.csv").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read(folder)
    assert sentence in caught.value.message
    assert "deals.csv" in caught.value.message


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the file is empty"),
        (b"deal_id,stage\n1,won\n", "is not a Parquet file, though its name says so"),
        (b"PAR1abcdefgh", "is cut off"),
        (b"PAR1" + b"\x00" * 64 + b"PAR1", "cannot be read"),
    ],
)
def test_hostile_parquet(company: Frames, write: Write, read: Read, content: bytes, sentence: str) -> None:
    folder = write(company, "parquet")
    (folder / "deals.parquet").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read(folder)
    assert sentence in caught.value.message
    assert "deals.parquet" in caught.value.message


def test_parquet_broken_in_its_middle(company: Frames, write: Write, read: Read) -> None:
    folder = write(company, "parquet")
    path = folder / "events.parquet"
    body = bytearray(path.read_bytes())
    body[4:200] = b"\xff" * 196
    path.write_bytes(bytes(body))
    with pytest.raises(SourceError, match=r"events\.parquet: cannot be read"):
        read(folder)


def test_a_folder_where_a_file_should_be(company: Frames, write: Write, read: Read) -> None:
    folder = write(company)
    (folder / "deals.csv").unlink()
    (folder / "deals.csv").mkdir()
    with pytest.raises(SourceError, match=r"there is no deals\.csv"):
        read(folder)


def test_a_byte_order_mark_crlf_and_missing_last_newline_are_simply_read(company: Frames, write: Write, read: Read) -> None:
    folder = write(company)
    plain = read(folder).fingerprint
    for path in folder.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n").rstrip())
    assert read(folder).fingerprint == plain


def test_quotes_separators_and_newlines_in_cells(company: Frames, write: Write, read: Read) -> None:
    company["accounts"]["industry"] = ['say "hi", twice', "two\nlines", "tab\there", "Ünïcode"]
    assert read(write(company)).frame("accounts")["industry"].tolist() == ['say "hi", twice', "two\nlines", "tab\there", "Ünïcode"]


def test_lines_with_too_many_or_too_few_cells_are_left_out_by_number(company: Frames, write: Write, read: Read) -> None:
    folder = write(company)
    lines = (folder / "deals.csv").read_text().splitlines()
    lines[2] += ",more,cells"
    lines[4] = "D-4,D"
    (folder / "deals.csv").write_text("\n".join(lines) + "\n")
    warehouse = read(folder)
    count = warehouse.counts[1]
    assert (count.rows_in, count.used, count.left_out) == (6, 4, {"unreadable line": 2})
    assert warehouse.left_out[0].rows["row"].tolist() == [2, 4]
    assert any("e.g. row 2." in f.words for f in warehouse.findings)
    # A fault after the broken lines still bears the file's own row number.
    (folder / "deals.csv").write_text("\n".join([*lines[:-1], "D-6,nobody,2026-06-03,,open,1"]) + "\n")
    assert read(folder, max_left_out=0.6).left_out[0].rows["row"].tolist() == [2, 4, 6]


def test_too_much_left_out_is_a_file_fault(company: Frames, write: Write, read: Read) -> None:
    company["deals"].loc[0:1, "account_id"] = "nobody"
    folder = write(company)
    assert read(folder, max_left_out=0.34).counts[1].left_out == {"unknown account": 2}
    with pytest.raises(
        SourceError, match=r"deals\.csv: 2 of 6 rows \(33\.3%\) cannot be used.*max_left_out \(20%\), mostly 'unknown account'"
    ) as caught:
        read(folder, max_left_out=0.2)
    assert "row 1, deal 'D-1': account_id 'nobody'" in str(caught.value.hint)


def test_rows_without_an_account_can_be_exempt(company: Frames, write: Write, read: Read) -> None:
    company["deals"].loc[0:2, "account_id"] = None
    folder = write(company)
    with pytest.raises(SourceError, match="mostly 'no account'"):
        read(folder, max_left_out=0.2)
    assert read(folder, max_left_out=0.2, exempt=True).counts[1].left_out == {"no account": 3}


def test_an_optional_table_may_have_no_rows(company: Frames, write: Write, read: Read) -> None:
    company["events"] = company["events"].iloc[:0]
    for kind in ("csv", "parquet"):
        warehouse = read(write(company, kind, kind))
        assert warehouse.has("events")
        assert len(warehouse.frame("events")) == 0


def test_names_with_stars_and_brackets(company: Frames, write: Write, read: Read) -> None:
    assert read(write(company, "csv", "a [1] *")).fingerprint == read(write(company, "parquet", "b?")).fingerprint


def test_nothing_is_written(company: Frames, write: Write, read: Read) -> None:
    folder = write(company)
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
    read(folder)
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*")} == before


@pytest.mark.parametrize(
    ("settings", "sentence", "hint"),
    [
        ({"columns": {"deal": {}}}, "there is no table 'deal'", "did you mean 'deals'?"),
        ({"columns": {"deals": {"closd_at": "x"}}}, "the contract has no column 'closd_at'", "did you mean 'closed_at'?"),
        ({"columns": {"deals": {"owner": "amuont"}}}, "deals.csv has no column 'amuont'", "did you mean 'amount'?"),
        ({"columns": {"deals": {"created_at": None}}}, "nothing can be learned without it", "name the column"),
        ({"values": {"deals": {"stag": {"x": "won"}}}}, "deals.csv has no column 'stag'", "did you mean 'stage'?"),
        ({"files": {"evnts": "x.csv"}}, "there is no table 'evnts'", "did you mean 'events'?"),
        ({"date_format": "%Q"}, "'%Q' is not a form of dates", "%m/%d/%Y"),
    ],
)
def test_a_configured_name_that_is_not_there(
    company: Frames, write: Write, read: Read, settings: dict[str, object], sentence: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(write(company), **settings)
    assert sentence in caught.value.message
    assert hint in str(caught.value.hint)


def test_a_configured_file_that_is_not_there(company: Frames, write: Write, read: Read) -> None:
    with pytest.raises(SourceError, match=r"no such file, though source\.files\.deals names it"):
        read(write(company), files={"deals": "dealz.csv"})


def test_nan_is_unknown_and_infinity_bad_in_parquet_too(company: Frames, write: Write, read: Read) -> None:
    """The file's own statistics leave NaN out, and a database that trusts them would not see it."""
    deals = pd.concat([company["deals"]] * 500, ignore_index=True)
    deals["deal_id"] = [f"D-{i}" for i in range(len(deals))]
    deals["amount"] = [float("nan") if i % 3 else float(i) for i in range(len(deals))]
    deals.loc[9, "amount"] = float("inf")
    folder = write(company | {"deals": deals}, "parquet")
    table = pa.Table.from_pandas(deals, preserve_index=False).set_column(
        deals.columns.get_loc("amount"), "amount", pa.array(deals["amount"].to_numpy(), from_pandas=False)
    )
    pq.write_table(table, folder / "deals.parquet")
    warehouse = read(folder)
    assert warehouse.counts[1].left_out == {"bad number": 1}
    assert warehouse.left_out[0].rows["row"].tolist() == [10]
    assert warehouse.frame("deals")["amount"].isna().sum() == 2_000


def test_a_further_column_may_have_any_name(company: Frames) -> None:
    odd = 'says "us"; DROP TABLE deals'
    warehouse = warehouse_from_frames(company | {"accounts": company["accounts"].assign(**{odd: "x"})})
    assert set(warehouse.frame("accounts")[odd]) == {"x"}
