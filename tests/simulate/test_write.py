"""A data folder, whole or not at all, and the same to the byte."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icpfit.errors import SourceError
from icpfit.simulate import simulate_company, write_company
from icpfit.simulate.company import TABLES as SIMULATED
from icpfit.sources.contract import TABLES


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_folder_is_the_same_to_the_byte_and_reads_back(tmp_path: Path) -> None:
    company = simulate_company(accounts=150, seed=5)
    write_company(company, tmp_path / "one")
    write_company(simulate_company(accounts=150, seed=5), tmp_path / "deep" / "two")
    files = _bytes(tmp_path / "one")
    assert files == _bytes(tmp_path / "deep" / "two")
    assert set(files) == {f"{t}.parquet" for t in SIMULATED} | {"truth/deals.parquet", "truth/customers.parquet", "target_list.csv"}
    for name, table in company.tables.items():
        back = pq.read_table(tmp_path / "one" / f"{name}.parquet")
        assert back.equals(pa.Table.from_pandas(table, preserve_index=False))
        times = [f.name for f in back.schema if pa.types.is_timestamp(f.type)]
        assert times == [c for c in table.columns if c in TABLES[name].times]


def test_a_company_may_take_the_place_of_another_and_of_nothing_else(tmp_path: Path) -> None:
    company = simulate_company(accounts=60, seed=1)
    out = tmp_path / "demo"
    write_company(company, out)
    write_company(simulate_company(accounts=60, seed=2), out)
    assert not list(tmp_path.glob(".*"))
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "deals.parquet").write_text("precious")
    with pytest.raises(SourceError, match="no simulated company"):
        write_company(company, mine)
    assert (mine / "deals.parquet").read_text() == "precious"
    (tmp_path / "file").write_text("x")
    with pytest.raises(SourceError):
        write_company(company, tmp_path / "file")
    with pytest.raises(SourceError, match="cannot be written"):
        write_company(company, tmp_path / "file" / "below")
