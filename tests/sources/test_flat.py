"""The flat file: rows in are rows used and rows left out, values are what the file says, and order does not matter."""

from __future__ import annotations

import itertools
import os
import random
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpfit.config import FlatSource
from icpfit.errors import ConfigError, SourceError
from icpfit.moments import DAY, parse_moment
from icpfit.sources.flat import FlatTable, flat_targets, read_flat

HEADER = "Deal,Result,Opened,Closed,Account,Amount,Region,Size,Uses CRM"
ROWS = [
    "D1,Won,2026-01-05,2026-02-01,A1,1000,EMEA,50,Yes",
    "D2,Lost,2026-01-06,2026-02-02,A2,2000,APAC,60,No",
    "D3,Open,2026-01-07,,A3,3000,EMEA,70,Yes",
    "D4,Lost,2026-01-08,2026-02-04,A1,4000,APAC,80,No",
    "D5,Won,2026-01-09,2026-02-05,A4,5000,EMEA,90,Yes",
]
ROLES = {
    "id": "Deal",
    "result": "Result",
    "positive": ["Won"],
    "negative": ["Lost"],
    "created_at": "Opened",
    "closed_at": "Closed",
    "account_id": "Account",
    "amount": "Amount",
}


def source(path: Path, **changes: object) -> FlatSource:
    body: dict[str, object] = {
        "kind": "flat",
        "path": path,
        "columns": ROLES,
        "layers": {"firmographic": ["Region", "Size"], "technographic": ["Uses CRM"]},
    }
    return FlatSource.model_validate({**body, **changes})


def deals(tmp_path: Path, rows: list[str], header: str = HEADER, name: str = "deals.csv") -> Path:
    path = tmp_path / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def read(tmp_path: Path, rows: list[str], *, max_left_out: float = 1.0, **changes: object) -> FlatTable:
    return read_flat(source(deals(tmp_path, rows), **changes), max_left_out=max_left_out)


def test_a_result_that_never_occurs_is_named(tmp_path: Path) -> None:
    flat = read(tmp_path, ROWS, columns={**ROLES, "positive": ["Wonn"]})
    (never,) = (f for f in flat.findings if f.code == "FLAT-RESULT-NEVER")
    assert never.severity == "warning"
    assert "no usable row of 'Result' is 'Wonn'; there is 'Won' (2), 'Lost' (2), 'Open' (1)" in never.words
    assert not [f for f in read(tmp_path, ROWS, columns={**ROLES, "positive": ["WON"]}).findings if f.code == never.code]


def test_the_frame_says_what_the_file_says(tmp_path: Path) -> None:
    flat = read(tmp_path, ROWS, max_left_out=0)
    frame = flat.frame
    assert frame["id"].tolist() == ["D1", "D2", "D3", "D4", "D5"]
    assert frame["account_id"].tolist() == ["A1", "A2", "A3", "A1", "A4"]
    assert frame["label"].tolist()[:2] == [1, 0]
    assert np.isnan(frame["label"].iloc[2])
    assert frame["created_at"].iloc[0] == parse_moment("2026-01-05")
    assert frame["closed_at"].isna().tolist() == [False, False, True, False, False]
    assert frame["amount"].tolist() == [1000, 2000, 3000, 4000, 5000]
    assert {s.name: s.kind for s in flat.specs} == {"region": "category", "size": "number", "uses_crm": "flag"}
    assert [s.layer for s in flat.specs] == ["firmographic", "firmographic", "technographic"]
    assert frame["uses_crm"].tolist() == [1, 0, 1, 0, 1]
    assert flat.newest == parse_moment("2026-02-06")
    assert (flat.count.rows_in, flat.count.used, dict(flat.count.left_out)) == (5, 5, {})


