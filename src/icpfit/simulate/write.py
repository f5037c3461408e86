"""A simulated company as a data folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from icpfit.errors import SourceError
from icpfit.simulate.company import Company


def write_company(company: Company, out: Path) -> None:
    """Write a data folder: a Parquet file per table, ``truth/*.parquet`` and ``target_list.csv``; whole or not at all.

    Raises:
        SourceError: ``out`` is a file, or holds something that is not a simulated company, or cannot be written.
    """
    if out.exists() and not (out.is_dir() and (not any(out.iterdir()) or (out / "truth" / "deals.parquet").exists())):
        raise SourceError(f"{out} is there already and is no simulated company", hint="give a folder that does not exist yet")
    part = out.with_name(f".{out.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        (part / "truth").mkdir(parents=True)
        for name, table in company.tables.items():
            _write(table, part / f"{name}.parquet")
        for name, table in company.truth.items():
            _write(table, part / "truth" / f"{name}.parquet")
        company.targets.to_csv(part / "target_list.csv", index=False, lineterminator="\n")
        if out.exists():
            shutil.rmtree(out)
        part.rename(out)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise SourceError(f"{out}: cannot be written ({error.strerror})") from error


def _write(table: pd.DataFrame, path: Path) -> None:
    plain = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(plain, path, compression="zstd")
