"""Texts that a configuration translates are translated in a target list too: the same values at the same moment."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from icpfit.config import Config
from icpfit.cycle.opened import Opened, open_source
from icpfit.moments import parse_moment
from icpfit.scoring.resolve import resolve

ACCOUNTS = ["a1,a.example,Einzelhandel,100", "a2,b.example,Retail,200", "a3,c.example,k. A.,k. A."]
VALUES = {
    "accounts": {"industry": {"Einzelhandel": "Retail", "k. A.": ""}, "employee_count": {"k. A.": ""}},
    "deals": {"source": {"Messe": "event"}, "product": {"Grundpaket": "Core"}},
    "subscriptions": {"product": {"Profipaket": "Pro"}},
}


def company(folder: Path) -> Opened:
    (folder / "accounts.csv").write_text("\n".join(["account_id,domain,industry,employee_count", *ACCOUNTS]) + "\n")
    deals = [f"d{i},a{i % 3 + 1},2025-01-0{i + 1},2025-02-01,won,Messe,Grundpaket" for i in range(3)]
    (folder / "deals.csv").write_text("\n".join(["deal_id,account_id,created_at,closed_at,stage,source,product", *deals]) + "\n")
    bought = [f"s{i},a{i + 1},d{i},2025-02-02,9000,Profipaket" for i in range(3)]
    (folder / "subscriptions.csv").write_text("\n".join(["subscription_id,account_id,deal_id,started_at,arr,product", *bought]) + "\n")
    shared = {"layer": "firmographic", "table": "accounts", "aggregate": "value"}
    features = [
        {**shared, "name": "industry", "label": "Industry", "kind": "category", "column": "industry"},
        {**shared, "name": "employee_count", "label": "Employees", "column": "employee_count"},
    ]
    source = {"kind": "folder", "path": str(folder), "values": VALUES}
    return open_source(Config.model_validate({"source": source, "features": features, "outcomes": {"deal_attributes": ["source"]}}))


def features(opened: Opened, folder: Path, lines: list[str]) -> pd.DataFrame:
    (folder / "list.csv").write_text("\n".join(lines) + "\n")
    targets = opened.read_targets(folder / "list.csv")
    moment = parse_moment("2025-03-01")
    resolved = resolve(targets, opened.directory, moment)
    specs = opened.training_set("win", moment).specs
    build = opened.feature_builder(cast(Any, SimpleNamespace(specs=specs, declared=specs)), targets, resolved)
    return build(pd.RangeIndex(len(resolved.rows)).to_numpy(), resolved.as_of)


def test_an_account_that_the_list_describes_in_its_own_words_is_the_account_that_taught(tmp_path: Path) -> None:
    opened = company(tmp_path)
    looked_up = features(opened, tmp_path, ["account_id", "a1", "a2", "a3"])
    described = features(
        opened,
        tmp_path,
        [
            "domain,Industry,employee_count",
            *(f"new{line[1:]}" for line in ("xa.example,Einzelhandel,100", "xb.example,Retail,200", "xc.example,k. A.,k. A.")),
        ],
    )
    assert described["industry"].tolist()[:2] == looked_up["industry"].tolist()[:2] == ["Retail", "Retail"]
    assert described["industry"].isna().tolist() == looked_up["industry"].isna().tolist() == [False, False, True]
    pd.testing.assert_series_equal(described["employee_count"], looked_up["employee_count"])


@pytest.mark.parametrize("said", ["Messe", "event"])
def test_what_the_list_says_of_a_deal_is_translated_too(tmp_path: Path, said: str) -> None:
    opened = company(tmp_path)
    found = features(opened, tmp_path, ["account_id,source", f"a1,{said}"])
    name = next(s.name for s in opened.training_set("win", parse_moment("2025-03-01")).specs if s.table == "deals")
    assert found[name].tolist() == ["event"]


def test_what_the_list_does_not_say_of_a_deal_is_unknown_as_everywhere(tmp_path: Path) -> None:
    opened = company(tmp_path)
    found = features(opened, tmp_path, ["account_id,source", "a1,Messe", "a2,"])
    name = next(s.name for s in opened.training_set("win", parse_moment("2025-03-01")).specs if s.table == "deals")
    assert found[name].tolist() == ["event", None]


def test_a_product_in_the_words_of_either_table_is_the_product_that_was_learned_from(tmp_path: Path) -> None:
    opened = company(tmp_path)
    (tmp_path / "list.csv").write_text("account_id,Product\na1,Grundpaket\na2,Profipaket\na3,\nx,Core\nx,Core\n")
    targets = opened.read_targets(tmp_path / "list.csv")
    resolved = resolve(targets, opened.directory, parse_moment("2025-03-01"))
    found = opened.products(targets, resolved)
    assert found is not None
    assert found.tolist() == ["Core", "Pro", None, "Core"]
    (tmp_path / "list.csv").write_text("account_id\na1\n")
    targets = opened.read_targets(tmp_path / "list.csv")
    assert opened.products(targets, resolve(targets, opened.directory, parse_moment("2025-03-01"))) is None
