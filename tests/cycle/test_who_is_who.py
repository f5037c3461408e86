"""Merges as a person meets them: listed by check, forbidden by the configuration, and one account on a list."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from icpfit.cli import main
from icpfit.cycle.opened import open_config
from icpfit.scoring.resolve import resolve
from icpfit.sources.targets import read_target_list


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Forty accounts, of which A39 is A00 once more, and X a name of A01 that only the CRM remembers."""
    data = tmp_path / "data"
    data.mkdir()
    ids = [f"A{i:02d}" for i in range(40)]
    domains = [f"https://www.firm{i}.example" for i in range(39)] + ["shop.firm0.example"]
    days = [f"2026-{1 + i % 9:02d}-03" for i in range(40)]
    pd.DataFrame({"account_id": ids, "domain": domains, "industry": "retail"}).to_csv(data / "accounts.csv", index=False)
    pd.DataFrame({"account_id": ["X"], "merged_into": ["A01"]}).to_csv(data / "account_merges.csv", index=False)
    deals = {
        "deal_id": [f"D{i}" for i in range(40)],
        "account_id": ids,
        "created_at": days,
        "closed_at": [f"2026-10-{1 + i % 20:02d}" for i in range(40)],
        "stage": ["won", "lost"] * 20,
    }
    pd.DataFrame(deals).to_csv(data / "deals.csv", index=False)
    feature = {
        "name": "industry",
        "label": "Industry",
        "layer": "firmographic",
        "table": "accounts",
        "aggregate": "value",
        "column": "industry",
    }
    path = tmp_path / "acme.yaml"
    path.write_text(yaml.safe_dump({"source": {"kind": "folder", "path": "data"}, "features": [feature | {"kind": "category"}]}))
    return path


def check(config: Path, *more: str) -> str:
    result = CliRunner().invoke(main, ["check", "--config", str(config), *more], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_check_lists_every_merge_with_its_reason(config: Path, tmp_path: Path) -> None:
    body = json.loads(check(config, "--json", "--merges", str(tmp_path / "merges.csv")))
    merges = [{k: v for k, v in row.items() if k != "code"} for row in body["identity"] if row["code"] == "IDENTITY-MERGED"]
    assert merges == [
        {"account_id": "A39", "merged_into": "A00", "reason": "same domain", "domain": "firm0.example"},
        {"account_id": "X", "merged_into": "A01", "reason": "merged in the CRM", "domain": None},
    ]
    text = (tmp_path / "merges.csv").read_text()
    assert text == "account_id,merged_into,reason,domain\nA39,A00,same domain,firm0.example\nX,A01,merged in the CRM,\n"
    assert body["rows"]["accounts"] == {"in": 40, "used": 39, "left_out": {"merged into another account": 1}}
    example = "row 40, account 'A39': merged into 'A00 (both firm0.example)'"
    assert f"accounts.csv: 1 of 40 rows is the same company as another account, e.g. {example}. It was merged." in check(config)


def test_the_configuration_forbids_it_and_a_typo_is_named(config: Path) -> None:
    body = yaml.safe_load(config.read_text())
    config.write_text(yaml.safe_dump(body | {"identity": {"keep_apart": [["A00", "A39"]], "merge_by_crm": False}}))
    assert [row for row in json.loads(check(config, "--json"))["identity"] if row["code"] == "IDENTITY-MERGED"] == []
    config.write_text(yaml.safe_dump(body | {"identity": {"merge_by_domains": False}}))
    result = CliRunner().invoke(main, ["check", "--config", str(config)])
    assert result.exit_code == 2
    assert "merge_by_domain" in result.output


def test_rows_of_a_list_that_mean_one_account_are_one(config: Path, tmp_path: Path) -> None:
    opened = open_config(config)
    rows = [
        ("A39", ""),
        ("", "https://eu.firm0.example/start"),
        ("A00", ""),
        ("X", ""),
        ("", "jane@firm1.example"),
        ("", "a.new.example"),
        ("", "b.new.example"),
    ]
    pd.DataFrame(rows, columns=["account_id", "domain"]).to_csv(tmp_path / "list.csv", index=False)
    found = resolve(read_target_list(tmp_path / "list.csv"), opened.directory, opened.newest)
    assert found.account_id == ["A00", "A01", None]
    assert dict(zip(found.rejected["line"], found.rejected["reason"], strict=True)) == {
        3: "the same as line 2",
        4: "the same as line 2",
        6: "the same as line 5",
        8: "the same as line 7",
    }
