"""Weekly scoring: a target list in, a scored list and the rejected rows out, whole or not at all."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from icpfit.cycle.opened import Opened
from icpfit.cycle.report import findings_report
from icpfit.cycle.unread_cells import unread_cells
from icpfit.errors import ConfigError
from icpfit.registry import Workspace, load_bundle
from icpfit.scoring import score_targets
from icpfit.scoring.resolve import resolve
from icpfit.scoring.score import COLUMNS, Kind
from icpfit.scoring.unknown import find_unknown
from icpfit.sources.files import write_all

FORMATS = (".csv", ".parquet")


def score_list(
    opened: Opened,
    workspace: Workspace,
    targets: Path,
    out: Path,
    *,
    model: str = "champion",
    line: str | None = None,
    features_out: Path | None = None,
    as_of: int | None,
) -> dict[str, Any]:
    """Score ``targets`` into ``out`` and ``<out>.rejected.csv``; the answer counts both.

    ``as_of`` is the moment of rows that name none of their own; None where the source has no dates. ``line``: a product line, whose
    card then gives points and tiers.

    Raises:
        ConfigError: an ending that is neither .csv nor .parquet, or one name for two files.
        BundleError: no such model, it is damaged, or it has no card of the line.
        SourceError: the list cannot be read, or a result cannot be written; none is there then.
    """
    started = time.perf_counter()
    rejected_path = out.with_name(out.name + ".rejected.csv")
    _check_names(targets, out, rejected_path, features_out)
    bundle = load_bundle(workspace, model)
    if line is not None:
        bundle = bundle.of_line(line)
    listed = opened.read_targets(targets)
    known = opened.known_accounts()
    resolved = resolve(listed, opened.directory, as_of)
    build = opened.feature_builder(bundle, listed, resolved)
    scored = score_targets(bundle, listed, resolved, build, known, opened.products(listed, resolved))
    written = {out: table_bytes(scored.frame, out, COLUMNS), rejected_path: table_bytes(scored.rejected, rejected_path, {"line": "whole"})}
    if features_out is not None:
        numbers: dict[str, Kind] = {s.name: "text" if s.kind == "category" else "number" for s in bundle.specs}
        written[features_out] = table_bytes(scored.features, features_out, numbers)
    write_all(written)
    findings = (*listed.findings, *resolved.findings, *unread_cells(opened, bundle, listed, resolved))
    unknown = find_unknown(bundle.card, scored.features)
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
        "unknown": {"attributes": unknown.attributes, "rows_without_any": unknown.blank, "never": list(unknown.never)},
        "findings": findings_report(findings),
        "notes": [*(f.words for f in findings), *unknown.words],
        "seconds": round(time.perf_counter() - started, 2),
    }


def _check_names(targets: Path, out: Path, rejected: Path, features_out: Path | None) -> None:
    for path, allowed in ((out, FORMATS), (features_out, (".parquet",))):
        if path is not None and path.suffix.lower() not in allowed:
            raise ConfigError(f"{path}: the ending must be {' or '.join(allowed)}", hint=f"for example {path.with_suffix(allowed[0])}")
    places = [p.resolve() for p in (targets, out, rejected, *((features_out,) if features_out is not None else ()))]
    twice = next((p for i, p in enumerate(places) if p in places[:i]), None)
    if twice is not None:
        raise ConfigError(f"{twice}: cannot hold the list and the result, or two results", hint="name another file with --out")


def table_bytes(frame: pd.DataFrame, path: Path, kinds: Mapping[str, Kind]) -> bytes:
    """CSV or Parquet, by the ending; the same table gives the same bytes. Columns that ``kinds`` does not name are text."""
    if path.suffix.lower() == ".csv":
        return frame.to_csv(index=False, lineterminator="\n").encode()
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"text": pa.string(), "number": pa.float64(), "whole": pa.int64(), "flag": pa.bool_()}
    columns = {str(c): pa.array(frame[c], types[kinds.get(str(c), "text")], from_pandas=True) for c in frame.columns}
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression="zstd")
    return sink.getvalue()
