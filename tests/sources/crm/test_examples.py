"""The example configurations open the tables that they are for, with no work but theirs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from icpfit.cycle.check import check_source
from icpfit.cycle.opened import Opened, open_config, open_source
from icpfit.features.build import build_features

Tables = dict[str, pd.DataFrame]

EXAMPLES = Path(__file__).parents[3] / "configs" / "examples"


def seeds(crm: str) -> Tables:
    """The tables that the example of Fivetran names, by Fivetran's names, as texts."""
    from icpfit.config import CrmSource, load_config
    from icpfit.config_crm import FolderPlace

    source = load_config(EXAMPLES / f"{crm}_fivetran.yaml").source
    assert isinstance(source, CrmSource)
    assert isinstance(source.over, FolderPlace)
    return {n: pd.read_csv(source.over.path / f"{f}.csv", dtype=str, keep_default_na=False) for n, f in source.tables.items()}


def opened(crm: str, layout: str, tables: Tables, folder: Path) -> Opened:
    """The example, beside a folder with the tables."""
    shutil.copy(EXAMPLES / f"{crm}_{layout}.yaml", folder)
    data = folder / f"{crm}_{layout}"
    data.mkdir()
    for name, frame in tables.items():
        frame.to_csv(data / f"{name}.csv", index=False)
    path = folder / f"{crm}_{layout}.yaml"
    if crm == "salesforce":  # the seeds' ids do not match one another
        path.write_text("max_left_out: 1.0\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    return open_config(path)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("crm", "expected"),
    [
        (
            "salesforce",
            {
                "accounts": (10, {"deleted in the CRM": 8, "merged into another account": 1}),
                "deals": (10, {"deleted in the CRM": 10}),
                "deal_stages": (10, {"deleted in the CRM": 10}),
                "contacts": (4, {"no account": 1, "unknown account": 3}),
                "interactions": (20, {"no account": 1, "unknown account": 19}),
            },
        ),
        (
            "hubspot",
            {
                "accounts": (24, {}),
                "account_history": (100, {"not a field of accounts": 100}),
                "deals": (44, {"no account": 44}),
                "deal_stages": (14, {}),
            },
        ),
    ],
)
def test_the_seeds_of_fivetran_open_and_every_row_is_accounted_for(crm: str, expected: dict[str, tuple[int, dict[str, int]]]) -> None:
    """Every deal of Salesforce's is deleted and none of HubSpot's stands with a company: that is said, and is no fault."""
    given = open_config(EXAMPLES / f"{crm}_fivetran.yaml")
    counts = {c.table: (c.rows_in, dict(c.left_out)) for c in given.counts}
    assert {name: counts[name] for name in expected} == expected
    report = check_source(given, None)
    assert not report.failed
    assert "no deal can be used: see the reasons at deals" in report.lines
    assert report.values["outcomes"]["win"]["evidence"] == {"level": "patterns only", "wins": 0, "losses": 0}


@pytest.mark.real_data
@pytest.mark.parametrize("layout", ["airbyte", "dlt", "export"])
def test_copies_of_salesforces_seeds_open(layout: str, salesforce_as: Callable[[Tables, str], Tables], tmp_path: Path) -> None:
    given = opened("salesforce", layout, salesforce_as(seeds("salesforce"), layout), tmp_path)
    theirs = open_config(EXAMPLES / "salesforce_fivetran.yaml")
    same = ("accounts", "deals", "contacts", "interactions")
    assert [c for c in given.counts if c.table in same] == [c for c in theirs.counts if c.table in same]
    assert any(f.code == "CRM-NO-HISTORY" for f in given.findings)
    assert check_source(given, None).lines


@pytest.mark.real_data
@pytest.mark.parametrize("layout", ["airbyte", "dlt"])
def test_copies_of_hubspots_seeds_open(layout: str, hubspot_as: Callable[[Tables, str], Tables], tmp_path: Path) -> None:
    given = opened("hubspot", layout, hubspot_as(seeds("hubspot"), layout), tmp_path)
    theirs = open_config(EXAMPLES / "hubspot_fivetran.yaml")
    same = ("accounts", "account_history", "deals", "deal_stages")
    assert [c for c in given.counts if c.table in same] == [c for c in theirs.counts if c.table in same]
    assert check_source(given, None).lines


def test_the_example_of_hubspots_export_opens(tmp_path: Path) -> None:
    tables = {
        "companies": pd.DataFrame(
            {
                "Record ID": ["1"],
                "Company name": ["Acme"],
                "Company Domain Name": ["acme.example"],
                "Industry": ["Software"],
                "Annual Revenue": ["5"],
                "Country/Region": ["Spain"],
            }
        ),
        "deals": pd.DataFrame(
            {
                "Record ID": ["7"],
                "Deal Name": ["one"],
                "Deal Stage": ["Closed Won"],
                "Close Date": ["2026-02-01 10:00"],
                "Create Date": ["2026-01-01 10:00"],
                "Associated Company IDs (Primary)": ["1"],
            }
        ),
    }
    given = opened("hubspot", "export", tables, tmp_path)
    assert [(c.table, c.used) for c in given.counts] == [("accounts", 1), ("deals", 1)]
    assert given.current_state() == ("industry", "annual_revenue", "country")


@pytest.mark.parametrize(("crm", "path"), [("salesforce", "salesforce_export"), ("hubspot", "hubspot_dlt")])
def test_the_layouts_of_small_crms_open_with_the_examples(
    crm: str,
    path: str,
    salesforce: Tables,
    hubspot: Tables,
    salesforce_as: Callable[[Tables, str], Tables],
    hubspot_as: Callable[[Tables, str], Tables],
    tmp_path: Path,
) -> None:
    """The features of the example are computed, as of a moment."""
    layout = path.removeprefix(f"{crm}_")
    tables = salesforce_as(salesforce, layout) if crm == "salesforce" else hubspot_as(hubspot, layout)
    shutil.copy(EXAMPLES / f"{path}.yaml", tmp_path)
    (tmp_path / path).mkdir()
    for name, frame in tables.items():
        frame.to_csv(tmp_path / path / f"{name}.csv", index=False)
    from icpfit.config import load_config

    config = load_config(tmp_path / f"{path}.yaml").model_copy(update={"max_left_out": 0.5})
    given = open_source(config)
    assert given.warehouse is not None
    moments = given.warehouse.connection.sql("SELECT account_id, created_at AS as_of FROM deals ORDER BY deal_id").df()
    built = build_features(given.warehouse, given.specs, moments)
    assert len(built) == len(moments)
    assert built["country"].notna().any() or layout == "dlt"  # whose history of countries is empty here
