"""Salesforce: what each row becomes, and why a row is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from icpfit.errors import ConfigError, SourceError
from icpfit.moments import parse_moment
from icpfit.sources.warehouse import Warehouse

Tables = dict[str, pd.DataFrame]
ACME, BETA = "001000000000001AAA", "001000000000002AAA"


def left_out(warehouse: Warehouse, name: str) -> dict[str, int]:
    return dict(next(c.left_out for c in warehouse.counts if c.table == name))


def cells(warehouse: Warehouse, name: str, *columns: str) -> list[tuple[Any, ...]]:
    listed = ", ".join(columns)
    return warehouse.connection.sql(f"SELECT {listed} FROM {name} ORDER BY ALL").fetchall()


def codes(warehouse: Warehouse) -> set[str]:
    return {f.code for f in warehouse.findings}


def test_every_row_is_used_or_left_out_for_its_reason(salesforce: Tables, read: Callable[..., Warehouse]) -> None:
    warehouse = read("salesforce", salesforce)
    assert left_out(warehouse, "accounts") == {"deleted in the CRM": 1, "merged into another account": 1}
    assert left_out(warehouse, "deals") == {
        "deleted in the CRM": 1,
        "no account": 1,
        "of an account that is deleted in the CRM": 1,
        "bad deal_type": 1,
    }
    assert left_out(warehouse, "account_history") == {"version without a change": 1, "of an account that is deleted in the CRM": 6}
    assert left_out(warehouse, "deal_stages") == {"version without a change": 2}
    assert left_out(warehouse, "contacts") == {"deleted in the CRM": 1}
    assert left_out(warehouse, "interactions") == {"task that is not done": 1, "planned and not held yet": 1}
    for count in warehouse.counts:
        assert count.rows_in == count.used + sum(count.left_out.values())
    for name, raw in (("accounts", "account"), ("deals", "opportunity"), ("deal_stages", "opportunity_history")):
        assert next(c.rows_in for c in warehouse.counts if c.table == name) == len(salesforce[raw])


def test_accounts_keep_the_columns_of_the_company(salesforce: Tables, read: Callable[..., Warehouse]) -> None:
    warehouse = read("salesforce", salesforce)
    found = cells(warehouse, "accounts", "account_id", "domain", "employee_count", "country", "parent_id", "region_c")
    assert found == [(ACME, "acme.example", 60.0, "Germany", None, "EMEA"), (BETA, "beta.example", 200.0, "France", ACME, "EMEA")]


def test_a_deal_closes_when_its_history_saw_it(salesforce: Tables, read: Callable[..., Warehouse]) -> None:
    """One was closed on paper a day before; two was lost, reopened and won; five began closed, on one day."""
    warehouse = read("salesforce", salesforce)
    found = {d: (s, t, c) for d, s, t, c in cells(warehouse, "deals", "deal_id", "stage", "deal_type", "closed_at")}
    assert found["006D1"] == ("won", "new_logo", parse_moment("2026-02-01T15:30:00"))
    assert found["006D2"] == ("won", "new_logo", parse_moment("2026-03-01T10:00:00"))
    assert found["006D3"] == ("open", "new_logo", None)
    assert found["006D5"] == ("won", "expansion", parse_moment("2026-02-04") - 1)
    assert found["006D9"] == ("lost", "renewal", parse_moment("2026-02-21"))


def test_without_the_history_the_close_date_holds_and_it_is_said(salesforce: Tables, read: Callable[..., Warehouse]) -> None:
    del salesforce["opportunity_history"], salesforce["account_history"]
    warehouse = read("salesforce", salesforce)
    closed = dict(cells(warehouse, "deals", "deal_id", "closed_at"))
    assert closed["006D1"] == parse_moment("2026-01-31")
    assert {"CRM-NO-HISTORY", "CRM-NO-STAGE-HISTORY"} <= codes(warehouse)
    words = next(f.words for f in warehouse.findings if f.code == "CRM-NO-HISTORY")
    assert "cannot be promised" in words
    assert "industry, employee_count" in words


def test_versions_become_the_fields_that_changed(salesforce: Tables, read: Callable[..., Warehouse]) -> None:
    warehouse = read("salesforce", salesforce)
    found = cells(warehouse, "account_history", "field", "value", "valid_from")
    first, later = parse_moment("2025-12-01T08:00:00"), parse_moment("2026-02-15")
    assert [f for f in found if f[0] in ("employee_count", "industry", "region_c")] == [
        ("employee_count", "10", first),
        ("employee_count", "60", later),
        ("industry", "Retail", first),
        ("industry", "Software", later),
        ("region_c", "EMEA", first),
    ]
    stages = cells(warehouse, "deal_stages", "deal_id", "stage", "entered_at")
    assert [s for s in stages if s[0] == "006D1"] == [
        ("006D1", "Closed Won", parse_moment("2026-02-01T15:30:00")),
        ("006D1", "Negotiation", parse_moment("2026-01-20T09:00:00")),
        ("006D1", "Prospecting", parse_moment("2026-01-10T09:00:00")),
    ]


def test_salesforces_own_account_history_is_known_from_the_change_on(salesforce: Tables, read: Callable[..., Warehouse]) -> None:
    salesforce["account_history"] = pd.DataFrame(
        {
            "account_id": [ACME, ACME, ACME],
            "field": ["NumberOfEmployees", "Region__c", "Owner"],
            "old_value": ["10", "", "Ann"],
            "new_value": ["60", "EMEA", "Bo"],
            "created_date": ["2026-02-15 00:00:00", "2026-01-03 00:00:00", "2026-01-04 00:00:00"],
        }
    )
    warehouse = read("salesforce", salesforce)
    assert cells(warehouse, "account_history", "field", "value", "valid_from") == [
        ("employee_count", "60", parse_moment("2026-02-15")),
        ("region_c", "EMEA", parse_moment("2026-01-03")),
    ]
    assert left_out(warehouse, "account_history") == {"not a field of accounts": 1}


def test_people_are_known_when_they_were_written_down(salesforce: Tables, read: Callable[..., Warehouse]) -> None:
    warehouse = read("salesforce", salesforce)
    assert cells(warehouse, "contacts", "contact_id", "account_id", "title", "visible_at") == [
        ("003C1", ACME, "Head of Data", parse_moment("2026-01-05T08:00:00")),
        ("003C2", BETA, "CFO", parse_moment("2026-01-13T08:00:00")),
    ]
    assert cells(warehouse, "contact_roles", "contact_id", "account_id", "deal_id", "buying_role", "visible_at") == [
        ("003C1", ACME, "006D1", "economic_buyer", parse_moment("2026-01-21T08:00:00")),
    ]
    assert cells(warehouse, "interactions", "account_id", "channel", "deal_id", "occurred_at", "visible_at") == [
        (ACME, "call", "006D1", parse_moment("2026-01-15"), parse_moment("2026-01-15T12:00:00")),
        (ACME, "email", "006D1", parse_moment("2026-01-16"), parse_moment("2026-01-16T12:00:00")),
        (BETA, "meeting", None, parse_moment("2026-02-02T09:00:00"), parse_moment("2026-02-02T09:00:00")),
    ]


@pytest.mark.parametrize("layout", ["airbyte", "dlt", "export"])
def test_the_layouts_agree(
    layout: str, salesforce: Tables, salesforce_as: Callable[[Tables, str], Tables], read: Callable[..., Warehouse]
) -> None:
    ours = read("salesforce", salesforce)
    theirs = read("salesforce", salesforce_as(salesforce, layout), layout)
    names = ("account_id", "domain", "employee_count", "country", "parent_id", "region_c")
    assert cells(ours, "accounts", *names) == cells(theirs, "accounts", *names)
    history = layout != "dlt"  # which has no stage history: there the close date holds
    names = ("deal_id", "account_id", "created_at", "stage", "deal_type", "amount", "source", *(["closed_at"] if history else []))
    assert cells(ours, "deals", *names) == cells(theirs, "deals", *names)
    assert left_out(ours, "deals") == left_out(theirs, "deals")
    assert cells(ours, "contacts", "*") == cells(theirs, "contacts", "*")
    assert cells(ours, "contact_roles", "*") == cells(theirs, "contact_roles", "*")
    assert cells(ours, "interactions", "*") == cells(theirs, "interactions", "*")
    assert theirs.has("deal_stages") == history


def test_a_report_with_its_labels(read: Callable[..., Warehouse]) -> None:
    """Reports name columns by labels, cut ids to 15 letters and may name the account alone."""
    tables = {
        "account": pd.DataFrame({"Account ID": ["001000000000001", ""], "Account Name": ["Acme", "Beta"], "Employees": ["60", "2"]}),
        "opportunity": pd.DataFrame(
            {
                "Opportunity ID": ["006D1", "006D2", "006D3"],
                "Account Name": ["Acme", "ACME ", "Nobody"],
                "Stage": ["Closed Won", "Closed Lost", "Closed Won"],
                "Close Date": ["2/1/2026", "2/3/2026", "2/3/2026"],
                "Created Date": ["1/10/2026", "2/3/2026", "2/3/2026"],
                "Amount": ["10", "", ""],
                "Lead Source": ["Web", "", ""],
            }
        ),
    }
    warehouse = read("salesforce", tables, "export", date_format="%m/%d/%Y")
    assert cells(warehouse, "deals", "deal_id", "account_id", "stage", "created_at", "closed_at", "source") == [
        ("006D1", ACME, "won", parse_moment("2026-01-10"), parse_moment("2026-02-01"), "Web"),
        ("006D2", ACME, "lost", parse_moment("2026-02-03"), parse_moment("2026-02-04") - 1, None),
    ]
    assert left_out(warehouse, "deals") == {"no account": 1}


def test_stages_and_types_in_the_companys_words(salesforce: Tables, read: Callable[..., Warehouse]) -> None:
    deals = salesforce["opportunity"].drop(columns=["is_won", "is_closed"])
    deals.loc[deals["id"] == "006D1", "stage_name"] = "Champagne"
    salesforce["opportunity"] = deals
    del salesforce["opportunity_history"]
    warehouse = read("salesforce", salesforce)
    assert left_out(warehouse, "deals")["bad stage"] == 2  # Champagne, and Negotiation, which is none of Salesforce's own
    warehouse = read("salesforce", salesforce, stages={"champagne": "won", "Negotiation": "open"}, deal_types={"odd": "new_logo"})
    assert "bad stage" not in left_out(warehouse, "deals")
    assert "bad deal_type" not in left_out(warehouse, "deals")
    assert ("006D1", "won") in cells(warehouse, "deals", "deal_id", "stage")


def test_columns_of_the_contract_may_come_from_custom_ones(salesforce: Tables, read: Callable[..., Warehouse]) -> None:
    salesforce["opportunity"]["arr_c"] = [str(i) for i in range(9)]
    salesforce["account"]["staff_c"] = ["61", "201", "", ""]
    salesforce["account_history"]["staff_c"] = ["11", "11", "61", ""]
    warehouse = read("salesforce", salesforce, columns={"accounts": {"employee_count": "Staff__c"}, "deals": {"amount": "ARR__c"}})
    assert cells(warehouse, "accounts", "employee_count") == [(61.0,), (201.0,)]
    assert ("006D9", 8.0) in cells(warehouse, "deals", "deal_id", "amount")
    assert ("employee_count", "11") in cells(warehouse, "account_history", "field", "value")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"columns": {"deals": {"amount": "Probability"}}}, "is what the CRM expects of the deal"),
        ({"columns": {"deals": {"amout": "Amount"}}}, "did you mean 'amount'"),
        ({"columns": {"accounts": {"industry": "Industri"}}}, "did you mean 'industry'"),
        ({"columns": {"deals": {"stage": "stage_name"}}}, "read from where the CRM itself keeps it"),
        ({"tables": {"acount": "account"}}, "did you mean 'account'"),
    ],
)
def test_a_typo_is_answered(settings: dict[str, Any], words: str, salesforce: Tables, read: Callable[..., Warehouse]) -> None:
    with pytest.raises(ConfigError) as error:
        read("salesforce", salesforce, **settings)
    assert words in str(error.value)


def test_what_is_missing_is_named(salesforce: Tables, read: Callable[..., Warehouse]) -> None:
    tables = {n: f for n, f in salesforce.items() if n != "opportunity"}
    with pytest.raises(SourceError, match=r"no table 'opportunity', which salesforce in the layout fivetran needs; it holds account"):
        read("salesforce", tables)
    with pytest.raises(SourceError, match="did you mean 'opportunities_2'"):
        read("salesforce", {**tables, "opportunities_2": salesforce["opportunity"]}, tables={"opportunity": "opportunity_2"})
    salesforce["opportunity"] = salesforce["opportunity"].drop(columns="created_date")
    with pytest.raises(SourceError, match=r"opportunity\.csv: no column holds when the opportunity was created; looked for CreatedDate"):
        read("salesforce", salesforce)


def test_the_order_of_rows_does_not_matter(salesforce: Tables, read: Callable[..., Warehouse]) -> None:
    ours = read("salesforce", salesforce)
    theirs = read("salesforce", {n: f.iloc[::-1] for n, f in salesforce.items()})
    assert ours.fingerprint == theirs.fingerprint
