"""Weekly scoring: a target list in, a scored list and the rejected rows out, whole or not at all."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pandas as pd

from icpfit.cycle.opened import Opened
from icpfit.errors import ConfigError
from icpfit.registry import Workspace, load_bundle
from icpfit.scoring import score_targets
from icpfit.scoring.resolve import resolve
from icpfit.sources.files import write_bytes

FORMATS = (".csv", ".parquet")


def score_list(
    opened: Opened, workspace: Workspace, targets: Path, out: Path, *, model: str = "champion", features_out: Path | None = None, as_of: int
) -> dict[str, Any]:
    """Score ``targets`` into ``out`` and ``<out>.rejected.csv``; the answer counts both.

    Raises:
        ConfigError: an ending that is neither .csv nor .parquet, or a bundle of other features.
        BundleError: no such model, or it is damaged.
        SourceError: the list cannot be read.
    """
    started = time.perf_counter()
    for path, allowed in ((out, FORMATS), (features_out, (".parquet",))):
        if path is not None and path.suffix.lower() not in allowed:
            raise ConfigError(f"{path}: the ending must be {' or '.join(allowed)}")
    rejected_path = out.with_name(out.name + ".rejected.csv")
    bundle = load_bundle(workspace, model)
    listed = opened.read_targets(targets)
    known_ids, by_domain, names = opened.known_accounts()
    resolved = resolve(listed, known_ids, by_domain, as_of)
    scored = score_targets(bundle, listed, resolved, opened.feature_builder(bundle.specs, listed, resolved), names)
    written = [(out, table_bytes(scored.frame, out)), (rejected_path, table_bytes(scored.rejected, rejected_path))]
    if features_out is not None:
        written.append((features_out, table_bytes(scored.features, features_out)))
    for path, content in written:
        write_bytes(path, content)
    return {
        "rows_in": scored.rows_in,
        "rows_scored": len(scored.frame),
        "rows_rejected": len(scored.rejected),
        "reasons": scored.reasons,
        "tiers": {name: int((scored.frame["tier"] == name).sum()) for name in "ABCD"},
        "hot": int((scored.frame["hot"] == True).sum()),  # noqa: E712 - the column holds None where nothing earlier is known
        "model_version": bundle.version,
        "out": str(out),
        "rejected": str(rejected_path),
        "notes": [f.words for f in listed.findings],
        "seconds": round(time.perf_counter() - started, 2),
    }


def table_bytes(frame: pd.DataFrame, path: Path) -> bytes:
    """CSV or Parquet, by the ending; the same table gives the same bytes."""
    if path.suffix.lower() == ".csv":
        return frame.to_csv(index=False, lineterminator="\n").encode()
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None), sink, compression="zstd")
    return sink.getvalue()
