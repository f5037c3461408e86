"""A company's own column says the same as a whole number, a fraction, a text or a flag, in tables and in target lists."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest
from databases import Frames, write_duckdb

from icpfit.config import Config, DuckDBSource
from icpfit.cycle.opened import Opened
from icpfit.sources.database import read_database
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.intake import Intake


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series([3, None, -40, 0], dtype="Int64"),
        pd.Series([3.0, None, -40.0, 0.0]),
        pd.Series(["3", None, "-40", "0"]),
        pd.Series(["3.0", "", "-40.0", "0.0"]),
    ],
    ids=["whole", "fraction", "text", "text of fractions"],
)
def test_whole_numbers_are_one_text_whatever_their_type(cells: pd.Series, company: Frames) -> None:
    plain = {**company, "accounts": company["accounts"].assign(seats=pd.Series(["3", None, "-40", "0"]))}
    warehouse = warehouse_from_frames({**company, "accounts": company["accounts"].assign(seats=cells)})
    assert warehouse.fingerprint == warehouse_from_frames(plain).fingerprint
    assert warehouse.frame("accounts")["seats"].fillna("").tolist() == ["3", "", "-40", "0"]


def test_texts_that_only_look_like_fractions_stay(company: Frames) -> None:
    words = ["v2.0", "1.50", "2.00", "10.0.0"]
    warehouse = warehouse_from_frames({**company, "accounts": company["accounts"].assign(release=words)})
    assert warehouse.frame("accounts")["release"].tolist() == words


def test_the_history_of_an_own_column_has_the_words_of_the_column(company: Frames) -> None:
    history = pd.DataFrame({"account_id": ["A", "B"], "field": "seats", "value": ["3.0", "True"], "valid_from": "2026-01-01"})
    warehouse = warehouse_from_frames({**company, "account_history": history})
    assert warehouse.frame("account_history")["value"].tolist() == ["3", "true"]


def test_a_target_list_says_it_as_the_tables_do(company: Frames) -> None:
    values = {"accounts": {"plan": {"Pro+": "pro"}, "industry": {"IT": "software"}}}
    config = Config.model_validate({"source": {"kind": "duckdb", "path": "acme.duckdb", "values": values}})
    opened = Opened(config, warehouse_from_frames(company))
    cells = pd.Series(["3.0", "3", "TRUE", "Pro+", ""], dtype=object)
    assert opened._as_mapped(("accounts",), "plan", cells).tolist() == ["3", "3", "true", "pro", None]
    assert opened._as_mapped(("accounts",), "industry", pd.Series(["IT", "3.0"])).tolist() == ["software", "3.0"]  # the contract's own


def test_a_decimal_id_keeps_every_digit(company: Frames, tmp_path: Path) -> None:
    write_duckdb(tmp_path / "acme.duckdb", company)
    with duckdb.connect(tmp_path / "acme.duckdb") as connection:
        number = "CAST(9007199254740993000 + row_number() OVER () AS DECIMAL(38, 0))"
        connection.execute(f"CREATE TABLE long AS SELECT * REPLACE ({number} AS deal_id) FROM deals")
    source = DuckDBSource.model_validate({"kind": "duckdb", "path": tmp_path / "acme.duckdb", "tables": {"deals": "long"}})
    warehouse = read_database(source, Intake(0.0))
    assert warehouse.frame("deals")["deal_id"].tolist() == [str(9007199254740993000 + i) for i in range(1, 7)]
