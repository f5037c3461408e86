"""The segments of a run: of tables and of a file, as of the deal's own day, with open deals in no figure."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from icpfit.config import Config
from icpfit.cycle.opened import Opened, open_source
from icpfit.cycle.segmenting import check_named_segments, segments_of
from icpfit.errors import ConfigError
from icpfit.models.leakage import find_leaks
from icpfit.models.results import Evidence, OutcomeResult


def row_of(report: dict[str, Any], **of: str) -> dict[str, Any]:
    return next(r for r in report["table"] if r["segment"] == of)


@pytest.fixture(scope="module")
def whole(small_company: Any) -> dict[str, Any]:
    run = small_company
    return segments_of(run.opened, run.learned.training, run.learned.results, run.learned.as_of)


@pytest.fixture(scope="module")
def report(small_company: Any) -> dict[str, Any]:
    return small_company.learned.metrics["segments"]


def test_a_company_with_tables_has_all_its_traits(report: dict[str, Any]) -> None:
    assert [t["trait"] for t in report["traits"][:6]] == ["industry", "size", "country", "region", "product", "source"]
    assert {t["trait"] for t in report["traits"][6:]} == {"has_data_warehouse", "has_competitor", "has_crm"}
    assert report["not_found"] == ["funding"]
    today = {t["trait"]: t["today"] for t in report["traits"]}
    assert (today["product"], today["source"], today["region"]) == (True, True, False)
    assert {n for r in report["table"] for n in r["segment"]} == {t["trait"] for t in report["traits"]}


def test_the_metrics_leave_out_untold_pairs_only_and_the_file_has_every_row(small_company: Any, whole: Any, report: Any) -> None:
    left_out = [r for r in whole["table"] if r not in report["table"]]
    assert left_out
    assert all(len(r["segment"]) == 2 and not r["status"] for r in left_out)
    assert [r for r in whole["table"] if r not in left_out] == report["table"]
    assert {**whole, "table": []} == {**report, "table": []}
    rows = list(csv.DictReader(io.StringIO(small_company.learned.lists["segments.csv"])))
    assert [(r["label"], int(r["deals"]), r["win_rate_value"]) for r in rows] == [
        (r["label"], r["deals"], str(r["win_rate"]["value"])) for r in whole["table"]
    ]


def test_the_counts_are_those_of_the_training_sets(small_company: Any, report: dict[str, Any]) -> None:
    win, keep = (small_company.learned.training[o].frame for o in ("win", "retention"))
    for region in ("NA", "EMEA", "APAC"):
        row = row_of(report, region=region)
        inside = win["region"] == region
        assert (row["win_rate"]["rows"], row["win_rate"]["hits"]) == (inside.sum(), win["label"][inside].sum())
        inside = keep["region"] == region
        assert (row["retention"]["rows"], row["retention"]["hits"]) == (inside.sum(), keep["label"][inside].sum())
    assert report["overall"]["win_rate"]["rows"] == len(win)


def test_days_are_those_from_created_to_closed(small_company: Any, report: dict[str, Any]) -> None:
    won = small_company.learned.training["win"].frame.query("label == 1 and region == 'EMEA'")["deal_id"]
    deals = small_company.opened.warehouse.frame("deals").set_index("deal_id").loc[won]
    days = (deals["closed_at"].astype(float) - deals["created_at"].astype(float)) / 86_400e6
    assert row_of(report, region="EMEA")["cycle"]["median"] == pytest.approx(np.median(days), rel=1e-3)


def test_the_models_are_held_against_regions_and_products(small_company: Any, report: dict[str, Any]) -> None:
    assert set(report["models"]) == {o for o, r in small_company.learned.results.items() if r.model is not None}
    tested = small_company.learned.results["win"].backtest.predictions
    for trait in ("region", "product"):
        values = report["models"]["win"][trait]["values"]
        assert sum(v["rows"] for v in values) == len(tested)
        assert {v["own_model"]["answer"] for v in values} <= {"yes", "no", "cannot tell"}


def test_it_is_plain_json_without_a_clock(report: dict[str, Any]) -> None:
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def flat(folder: Path, rows: list[str], **training: Any) -> Opened:
    folder.mkdir(exist_ok=True)
    (folder / "deals.csv").write_text("Id,Result,Created,Closed,Value,Sales Region,Plan,Client Size\n" + "\n".join(rows) + "\n")
    source = {
        "kind": "flat",
        "path": str(folder / "deals.csv"),
        "columns": {
            "id": "Id",
            "result": "Result",
            "positive": ["Won"],
            "negative": ["Lost"],
            "created_at": "Created",
            "closed_at": "Closed",
            "amount": "Value",
        },
        "layers": {"firmographic": ["Sales Region", "Plan", "Client Size"]},
    }
    return open_source(Config.model_validate({"source": source, "training": training}))


def lines() -> list[str]:
    """600 deals; the South wins 55 %, all others 20 %; each is decided after thirty days."""
    rng = np.random.default_rng(3)
    out = []
    for i in range(600):
        region = ("North", "South", "West")[i % 3]
        won = rng.random() < (0.55 if region == "South" else 0.2)
        month, day = 1 + i // 50, 1 + i % 28
        created, closed = f"2024-{month:02}-{day:02}", f"{2024 + month // 12}-{month % 12 + 1:02}-{day:02}"
        out.append(
            f"D{i},{'Won' if won else 'Lost'},{created},{closed},{1_000 + i},{region},{('Lite', 'Full')[i % 2]},{int(rng.integers(5, 900))}"
        )
    return out


def compared(opened: Opened) -> dict[str, Any]:
    data = opened.training_set("win", opened.moment(None))
    result = OutcomeResult("win", "no signal", "", Evidence("established", 1, 1), find_leaks(data).refused, (), {}, 0.5, 0.4, 0.6)
    return segments_of(opened, {"win": data}, {"win": result}, opened.moment(None))


def test_a_file_is_compared_as_far_as_its_columns_go(tmp_path: Path) -> None:
    report = compared(flat(tmp_path / "a", lines()))
    assert [(t["trait"], t["label"]) for t in report["traits"]] == [("size", "Client Size"), ("region", "Sales Region")]
    south = row_of(report, region="South")
    assert (south["status"], south["words"]) == ("flag", "won more often")
    assert south["cycle"]["median"] == pytest.approx(31, abs=1)
    assert [f["answer"] for f in report["findings"]] == ["cannot tell"]
    assert report["models"] == {}


def test_the_order_of_a_file_changes_no_byte(tmp_path: Path) -> None:
    rows = lines()
    assert json.dumps(compared(flat(tmp_path / "a", rows))) == json.dumps(compared(flat(tmp_path / "b", rows[::-1])))


def test_a_column_that_the_configuration_names_is_a_trait_too(tmp_path: Path) -> None:
    opened = flat(tmp_path / "a", lines(), segments=["region", "plan"])
    assert row_of(compared(opened), plan="Lite")["win_rate"]["rows"] > 250


def test_a_name_that_is_no_trait_and_no_feature_is_refused(tmp_path: Path) -> None:
    opened = flat(tmp_path / "a", lines(), segments=["regoin"])
    with pytest.raises(ConfigError, match="names 'regoin'"):
        check_named_segments(opened.config, opened.specs)


def test_lines_of_what_is_not_there_are_refused(small_company: Any) -> None:
    config = small_company.opened.config
    asked = config.model_copy(update={"scorecard": config.scorecard.model_copy(update={"lines": "produkt"})})
    with pytest.raises(ConfigError, match=r"scorecard\.lines names 'produkt', which is neither a trait nor a feature"):
        check_named_segments(asked, small_company.opened.specs)
