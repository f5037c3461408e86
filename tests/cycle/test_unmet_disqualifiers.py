"""A disqualifier that takes nobody out is told of, before and after the training, with the spelling that it may have meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from icpfit.cli import main
from icpfit.cycle.opened import open_config
from icpfit.cycle.retrain import learn


@pytest.fixture
def company(tmp_path: Path) -> Any:
    """``company(rule, …)``: forty deals, every fourth in games of chance, and a configuration with these disqualifiers."""
    n = 40
    ids = [f"A{i:02d}" for i in range(n)]
    rows = {
        "account_id": ids,
        "domain": [f"firm{i}.example" for i in range(n)],
        "industry": ["Glücksspiel", "Handel", "Handel", "Bau"] * 10,
        "employee_count": range(1, n + 1),
    }
    created, closed = ([f"2025-{month:02d}-{day}" for month in (1 + i % 9 for i in range(n))] for day in ("03", "20"))
    deals = {"deal_id": ids, "account_id": ids, "created_at": created, "closed_at": closed, "stage": ["won", "lost"] * 20}
    (tmp_path / "data").mkdir()
    pd.DataFrame(rows).to_csv(tmp_path / "data" / "accounts.csv", index=False)
    pd.DataFrame(deals).to_csv(tmp_path / "data" / "deals.csv", index=False)
    common = {"layer": "firmographic", "table": "accounts", "aggregate": "value"}
    features = [
        common | {"name": "industry", "label": "Industry", "column": "industry", "kind": "category"},
        common | {"name": "employees", "label": "Employees", "column": "employee_count"},
    ]

    def make(*rules: dict[str, object]) -> Path:
        body = {"source": {"kind": "folder", "path": "data"}, "features": features, "training": {"min_train_rows": 1_000_000}}
        path = tmp_path / "acme.yaml"
        path.write_text(yaml.safe_dump(body | {"scorecard": {"disqualifiers": [{"reason": "not ours", **rule} for rule in rules]}}))
        return path

    return make


def told(config: Path) -> list[str]:
    """What check warns of; the same stands in the notes of the training."""
    result = CliRunner().invoke(main, ["check", "--config", str(config), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    words = [f["words"] for f in json.loads(result.stdout)["findings"] if f["code"] == "DISQUALIFIER-UNMET"]
    lines = CliRunner().invoke(main, ["check", "--config", str(config)], catch_exceptions=False).stdout.splitlines()
    assert [f"warning: {w}" for w in words] == [line for line in lines if "scorecard.disqualifiers" in line]
    opened = open_config(config)
    assert [n for n in learn(opened, opened.moment(None)).metrics["notes"] if "scorecard.disqualifiers" in n] == words
    return words


def test_a_text_that_no_row_has_is_named_with_the_one_that_it_may_mean(company: Any) -> None:
    place = "scorecard.disqualifiers.{} (not ours): no row of the training data has"
    rules = (
        {"feature": "industry", "is_one_of": ["Gluecksspiel"]},
        {"feature": "industry", "is_one_of": ["Bau", "handel"]},
        {"feature": "industry", "is_one_of": ["Waffen"]},
        {"feature": "employees", "at_least": 41},
        {"feature": "employees", "below": 1},
    )
    assert told(company(*rules)) == [
        f"{place.format(0)} industry 'Gluecksspiel', so it takes none of them out; for 'Gluecksspiel', did you mean 'Glücksspiel'?",
        f"{place.format(1)} industry 'handel'; for 'handel', did you mean 'Handel'?",
        f"{place.format(2)} industry 'Waffen', so it takes none of them out; is it spelt as in the data?",
        f"{place.format(3)} employees of 41 or more, so it takes none of them out; is that the number you mean?",
        f"{place.format(4)} employees below 1, so it takes none of them out; is that the number you mean?",
    ]


def test_where_no_row_can_be_learned_from_nothing_is_said_of_them(company: Any) -> None:
    config = company({"feature": "industry", "is_one_of": ["Gluecksspiel"]})
    result = CliRunner().invoke(main, ["check", "--config", str(config), "--as-of", "2025-01-02"], catch_exceptions=False)
    assert "scorecard.disqualifiers" not in result.output


def test_of_what_takes_a_row_out_nothing_is_said(company: Any) -> None:
    rules = ({"feature": "industry", "is_one_of": ["Glücksspiel", "Waffen"]}, {"feature": "employees", "at_least": 40})
    assert told(company(*rules)) == []
