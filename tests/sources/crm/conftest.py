"""Two small CRMs with known answers, as each layout writes them, and the way to read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from icpfit.config import CrmSource
from icpfit.sources.crm.read import read_crm
from icpfit.sources.intake import Intake
from icpfit.sources.warehouse import Warehouse

Tables = dict[str, pd.DataFrame]


def table(header: str, *rows: str) -> pd.DataFrame:
    """Rows of texts, with | between the cells."""
    names = header.split()
    return pd.DataFrame([[c.strip() for c in row.split("|")] for row in rows], columns=names)


ACME, BETA, GAMMA, OLD = "001000000000001AAA", "001000000000002AAA", "001000000000003AAA", "001000000000004AAA"


@pytest.fixture
def salesforce() -> Tables:
    """As Fivetran writes it. Acme grew from 10 to 60 people on 15 February; Gamma is deleted; Old Acme was merged into Acme."""
    fields = "id name website industry number_of_employees billing_country parent_id region_c created_date is_deleted master_record_id"
    deal = "id account_id name stage_name is_won is_closed amount type lead_source owner_id created_date close_date probability is_deleted"
    return {
        "account": table(
            fields,
            f"{ACME}|Acme|https://www.acme.example/|Software|60|Germany||EMEA|2025-12-01 08:00:00|false|",
            f"{BETA}|Beta|beta.example|Retail|200|France|{ACME}|EMEA|2026-01-12 10:00:00|false|",
            f"{GAMMA}|Gamma|gamma.example|Retail|5|Spain|||2025-12-01 08:00:00|true|",
            f"{OLD}|Old Acme|acme.example|Retail|10|Germany|||2025-11-01 08:00:00|true|{ACME}",
        ),
        "account_history": table(
            f"{fields} _fivetran_start _fivetran_end _fivetran_active",
            f"{ACME}|Acme|acme.example|Retail|10|Germany||EMEA|2025-12-01 08:00:00|false||2025-12-01 08:00:00|2026-02-14 23:59:59|false",
            f"{ACME}|Acme|acme.example|Retail|10|Germany||EMEA|2025-12-01 08:00:00|false||2026-01-20 08:00:00|2026-02-14 23:59:59|false",
            f"{ACME}|Acme|acme.example|Software|60|Germany||EMEA|2025-12-01 08:00:00|false||2026-02-15 00:00:00|9999-12-31 23:59:59|true",
            f"{GAMMA}|Gamma|gamma.example|Retail|5|Spain|||2025-12-01 08:00:00|false||2025-12-01 08:00:00|9999-12-31 23:59:59|true",
        ),
        "opportunity": table(
            deal,
            f"006D1|{ACME}|one|Closed Won|true|true|1000|New Business|Web|U1|2026-01-10 09:00:00|2026-01-31|100|false",
            f"006D2|{BETA}|two|Closed Won|true|true|2000|New Business||U1|2026-01-12 10:00:00|2026-03-01|100|false",
            f"006D3|{ACME}|three|Negotiation|false|false||New Business||U1|2026-03-02 09:00:00|2026-09-30|60|false",
            f"006D4|{BETA}|four|Closed Lost|false|true||New Business||U1|2026-01-02 09:00:00|2026-01-31|0|true",
            f"006D5|{BETA}|five|Closed Won|true|true|50|Existing Business||U1|2026-02-03 12:00:00|2026-02-03|100|false",
            "006D6||six|Closed Lost|false|true||New Business||U1|2026-02-04 12:00:00|2026-02-20|0|false",
            f"006D7|{GAMMA}|seven|Closed Lost|false|true||New Business||U1|2026-02-04 12:00:00|2026-02-20|0|false",
            f"006D8|{ACME}|eight|Closed Lost|false|true||Odd||U1|2026-02-05 12:00:00|2026-02-21|0|false",
            f"006D9|{ACME}|nine|Closed Lost|false|true|10|Renewal||U1|2026-02-05 12:00:00|2026-02-21|0|false",
        ),
        "opportunity_history": table(
            "id stage_name is_won is_closed amount is_deleted _fivetran_start",
            "006D1|Prospecting|false|false||false|2026-01-10 09:00:00",
            "006D1|Prospecting|false|false|900|false|2026-01-12 09:00:00",
            "006D1|Negotiation|false|false|900|false|2026-01-20 09:00:00",
            "006D1|Closed Won|true|true|1000|false|2026-02-01 15:30:00",
            "006D1|Closed Won|true|true|1000|false|2026-02-09 15:30:00",
            "006D2|Prospecting|false|false||false|2026-01-12 10:00:00",
            "006D2|Closed Lost|false|true||false|2026-02-05 11:00:00",
            "006D2|Negotiation|false|false||false|2026-02-10 11:00:00",
            "006D2|Closed Won|true|true|2000|false|2026-03-01 10:00:00",
            "006D5|Closed Won|true|true|50|false|2026-02-03 12:00:00",
        ),
        "contact": table(
            "id account_id title created_date is_deleted",
            f"003C1|{ACME}|Head of Data|2026-01-05 08:00:00|false",
            f"003C2|{BETA}|CFO|2026-01-13 08:00:00|false",
            f"003C3|{BETA}|Clerk|2026-01-13 08:00:00|true",
        ),
        "opportunity_contact_role": table(
            "id opportunity_id contact_id role created_date is_deleted", "00K1|006D1|003C1|Economic Buyer|2026-01-21 08:00:00|false"
        ),
        "task": table(
            "id account_id what_id type task_subtype status is_closed activity_date created_date is_deleted",
            f"00T1|{ACME}|006D1|Call|Task|Completed|true|2026-01-15|2026-01-15 12:00:00|false",
            "00T2||006D1||Email|Completed|true|2026-01-16|2026-01-16 12:00:00|false",
            f"00T3|{ACME}|||Task|Not Started|false|2026-04-16|2026-01-16 12:00:00|false",
        ),
        "event": table(
            "id account_id what_id start_date_time created_date is_deleted",
            f"00U1|{BETA}||2026-02-02 09:00:00|2026-01-30 12:00:00|false",
            f"00U2|{BETA}||2026-12-02 09:00:00|2026-01-30 12:00:00|false",
        ),
    }


def with_api_names(frame: pd.DataFrame) -> pd.DataFrame:
    """number_of_employees becomes NumberOfEmployees, and region_c Region__c."""

    def api(name: str) -> str:
        own = name.endswith("_c")
        return "".join(p.capitalize() for p in name.removesuffix("_c").split("_")) + ("__c" if own else "")

    kept = frame[[c for c in frame if not c.startswith("_fivetran")]]
    return kept.rename(columns=api)


def own_stage_history(frame: pd.DataFrame) -> pd.DataFrame:
    """Versions of opportunities as Salesforce's own OpportunityHistory has them."""
    of_version = frame.drop(columns="created_date", errors="ignore")
    return of_version.rename(columns={"id": "opportunity_id", "_fivetran_start": "created_date"})[
        ["opportunity_id", "stage_name", "amount", "created_date"]
    ]


