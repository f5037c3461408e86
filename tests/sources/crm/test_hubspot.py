"""HubSpot: what each row becomes, which company a deal is of, and why a row is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from icpfit.errors import ConfigError, SourceError
from icpfit.moments import parse_moment
from icpfit.sources.warehouse import Warehouse

Tables = dict[str, pd.DataFrame]


def left_out(warehouse: Warehouse, name: str) -> dict[str, int]:
    return dict(next(c.left_out for c in warehouse.counts if c.table == name))


def cells(warehouse: Warehouse, name: str, *columns: str) -> list[tuple[Any, ...]]:
    return warehouse.connection.sql(f"SELECT {', '.join(columns)} FROM {name} ORDER BY ALL").fetchall()


def test_every_row_is_used_or_left_out_for_its_reason(hubspot: Tables, read: Callable[..., Warehouse]) -> None:
    warehouse = read("hubspot", hubspot)
    assert left_out(warehouse, "accounts") == {"merged into another account": 1, "deleted in the CRM": 1}
    assert left_out(warehouse, "deals") == {"deleted in the CRM": 1, "merged into another deal": 1, "no account": 1, "bad stage": 1}
    assert left_out(warehouse, "account_history") == {"not a field of accounts": 1, "of an account that is deleted in the CRM": 1}
    assert left_out(warehouse, "interactions") == {"planned and not held yet": 1}
    for name, raw in (("accounts", "company"), ("deals", "deal"), ("deal_stages", "deal_stage")):
        assert next(c.rows_in for c in warehouse.counts if c.table == name) == len(hubspot[raw])
    for count in warehouse.counts:
        assert count.rows_in == count.used + sum(count.left_out.values())


def test_a_deal_is_of_its_primary_company_else_of_the_one_that_was_there_first(hubspot: Tables, read: Callable[..., Warehouse]) -> None:
    warehouse = read("hubspot", hubspot)
    found = dict(cells(warehouse, "deals", "deal_id", "account_id"))
    assert (found["11"], found["12"], found["13"]) == ("901", "902", "901")
    words = next(f.words for f in warehouse.findings if f.code == "CRM-SEVERAL-COMPANIES")
    assert "2 deals stand with several companies" in words
    assert "1 have none, e.g. deal '13'" in words
    assert read("hubspot", {n: f.iloc[::-1] for n, f in hubspot.items()}).fingerprint == warehouse.fingerprint


def test_a_closed_stage_bears_any_name_and_tells_when_it_closed(hubspot: Tables, read: Callable[..., Warehouse]) -> None:
    warehouse = read("hubspot", hubspot)
    found = {d: (s, t, c) for d, s, t, c in cells(warehouse, "deals", "deal_id", "stage", "deal_type", "closed_at")}
    assert found["11"] == ("won", "new_logo", parse_moment("2026-02-01T15:30:00"))
    assert found["12"] == ("lost", "new_logo", parse_moment("2026-02-20T11:00:00"))  # after it had been won, and opened again
    assert found["13"] == ("open", "new_logo", None)
    assert found["15"] == ("won", "expansion", parse_moment("2026-02-04") - 1)
    assert found["18"] == ("open", "new_logo", None)
    assert "'Said no'" in next(f.words for f in warehouse.findings if f.code == "CRM-STAGE-DOUBTFUL")
    told = read("hubspot", hubspot, stages={"said NO": "lost", "nowhere": "open"})
    assert ("18", "lost") in cells(told, "deals", "deal_id", "stage")
    assert "bad stage" not in left_out(told, "deals")
    assert not any(f.code == "CRM-STAGE-DOUBTFUL" for f in told.findings)


def test_only_the_pipelines_that_are_named(hubspot: Tables, read: Callable[..., Warehouse]) -> None:
    for name in ("partner", "partner pipeline"):
        warehouse = read("hubspot", hubspot, pipelines=[name])
        assert cells(warehouse, "deals", "deal_id") == [("18",)]
        assert left_out(warehouse, "deals")["in a pipeline that is not read"] == 6
    with pytest.raises(ConfigError, match=r"no pipeline 'Sales Pipline'\nHint: did you mean 'Sales Pipeline'"):
        read("hubspot", hubspot, pipelines=["Sales Pipline"])


def test_history_of_properties_is_the_history_of_accounts(hubspot: Tables, read: Callable[..., Warehouse]) -> None:
    warehouse = read("hubspot", hubspot)
    assert cells(warehouse, "account_history", "account_id", "field", "value", "valid_from") == [
        ("901", "employee_count", "10", parse_moment("2025-12-01T08:00:00")),
        ("901", "employee_count", "60", parse_moment("2026-02-15")),
        ("901", "plan", "gold", parse_moment("2026-01-01")),
    ]
    assert cells(warehouse, "accounts", "account_id", "domain", "employee_count", "plan") == [
        ("901", "acme.example", 60.0, "gold"),
        ("902", "beta.example", 200.0, None),  # from its further domains
    ]
    assert any(f.code == "CRM-ACCOUNT-LATER" and "'902'" in f.words for f in warehouse.findings)


def test_people_and_engagements(hubspot: Tables, read: Callable[..., Warehouse]) -> None:
    """A contact without a company is of its deal's, from the deal on; so is an engagement."""
    warehouse = read("hubspot", hubspot)
    day = parse_moment
    assert cells(warehouse, "contacts", "account_id", "title", "visible_at") == [
        ("901", "Head of Data", day("2026-01-05T08:00:00")),
        ("902", "CFO", day("2026-01-12T10:00:00")),
    ]
    assert left_out(warehouse, "contacts") == {"no account": 1}
    assert cells(warehouse, "contact_roles", "account_id", "contact_id", "buying_role", "visible_at") == [
        ("901", "71", "economic_buyer", day("2026-01-21T08:00:00")),
    ]
    assert left_out(warehouse, "contact_roles") == {"no role": 1}
    assert cells(warehouse, "interactions", "account_id", "channel", "occurred_at", "visible_at") == [
        ("901", "call", day("2026-01-15T09:00:00"), day("2026-01-15T10:00:00")),
        ("901", "meeting", day("2026-02-02T09:00:00"), day("2026-02-02T09:00:00")),
        ("902", "call", day("2026-01-15T09:00:00"), day("2026-01-15T10:00:00")),
        ("902", "note", day("2026-01-03T09:00:00"), day("2026-01-12T10:00:00")),
    ]