FAULTY = [
    ("D6,Won,2026-03-05,2026-02-01,A1,1000,EMEA,50,Yes", "closed before created", "Closed '2026-02-01'"),
    ("D6,Won,someday,2026-02-01,A1,1000,EMEA,50,Yes", "bad date", "Opened 'someday'"),
    ("D6,Won,2026-01-05,31/02/2026,A1,1000,EMEA,50,Yes", "bad date", "Closed '31/02/2026'"),
    ("D6,Won,,2026-02-01,A1,1000,EMEA,50,Yes", "no created_at", "Opened is empty"),
    (",Won,2026-01-05,2026-02-01,A1,1000,EMEA,50,Yes", "no id", "Deal is empty"),
    ("D6,Won,2026-01-05,2026-02-01,A1,lots,EMEA,50,Yes", "bad number", "Amount 'lots'"),
    ("D6,Won,2026-01-05,2026-02-01,A1,1000,EMEA,inf,Yes", "bad number", "Size 'inf'"),
    (ROWS[0], "exact copy", "'D1'"),
    ("D6,Won,2026-01-05", "unreadable line", "row 31"),
]


@pytest.mark.parametrize(("row", "reason", "shown"), FAULTY, ids=[f"{f[1]}-{i}" for i, f in enumerate(FAULTY)])
def test_a_row_fault_leaves_out_that_row_and_says_why(tmp_path: Path, row: str, reason: str, shown: str) -> None:
    more = [f"E{i},Lost,2026-01-10,2026-02-10,B{i},{i},EMEA,{i},No" for i in range(25)]
    clean = read(tmp_path, [*ROWS, *more], max_left_out=0)
    flat = read(tmp_path, [*ROWS, *more, row])
    assert dict(flat.count.left_out) == {reason: 1}
    assert flat.left_out.rows[["row", "reason"]].to_numpy().tolist() == [[31, reason]]
    words = next(f.words for f in flat.findings if f.code.startswith("ROWS-"))
    assert "1 of 31 rows" in words
    assert "row 31" in words
    assert shown in words
    pd.testing.assert_frame_equal(flat.frame, clean.frame)
    assert flat.fingerprint == clean.fingerprint


def test_above_max_left_out_is_a_file_fault_with_an_example(tmp_path: Path) -> None:
    rows = [*ROWS, *[f"X{i},Won,1/31/2026,,A,1,EMEA,1,Yes" for i in range(5)]]
    with pytest.raises(SourceError) as caught:
        read(tmp_path, rows, max_left_out=0.2)
    assert "5 of 10 rows (50.0%)" in caught.value.message
    assert "'bad date'" in caught.value.message
    assert caught.value.hint is not None
    assert "row 6, 'X0': Opened '1/31/2026'" in caught.value.hint
    assert "date_format" in caught.value.hint


def test_no_usable_row(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="none of its 1 rows can be used"):
        read(tmp_path, ["D1,Won,soon,,A,1,EMEA,1,Yes"])


def test_a_moment_before_every_row_is_answered_with_the_days_of_the_rows(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="created at or after the as-of date") as caught:
        read_flat(source(deals(tmp_path, ROWS)), max_left_out=1.0, as_of=parse_moment("2026-01-05"))
    assert "the rows were created from 2026-01-05 to 2026-01-09: give a later --as-of" in str(caught.value.hint)


def test_a_close_known_by_its_day_is_not_before_that_day(tmp_path: Path) -> None:
    flat = read(tmp_path, ["D1,Won,2026-01-05 19:58:54,2026-01-05,A1,1,EMEA,1,Yes", *ROWS[1:]], max_left_out=0)
    first = flat.frame.iloc[0]
    assert first["closed_at"] == first["created_at"]