@pytest.fixture
def salesforce_as() -> Callable[[Tables, str], Tables]:
    """The tables that Fivetran writes, as another layout has them; Fivetran's history of accounts none of them has."""

    def converted(tables: Tables, layout: str) -> Tables:
        if layout == "fivetran":
            return tables
        plain = {n: f for n, f in tables.items() if n not in ("account_history", "opportunity_history")}
        if layout == "dlt":
            return {n: f.drop(columns=[c for c in f if c.startswith("_fivetran")]).assign(_dlt_id="x") for n, f in plain.items()}
        if "opportunity_history" in tables:
            plain["opportunity_history"] = own_stage_history(tables["opportunity_history"])
        named = {"".join(p.capitalize() for p in n.split("_")): with_api_names(f) for n, f in plain.items()}
        return {n: f.assign(_airbyte_extracted_at="2026-07-01") for n, f in named.items()} if layout == "airbyte" else named

    return converted


@pytest.fixture
def hubspot() -> Tables:
    """As Fivetran writes it. Two pipelines; deal 12 stands with two companies and deal 13 with two, none of them primary."""
    return {
        "company": table(
            "id property_name property_domain property_hs_additional_domains property_industry property_numberofemployees"
            " property_country property_annualrevenue property_createdate property_plan is_deleted property_hs_merged_object_ids",
            "901|Acme|acme.example||Software|60|Germany|5000|2025-12-01 08:00:00|gold|false|903;904",
            "902|Beta||beta.example;beta.test|Retail|200|France||2026-02-01 10:00:00||false|",
            "903|Old Acme|acme.example||Retail|10|Germany||2025-11-01 08:00:00||true|",
            "905|Gone|gone.example||Retail|10|Germany||2025-11-01 08:00:00||true|",
        ),
        "deal": table(
            "deal_id deal_pipeline_id deal_pipeline_stage_id owner_id property_dealname property_amount property_dealtype"
            " property_closedate property_createdate is_deleted",
            "11|sales|s-won|7|one|1000|newbusiness|2026-01-31 00:00:00|2026-01-10 09:00:00|false",
            "12|sales|s-lost|7|two|2000|newbusiness|2026-02-20 12:00:00|2026-01-12 10:00:00|false",
            "13|sales|s-talk|7|three||newbusiness|2026-09-30 00:00:00|2026-03-02 09:00:00|false",
            "14|sales|s-won|7|four|||2026-01-31 00:00:00|2026-01-02 09:00:00|true",
            "15|sales|s-won|7|five|50|existingbusiness|2026-02-03 00:00:00|2026-02-03 12:00:00|false",
            "16|sales|s-lost|7|six|||2026-02-20 00:00:00|2026-02-04 12:00:00|false",
            "17|sales|s-lost|7|seven|||2026-02-20 00:00:00|2026-02-04 12:00:00|false",
            "18|partner|p-no|7|eight|||2026-02-20 00:00:00|2026-02-04 12:00:00|false",
            "19|sales|nowhere|7|nine|||2026-02-20 00:00:00|2026-02-04 12:00:00|false",
        ),
        "deal_company": table(
            "deal_id company_id type_id category",
            *("11|901|5|HUBSPOT_DEFINED", "11|901|341|HUBSPOT_DEFINED", "12|901|341|HUBSPOT_DEFINED", "12|902|341|HUBSPOT_DEFINED"),
            *("12|902|5|HUBSPOT_DEFINED", "13|902|341|HUBSPOT_DEFINED", "13|901|341|HUBSPOT_DEFINED", "13|905|341|HUBSPOT_DEFINED"),
            *("14|901|5|HUBSPOT_DEFINED", "15|902|5|HUBSPOT_DEFINED", "17|901|5|HUBSPOT_DEFINED", "18|901|5|HUBSPOT_DEFINED"),
            "19|901|5|HUBSPOT_DEFINED",
        ),
        "deal_pipeline": table("pipeline_id label", "sales|Sales Pipeline", "partner|Partner Pipeline"),
        "deal_pipeline_stage": table(
            "stage_id label pipeline_id is_closed closed_won probability",
            *("s-new|New|sales|false|false|0.2", "s-talk|Talking|sales|false|false|0.5", "s-won|Signed|sales|true|true|1.0"),
            *("s-lost|Went elsewhere|sales|true|false|0.0", "p-no|Said no|partner|false|false|0.0"),
        ),
        "deal_stage": table(
            "deal_id value date_entered _fivetran_start",
            *("11|s-new|2026-01-10 09:00:00|2026-01-10 09:00:00", "11|s-won|2026-02-01 15:30:00|2026-02-01 15:30:00"),
            *("12|s-new|2026-01-12 10:00:00|2026-01-12 10:00:00", "12|s-won|2026-02-05 11:00:00|2026-02-05 11:00:00"),
            *("12|s-talk|2026-02-10 11:00:00|2026-02-10 11:00:00", "12|s-lost|2026-02-20 11:00:00|2026-02-20 11:00:00"),
            "15|s-won|2026-02-03 12:00:00|2026-02-03 12:00:00",
        ),
        "merged_deal": table("deal_id merged_deal_id", "11|17"),
        "company_property_history": table(
            "company_id name value timestamp source",
            *("901|numberofemployees|10|2025-12-01 08:00:00|CRM_UI", "901|numberofemployees|60|2026-02-15 00:00:00|CRM_UI"),
            *("901|plan|gold|2026-01-01 00:00:00|CRM_UI", "901|hs_last_sales_activity|x|2026-01-01 00:00:00|CRM_UI"),
            "905|industry|Retail|2025-11-01 08:00:00|CRM_UI",
        ),
        "contact": table(
            "id property_jobtitle property_associatedcompanyid property_createdate _fivetran_deleted",
            *("71|Head of Data|901|2026-01-05 08:00:00|false", "72|CFO||2026-01-06 08:00:00|false", "73|Clerk||2026-01-06 08:00:00|false"),
        ),
        "contact_property_history": table(
            "contact_id name value timestamp",
            *("71|hs_buying_role|BUDGET_HOLDER|2026-01-21 08:00:00", "71|jobtitle|Head of Data|2026-01-05 08:00:00"),
        ),
        "deal_contact": table("contact_id deal_id type_id", "72|12|3"),
        "engagement": table("id type portal_id", *("1|CALL|1", "2|MEETING|1", "3|MEETING|1", "4|NOTE|1")),
        "engagement_call": table("engagement_id property_hs_timestamp property_hs_createdate", "1|2026-01-15 09:00:00|2026-01-15 10:00:00"),
        "engagement_meeting": table(
            "engagement_id property_hs_timestamp property_hs_createdate",
            *("2|2026-02-02 09:00:00|2026-01-30 12:00:00", "3|2026-12-02 09:00:00|2026-01-30 12:00:00"),
        ),
        "engagement_note": table("engagement_id property_hs_timestamp property_hs_createdate", "4|2026-01-03 09:00:00|2026-01-03 09:00:00"),
        "engagement_company": table("engagement_id company_id", *("1|901", "1|902", "3|901")),
        "engagement_deal": table("engagement_id deal_id", *("2|11", "4|12")),
    }