@pytest.mark.parametrize("layout", ["airbyte", "dlt"])
def test_the_layouts_agree(
    layout: str, hubspot: Tables, hubspot_as: Callable[[Tables, str], Tables], read: Callable[..., Warehouse]
) -> None:
    ours = read("hubspot", hubspot)
    theirs = read("hubspot", hubspot_as(hubspot, layout), layout)
    for name in ("accounts", "account_history", "deals"):
        assert cells(ours, name, *ours.columns[name]) == cells(theirs, name, *ours.columns[name])
        assert left_out(ours, name) == left_out(theirs, name)
    assert cells(ours, "deal_stages", "*") == cells(theirs, "deal_stages", "*")


def test_airbytes_engagements_and_times_of_entering(
    hubspot: Tables, hubspot_as: Callable[[Tables, str], Tables], read: Callable[..., Warehouse]
) -> None:
    tables = hubspot_as(hubspot, "airbyte")
    del tables["deals_property_history"]
    tables["deals"]["properties_hs_v2_date_entered_s-new"] = ["2026-01-10T09:00:00Z", "2026-01-12T10:00:00Z", *[""] * 7]
    tables["deals"]["properties_hs_v2_date_entered_s-won"] = ["2026-02-01T15:30:00.000Z", *[""] * 8]
    tables["engagements_calls"] = pd.DataFrame(
        {
            "id": ["1", "2"],
            "properties_hs_timestamp": ["2026-01-15T09:00:00Z", "2026-01-16T09:00:00Z"],
            "properties_hs_createdate": ["2026-01-15T10:00:00Z", "2026-01-16T10:00:00Z"],
            "companies": ["[901, 902]", ""],
            "deals": ["", '["11"]'],
        }
    )
    warehouse = read("hubspot", tables, "airbyte")
    assert ("11", parse_moment("2026-02-01T15:30:00")) in cells(warehouse, "deals", "deal_id", "closed_at")
    assert len(cells(warehouse, "deal_stages", "*")) == 3
    assert cells(warehouse, "interactions", "account_id", "channel") == [("901", "call"), ("901", "call"), ("902", "call")]