def test_repeated_keys_keep_each_row_under_a_name_of_its_own(tmp_path: Path) -> None:
    rows = [
        *ROWS,
        "D1,Won,2026-01-01,2026-02-01,A1,7,EMEA,1,No",
        "D1,Lost,2026-01-20,2026-02-01,A1,8,EMEA,1,No",
        "D1#2,Won,2026-01-02,,A1,9,APAC,1,No",
    ]
    flat = read(tmp_path, rows, max_left_out=0)
    amounts = dict(zip(flat.frame["amount"], flat.frame["id"], strict=True))
    assert (amounts[7], amounts[1000], amounts[8], amounts[9]) == ("D1", "D1#3", "D1#4", "D1#2")
    assert flat.frame["id"].is_unique
    finding = next(f for f in flat.findings if f.code == "FLAT-KEY-REPEATED")
    assert finding.rows == 3
    assert "'D1' in rows 1, 6, 7" in finding.words


def test_rows_of_one_key_stay_one_account_where_the_file_names_none(tmp_path: Path) -> None:
    roles = {k: v for k, v in ROLES.items() if k != "account_id"}
    flat = read(tmp_path, [*ROWS, "D1,Won,2026-01-01,2026-02-01,A1,7,EMEA,1,No"], columns=roles)
    assert sorted(flat.frame["account_id"]) == ["D1", "D1", "D2", "D3", "D4", "D5"]


def test_rows_of_one_domain_are_one_account_unless_it_is_a_mail_provider(tmp_path: Path) -> None:
    rows = [f"D{i},Won,{d}" for i, d in enumerate(["acme.com", "https://www.ACME.com/x", "gmail.com", "gmail.com", "", "eu.acme.com"])]
    path = deals(tmp_path, rows, "id,r,web")
    roles = {"id": "id", "result": "r", "positive": ["Won"], "negative": ["Lost"], "domain": "web"}
    flat = read_flat(FlatSource.model_validate({"kind": "flat", "path": path, "columns": roles}), max_left_out=0)
    assert flat.frame["account_id"].tolist() == ["acme.com", "acme.com", "D2", "D3", "D4", "acme.com"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_and_columns_changes_nothing(tmp_path: Path, seed: int) -> None:
    rows = [
        *ROWS,
        "D1,Won,2026-01-01,2026-02-01,A1,7,EMEA,1,No",
        "D1,Won,2026-01-01,2026-02-01,A1,8,EMEA,1,No",
        ROWS[3],
        "D9,Won,bad,,,,,,",
    ]
    chance = random.Random(seed)
    columns = list(range(len(HEADER.split(","))))
    chance.shuffle(columns)
    shuffled = chance.sample(rows, len(rows))
    moved = [",".join(r.split(",")[c] for c in columns) for r in [HEADER, *shuffled]]
    a = read(tmp_path, rows)
    b = read_flat(source(deals(tmp_path, moved[1:], moved[0], "moved.csv")), max_left_out=1)
    pd.testing.assert_frame_equal(a.frame.reset_index(drop=True), b.frame.reset_index(drop=True))
    assert a.fingerprint == b.fingerprint
    assert a.count == b.count


def test_where_row_order_is_time_it_counts(tmp_path: Path) -> None:
    a = read(tmp_path, ROWS, row_order_is_time=True)
    b = read(tmp_path, ROWS[::-1], row_order_is_time=True)
    assert a.frame["id"].tolist() == b.frame["id"].tolist()[::-1]
    assert a.fingerprint != b.fingerprint


def test_any_change_of_a_used_cell_changes_the_fingerprint(tmp_path: Path) -> None:
    base = read(tmp_path, ROWS).fingerprint
    for column, other in {0: "D77", 1: "Lost", 2: "2026-01-04", 3: "2026-02-03", 4: "A9", 5: "1001", 6: "LATAM", 7: "51", 8: "No"}.items():
        cells = ROWS[0].split(",")
        cells[column] = other
        assert read(tmp_path, [",".join(cells), *ROWS[1:]]).fingerprint != base


def test_rows_without_an_id_are_all_kept_and_alike_ones_named(tmp_path: Path) -> None:
    roles = {**ROLES, "id": None, "account_id": None}
    flat = read(tmp_path, [*ROWS, ROWS[0]], columns=roles, max_left_out=0)
    assert len(flat.frame) == 6
    assert flat.frame["id"].is_unique
    assert next(f.rows for f in flat.findings if f.code == "FLAT-ALIKE") == 1


def test_none_is_a_value_and_only_configured_texts_are_missing(tmp_path: Path) -> None:
    rows = [r.replace("EMEA", "None").replace("APAC", "NA") for r in ROWS]
    assert read(tmp_path, rows).frame["region"].tolist() == ["None", "NA", "None", "NA", "None"]
    assert read(tmp_path, rows, missing=["NA"]).frame["region"].tolist() == ["None", None, "None", None, "None"]


def test_nan_in_a_number_column_is_unknown(tmp_path: Path) -> None:
    rows = [ROWS[0].replace(",50,", ",NaN,"), ROWS[1].replace(",60,", ", ,"), *ROWS[2:]]
    flat = read(tmp_path, rows, max_left_out=0)
    assert np.isnan(flat.frame["size"].tolist()[:2]).all()
    assert flat.frame["size"].tolist()[2:] == [70, 80, 90]


def many(n: int, cell: object) -> list[str]:
    return [f"D{i},{'Won' if i % 3 else 'Lost'},2026-01-05,2026-02-01,A{i},{i},{cell(i)},{i},Yes" for i in range(n)]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("cell", "kind", "code"),
    [
        (lambda i: f"city {i % 200}", "category", None),
        (lambda i: f"city {i % 201}", None, "FLAT-TOO-MANY-TEXTS"),
        (lambda i: i % 5, "number", None),
        (lambda i: i if i % 100 else "x", "number", None),
        (lambda i: i if i % 50 else "x", None, "FLAT-MIXED"),
        (lambda i: i % 9 if i % 50 else "x", "category", "FLAT-MIXED"),
        (lambda i: "TRUE" if i % 2 else "false", "flag", None),
        (lambda i: ("Yes", "No", "No phone service")[i % 3], "category", None),
        (lambda i: "N", "category", None),
        (lambda i: "NY"[i % 2], "flag", None),
        (lambda i: "", None, "FLAT-EMPTY"),
        (lambda i: f"2026-01-{i % 28 + 1:02d}", "category", None),
    ],
)
def test_what_kind_a_column_is(tmp_path: Path, cell: object, kind: str | None, code: str | None) -> None:
    flat = read(tmp_path, many(1_000, cell), layers={"firmographic": ["Region"]})
    assert [s.kind for s in flat.specs] == ([kind] if kind else [])
    found = [f for f in flat.findings if f.code.startswith("FLAT-")]
    assert [f.code for f in found] == ([code] if code else [])
    assert all("'Region'" in f.words for f in found)