def _bare(frame: pd.DataFrame, prefix: str) -> pd.DataFrame:
    kept = frame[[c for c in frame if not c.startswith("_fivetran")]]
    return kept.rename(columns=lambda c: prefix + c.removeprefix("property_") if c.startswith("property_") else c)


@pytest.fixture
def hubspot_as() -> Callable[[Tables, str], Tables]:
    """The tables that Fivetran writes, as Airbyte's and dlt's sources have them."""

    def converted(tables: Tables, layout: str) -> Tables:
        if layout == "fivetran":
            return tables
        airbyte = layout == "airbyte"
        prefix = "properties_" if airbyte else ""
        given = {n: _bare(f, prefix) for n, f in tables.items()}
        deals = given["deal"].rename(
            columns={"deal_id": "id", "deal_pipeline_id": f"{prefix}pipeline", "deal_pipeline_stage_id": f"{prefix}dealstage"}
        )
        deals = deals.rename(columns={"owner_id": f"{prefix}hubspot_owner_id"})
        pairs = given.get("deal_company", pd.DataFrame({"deal_id": [], "company_id": [], "type_id": []}))
        primary = pairs[pairs["type_id"] == "5"].drop_duplicates("deal_id").set_index("deal_id")["company_id"]
        deals[f"{prefix}hs_primary_associated_company"] = deals["id"].map(primary).astype(object).fillna("")
        merged = given["merged_deal"].groupby("deal_id")["merged_deal_id"].agg(";".join)
        deals[f"{prefix}hs_merged_object_ids"] = deals["id"].map(merged).astype(object).fillna("")
        out = {"companies": given["company"], "deals": deals, "contacts": given["contact"]}
        history = given["company_property_history"]
        stages = given["deal_pipeline_stage"]
        if airbyte:
            ids = pairs.groupby("deal_id")["company_id"].agg(lambda each: json.dumps([int(i) for i in dict.fromkeys(each)]))
            deals["companies"] = deals["id"].map(ids).astype(object).fillna("")
            told = [
                {
                    "label": s.label,
                    "stageId": s.stage_id,
                    "pipeline": s.pipeline_id,
                    "metadata": {"isClosed": s.is_closed.lower(), "probability": s.probability},
                }
                for s in stages.itertuples()
            ]
            rows = [
                {"pipelineId": p.pipeline_id, "label": p.label, "stages": json.dumps([t for t in told if t["pipeline"] == p.pipeline_id])}
                for p in given["deal_pipeline"].itertuples()
            ]
            out["deal_pipelines"] = pd.DataFrame(rows)
            out["companies_property_history"] = history.rename(columns={"company_id": "companyId", "name": "property"})
            if "deal_stage" in given:
                steps = given["deal_stage"].rename(columns={"deal_id": "dealId", "date_entered": "timestamp"})
                out["deals_property_history"] = steps.assign(property="dealstage")[["dealId", "property", "value", "timestamp"]]
            return {n: f.assign(_airbyte_extracted_at="2026-07-01T00:00:00Z") for n, f in out.items()}
        pipelines = given["deal_pipeline"].rename(columns={"pipeline_id": "id"})
        out["pipelines_deals"] = pipelines.assign(_dlt_id="of " + pipelines["id"])
        out["pipelines_deals__stages"] = pd.DataFrame(
            {
                "id": stages["stage_id"],
                "label": stages["label"],
                "metadata__is_closed": stages["is_closed"],
                "metadata__probability": stages["probability"],
                "_dlt_parent_id": "of " + stages["pipeline_id"],
            }
        )
        out["deals__companies"] = pairs.rename(columns={"deal_id": "value", "company_id": "companies_id"})[["value", "companies_id"]]
        out["companies_property_history"] = history.rename(columns={"company_id": "object_id", "name": "property_name"})
        if "deal_stage" in given:
            steps = given["deal_stage"].rename(columns={"deal_id": "id", "value": "stage", "date_entered": "hs_date_enteredx"})
            out["stages_timing_deals"] = steps[["id", "stage", "hs_date_enteredx"]]
        return {n: f.assign(_dlt_load_id="1") for n, f in out.items()}

    return converted


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Warehouse]:
    """Write tables as CSV and read them as a CRM's, with settings of the source as keywords."""

    def opened(kind: str, given: Tables, layout: str = "fivetran", *, most: float = 0.5, **settings: object) -> Warehouse:
        folder = tmp_path / f"{kind}_{layout}"
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for name, frame in given.items():
            frame.to_csv(folder / f"{name}.csv", index=False)
        body = {"kind": kind, "layout": layout, "over": {"kind": "folder", "path": folder}, **settings}
        return read_crm(CrmSource.model_validate(body), Intake(most, accountless_rows_exempt=True))

    return opened