def test_an_export_with_its_labels(read: Callable[..., Warehouse]) -> None:
    tables = {
        "companies": pd.DataFrame(
            {
                "Record ID": ["901", "902"],
                "Company name": ["Acme", "Beta"],
                "Company Domain Name": ["acme.example", "beta.example"],
                "Number of Employees": ["60", ""],
                "Country/Region": ["Germany", ""],
                "Our Segment": ["SMB", ""],
            }
        ),
        "deals": pd.DataFrame(
            {
                "Record ID": ["11", "12", "13", "14"],
                "Deal Name": ["one", "two", "three", "four"],
                "Deal Stage": ["Closed Won (Sales Pipeline)", "Closed lost", "Contract Sent", "Lost to nobody"],
                "Pipeline": ["Sales Pipeline"] * 4,
                "Close Date": ["2026-02-01 15:30", "2026-02-20 11:00", "2026-09-30 00:00", "2026-02-20 11:00"],
                "Create Date": ["2026-01-10 09:00", "2026-01-12 10:00", "2026-03-02 09:00", "2026-01-12 10:00"],
                "Amount": ["1000", "", "", ""],
                "Deal Type": ["New Business", "Existing Business", "", ""],
                "Associated Company IDs": ["901", "902;901", "901", "901"],
                "Associated Company IDs (Primary)": ["901", "902", "", ""],
            }
        ),
    }
    warehouse = read("hubspot", tables, "export")
    assert cells(warehouse, "accounts", "account_id", "domain", "employee_count", "country", "our_segment")[0] == (
        *("901", "acme.example", 60.0, "Germany", "SMB"),
    )
    assert cells(warehouse, "deals", "deal_id", "account_id", "stage", "deal_type", "closed_at") == [
        ("11", "901", "won", "new_logo", parse_moment("2026-02-01T15:30:00")),
        ("12", "902", "lost", "expansion", parse_moment("2026-02-20T11:00:00")),
        ("13", "901", "open", "new_logo", None),
    ]
    assert left_out(warehouse, "deals") == {"bad stage": 1}
    assert {"CRM-NO-HISTORY", "CRM-NO-STAGE-HISTORY"} <= {f.code for f in warehouse.findings}
    in_berlin = read("hubspot", tables, "export", time_zone="Europe/Berlin")
    assert cells(in_berlin, "deals", "created_at")[:2] == [(parse_moment("2026-01-10T08:00:00"),), (parse_moment("2026-01-12T09:00:00"),)]
    with pytest.raises(ConfigError, match="there is no time zone 'Europe/Berln'"):
        read("hubspot", tables, "export", time_zone="Europe/Berln")
    tables["deals"] = tables["deals"].drop(columns=[c for c in tables["deals"] if "Associated" in c])
    tables["deals"]["Associated Company"] = ["Acme", "Beta", "acme", "Nobody"]
    by_name = read("hubspot", tables, "export", stages={"Lost to nobody": "lost"})
    assert cells(by_name, "deals", "deal_id", "account_id") == [("11", "901"), ("12", "902"), ("13", "901")]


def test_what_is_missing_is_named(hubspot: Tables, read: Callable[..., Warehouse]) -> None:
    with pytest.raises(SourceError, match=r"no table 'companies', which hubspot in the layout airbyte needs; it holds company") as error:
        read("hubspot", hubspot, "airbyte")
    assert "source.tables: {companies: ITS NAME}" in str(error.value)
    hubspot["deal"] = hubspot["deal"].drop(columns="deal_pipeline_stage_id")
    with pytest.raises(SourceError, match=r"deal\.csv: no column holds the deal's stage; looked for deal_pipeline_stage_id or dealstage"):
        read("hubspot", hubspot)