def test_more_than_half_distinct_texts_are_not_used(tmp_path: Path) -> None:
    assert read(tmp_path, many(10, lambda i: f"city {i % 6}"), layers={"intent": ["Region"]}).specs == ()
    assert len(read(tmp_path, many(10, lambda i: f"city {i % 5}"), layers={"intent": ["Region"]}).specs) == 1


def test_feature_names_are_legal_and_never_meet_the_tables_own(tmp_path: Path) -> None:
    headers = ["amount", "Amount ($)", "Größe", "24h", "as_of", "order", "業種", "label", "x" * 80]
    path = deals(tmp_path, [",".join(["D1", "Won", *"123456789"]), ",".join(["D2", "Lost", *"234567891"])], ",".join(["id", "r", *headers]))
    roles = {"id": "id", "result": "r", "positive": ["Won"], "negative": ["Lost"]}
    flat = read_flat(
        FlatSource.model_validate({"kind": "flat", "path": path, "columns": roles, "layers": {"intent": headers}}), max_left_out=0
    )
    names = [s.name for s in flat.specs]
    assert names[:6] == ["amount_in_file", "amount_in_file_2", "grosse", "c_24h", "as_of_in_file", "order"]
    assert [s.column for s in flat.specs] == headers
    assert [s.label for s in flat.specs] == [*headers[:4], "As of", *headers[5:]]


