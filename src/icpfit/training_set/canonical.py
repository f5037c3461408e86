"""A training set as bytes: the same content gives the same fingerprint and the same Parquet file."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd

import icpfit
from icpfit.config import Config, FeatureSpec, Outcome

TEXT_KEYS = ("deal_id", "account_id", "cohort")


def fingerprint_of(frame: pd.DataFrame, specs: tuple[FeatureSpec, ...], outcome: Outcome, config: Config) -> str:
    """sha256 over the rows (ids, moments, labels, features), the configuration and the code version.

    Not over the source's own fingerprint: what lies after the cutoff must not change it.
    """
    text = {*TEXT_KEYS, *(s.name for s in specs if s.kind == "category")}
    digest = hashlib.sha256(f"{icpfit.__version__}\n{config.fingerprint()}\n{outcome}\n{len(frame)}\n".encode())
    for name in frame.columns:
        digest.update(f"{name}\n".encode())
        column = frame[name]
        if name in text:
            digest.update(json.dumps(_texts(column)).encode())
        elif name == "as_of":
            digest.update(column.to_numpy(dtype="datetime64[us]").astype("<i8").tobytes())
        elif name == "label":
            digest.update(column.to_numpy(dtype="<i1").tobytes())
        else:
            numbers = column.to_numpy(dtype="<f8") + 0.0  # -0.0 is 0.0
            digest.update(np.where(np.isnan(numbers), np.nan, numbers).astype("<f8").tobytes())
    return digest.hexdigest()


def parquet_bytes(frame: pd.DataFrame, specs: tuple[FeatureSpec, ...]) -> bytes:
    """The frame as a Parquet file, the same bytes for the same rows: no pandas metadata, no clock, one thread."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = {*TEXT_KEYS, *(s.name for s in specs if s.kind == "category")}
    arrays: list[pa.Array] = []
    for name in frame.columns:
        column = frame[name]
        if name in text:
            arrays.append(pa.array(_texts(column), type=pa.string()))
        elif name == "as_of":
            moments = column.to_numpy(dtype="datetime64[us]")
            arrays.append(pa.array(moments, type=pa.timestamp("us"), mask=np.isnat(moments)))
        elif name == "label":
            arrays.append(pa.array(column.to_numpy(dtype=np.int8), type=pa.int8()))
        else:
            numbers = column.to_numpy(dtype=np.float64)
            arrays.append(pa.array(numbers, type=pa.float64(), mask=np.isnan(numbers)))
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, names=list(frame.columns)), sink, compression="zstd", use_dictionary=True)
    return sink.getvalue()


def write_parquet(frame: pd.DataFrame, specs: tuple[FeatureSpec, ...], path: Path) -> None:
    """Write the file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(parquet_bytes(frame, specs))
    partial.replace(path)


def _texts(column: pd.Series) -> list[str | None]:
    values = column.astype(object)
    return values.where(values.notna(), None).tolist()