def test_columns_without_role_or_layer_are_listed(tmp_path: Path) -> None:
    assert read(tmp_path, ROWS, layers={"firmographic": ["Region"]}).unused == ("Size", "Uses CRM")


def test_a_column_that_is_not_there_is_named_with_what_was_meant(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, ROWS, layers={"firmographic": ["region"]})
    assert "no column 'region', which source.layers.firmographic names" in caught.value.message
    assert caught.value.hint == "did you mean 'Region'?"
    with pytest.raises(ConfigError, match=r"source\.columns\.created_at"):
        read(tmp_path, ROWS, columns={**ROLES, "created_at": "Opend"})


def test_a_column_that_plays_a_part_is_never_the_one_that_was_meant(tmp_path: Path) -> None:
    path = deals(tmp_path, ROWS)
    for typo, meant in (("Opend", None), ("Opned", None), ("opened", None), ("Regoin", "Region")):
        with pytest.raises(ConfigError) as caught:
            read_flat(source(path, columns={**ROLES, "closed_at": typo}), max_left_out=1.0)
        assert caught.value.hint is not None
        assert caught.value.hint.startswith(f"did you mean {meant!r}?" if meant else "the columns are")


def test_another_separator_is_told(tmp_path: Path) -> None:
    path = deals(tmp_path, [r.replace(",", ";") for r in ROWS], HEADER.replace(",", ";"))
    with pytest.raises(SourceError) as caught:
        read_flat(source(path, separator=","), max_left_out=1)
    assert "in one column" in caught.value.message
    assert "a semicolon" in caught.value.message
    assert read_flat(source(path), max_left_out=0).fingerprint == read(tmp_path, ROWS).fingerprint


def test_results_that_nobody_has_are_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is one of 'Gewonnen', 'Verloren'; there is 'Won' \(2\)"):
        read(tmp_path, ROWS, columns={**ROLES, "positive": ["Gewonnen"], "negative": ["Verloren"]})


@pytest.mark.parametrize(
    ("written", "positive", "negative"),
    [
        (("Yes", "No"), [True], [False]),
        (("TRUE", "FALSE"), [True], [False]),
        (("1", "0"), [1], [0]),
        (("1.0", "0.0"), ["1"], ["0"]),
        (("won", "LOST"), ["Won"], ["Lost"]),
    ],
)
def test_results_are_compared_as_a_person_would(
    tmp_path: Path, written: tuple[str, str], positive: list[object], negative: list[object]
) -> None:
    rows = [r.replace("Won", written[0]).replace("Lost", written[1]) for r in ROWS]
    flat = read(tmp_path, rows, columns={**ROLES, "positive": positive, "negative": negative})
    pd.testing.assert_series_equal(flat.frame["label"], read(tmp_path, ROWS).frame["label"])


def test_a_single_class_is_no_error(tmp_path: Path) -> None:
    assert read(tmp_path, [r for r in ROWS if "Lost" not in r]).frame["label"].notna().sum() == 2


def test_rows_before_outcomes_were_recorded_and_young_rows_are_set_aside(tmp_path: Path) -> None:
    flat = read(tmp_path, ROWS, max_left_out=0, no_outcome_before="2026-01-06", outcome_window_days=29)
    # newest is 2026-02-06: younger than 29 days are those created after 2026-01-08
    assert flat.frame["id"].tolist() == ["D2", "D3", "D4"]
    assert dict(flat.count.left_out) == {"created before outcomes were recorded": 1, "too young to have an outcome": 1}
    words = {f.code: f.words for f in flat.findings}
    assert "created before 2026-01-06, when outcomes were not recorded yet: 1." in words["FLAT-TOO-EARLY"]
    assert "less than 29 days before 2026-02-06: 1." in words["FLAT-TOO-YOUNG"]


def test_a_lead_that_never_bought_is_lost_when_its_window_has_passed(tmp_path: Path) -> None:
    rows = [r.replace("2026-02-02", "").replace("2026-02-04", "") for r in ROWS]
    flat = read(tmp_path, rows, outcome_window_days=20)
    closed = dict(zip(flat.frame["id"], flat.frame["closed_at"], strict=True))
    assert closed["D2"] == parse_moment("2026-01-26")
    assert closed["D4"] == parse_moment("2026-01-28")
    assert closed["D1"] == parse_moment("2026-02-01")
    assert closed["D3"] is pd.NA  # still open: neither won nor lost
    assert flat.newest == parse_moment("2026-02-06")  # a window's end is no time in the data
    assert read(tmp_path, rows).frame["closed_at"].isna().tolist() == [False, True, True, True, False]


def test_a_plain_yaml_date_is_a_date(tmp_path: Path) -> None:
    written = source(deals(tmp_path, ROWS), **yaml.safe_load("no_outcome_before: 2026-01-06"))
    assert written.no_outcome_before == "2026-01-06"


def test_windows_need_a_creation_date(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="outcome_window_days needs a creation date"):
        read(tmp_path, ROWS, columns={**ROLES, "created_at": None}, outcome_window_days=30)


def test_a_slip_into_the_far_future_is_refused_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="created_at in row 6 is 2062-01-01"):
        read(tmp_path, [*ROWS, "D6,Open,2062-01-01,,A1,1,EMEA,1,Yes"])


def test_an_open_deals_expected_close_is_not_the_newest_time(tmp_path: Path) -> None:
    assert read(tmp_path, [*ROWS, "D6,Open,2026-01-02,2030-01-01,A1,1,EMEA,1,Yes"]).newest == parse_moment("2026-02-06")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_deleting_the_future_changes_nothing(tmp_path: Path, data: st.DataObject) -> None:
    day = st.integers(0, 40)
    drawn = data.draw(
        st.lists(st.tuples(st.integers(0, 9), day, st.one_of(st.none(), day), st.sampled_from("ABx7")), min_size=3, max_size=25)
    )
    start, cutoff = parse_moment("2026-01-01"), parse_moment("2026-01-21")

    def text(d: int) -> str:
        return str(np.datetime64(start + d * DAY, "us"))[:10]

    rows, past = [], ["D99,Lost,2025-12-01,2025-12-05,A,1,A,1,Yes"]
    for key, opened, length, cell in drawn:
        closed = None if length is None else opened + length
        row = [
            f"D{key}",
            "Open" if closed is None else "Won" if (key + opened) % 2 else "Lost",
            text(opened),
            text(closed) if closed is not None else "",
        ]
        rest = [f"A{key}", str(opened), cell, str(opened), "Yes"]
        rows.append(",".join(row + rest))
        if opened < 20:
            future = closed is not None and closed >= 20
            past.append(",".join([*([row[0], "", row[2], ""] if future else row), *rest]))
    whole = read_flat(source(deals(tmp_path, [past[0], *rows], name="whole.csv")), max_left_out=1, as_of=cutoff)
    cut = read_flat(source(deals(tmp_path, past, name="cut.csv")), max_left_out=1, as_of=cutoff)
    pd.testing.assert_frame_equal(whole.frame.reset_index(drop=True), cut.frame.reset_index(drop=True))
    assert (whole.fingerprint, whole.specs) == (cut.fingerprint, cut.specs)


def test_a_target_list_has_the_values_of_training(tmp_path: Path) -> None:
    rows = [*many(300, lambda i: ("EMEA", "APAC", "Select", "")[i % 4])]
    rows[7] = rows[7].replace(",7,Yes", ',"1,007",No')
    path = deals(tmp_path, rows)
    src = source(path, missing=["Select"])
    flat = read_flat(src, max_left_out=0)
    texts = pd.read_csv(path, dtype=object, keep_default_na=False)
    names = [s.name for s in flat.specs]
    expected = flat.frame.sort_index()[names].reset_index(drop=True)
    pd.testing.assert_frame_equal(flat_targets(src.missing, flat.specs, texts), expected)
    typed = pd.read_csv(path, thousands=",", keep_default_na=False)
    pd.testing.assert_frame_equal(flat_targets(src.missing, flat.specs, typed), expected)
    renamed = texts.rename(columns={"Region": "region", "Uses CRM": "uses_crm", "Size": " SIZE "})
    pd.testing.assert_frame_equal(flat_targets(src.missing, flat.specs, renamed), expected)


def test_what_a_target_list_lacks_or_garbles_is_unknown(tmp_path: Path) -> None:
    src = source(deals(tmp_path, ROWS))
    specs = read_flat(src, max_left_out=0).specs
    got = flat_targets(
        src.missing, specs, pd.DataFrame({"Size": ["12", "many", None, 7], "Uses CRM": ["perhaps", True, "no", None]}, dtype=object)
    )
    assert got["region"].tolist() == [None] * 4
    np.testing.assert_array_equal(got["size"], [12, np.nan, np.nan, 7])
    np.testing.assert_array_equal(got["uses_crm"], [np.nan, 1, 0, np.nan])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n"), max_size=6), min_size=9, max_size=9),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_stands_in_a_file_every_row_is_accounted_for(tmp_path: Path, cells: list[list[str]]) -> None:
    quoted = [",".join('"' + c.replace('"', '""') + '"' for c in row) for row in cells]
    flat = read(tmp_path, [*ROWS, *quoted])
    assert flat.count.rows_in == 5 + len(cells)
    assert len(flat.frame) + len(flat.left_out.rows) == flat.count.rows_in
    numbers = sorted(itertools.chain(flat.frame.index, flat.left_out.rows["row"]))
    assert numbers == list(range(1, flat.count.rows_in + 1))


REAL = Path(os.environ.get("ICPFIT_REAL_DATA", "."))


@pytest.mark.real_data
def test_ibm_sales_rows_and_speed() -> None:
    src = FlatSource.model_validate(
        {
            "kind": "flat",
            "path": REAL / "ibm_sales_win_loss" / "WA_Fn-UseC_-Sales-Win-Loss.csv",
            "columns": {"id": "Opportunity Number", "result": "Opportunity Result", "positive": ["Won"], "negative": ["Loss"]},
            "layers": {
                "firmographic": ["Region", "Client Size By Revenue"],
                "behavioral": ["Route To Market"],
                "technographic": ["Competitor Type"],
            },
        }
    )
    started = time.process_time()
    flat = read_flat(src, max_left_out=0.2)
    assert time.process_time() - started < 6  # seconds of processor; about 1 on a quiet machine
    assert (flat.count.rows_in, dict(flat.count.left_out)) == (78_025, {"exact copy": 55})
    assert set(flat.frame["competitor_type"]) == {"None", "Known", "Unknown"}
    assert {s.name: s.kind for s in flat.specs}["client_size_by_revenue"] == "number"
    assert flat.newest is None
    assert flat.frame["label"].mean() == pytest.approx(0.226, abs=0.001)


@pytest.mark.real_data
def test_telco_blank_totals_are_unknown_and_no_row_is_lost() -> None:
    src = FlatSource.model_validate(
        {
            "kind": "flat",
            "outcome": "retention",
            "path": REAL / "telco_ibm" / "WA_Fn-UseC_-Telco-Customer-Churn.csv",
            "columns": {"id": "customerID", "result": "Churn", "positive": [False], "negative": [True]},
            "layers": {"behavioral": ["TotalCharges", "MultipleLines", "PaperlessBilling"]},
        }
    )
    flat = read_flat(src, max_left_out=0)
    assert flat.frame["total_charges"].isna().sum() == 11
    assert flat.frame["label"].mean() == pytest.approx(1 - 0.265, abs=0.001)
    assert [s.kind for s in flat.specs] == ["number", "category", "flag"]
