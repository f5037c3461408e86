"""The examples of feeds in configs/examples read files in the vendors' shapes as they stand, down to the features."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from icpfit.config import load_config
from icpfit.cycle.opened import open_source
from icpfit.features.build import build_features
from icpfit.moments import parse_moment

EXAMPLES = Path(__file__).parents[2] / "configs" / "examples"
Frames = dict[str, pd.DataFrame]

BUILTWITH = """Domain,Technology,Tag,First Detected,Last Detected
a.example,HubSpot,Marketing Automation,2025-01-10,2026-05-01
b.example,Snowflake,Data Warehouse,2025-03-01,2025-06-01
stranger.example,Marketo,Marketing Automation,2025-03-01,2026-05-01
"""
WAPPALYZER = "URL,CMS,CRM,Marketing automation\nhttps://a.example,WordPress ; Drupal,,HubSpot\nhttps://www.b.example/,,Salesforce,\n"
TRACKS = """id,anonymous_id,user_id,event,timestamp,received_at
1,x,u1,pricing_page_view,2026-06-20T10:00:00.123Z,2026-06-20T10:00:01Z
2,x,u2,login,2026-06-21T10:00:00Z,2026-06-21T10:00:01Z
3,y,,pricing_page_view,2026-06-21T10:00:00Z,2026-06-21T10:00:01Z
"""
USERS = "id,email,received_at\nu1,jane@a.example,2026-01-01\nu2,joe@A.example,2026-01-01\n"
SURGES = """Company Name,Domain,Topic Name,Topic ID,Composite Score,Date,Country
Acme,a.example,Data Warehouse,1,82,2026-06-07,US
Acme,a.example,CRM,2,55,2026-06-07,US
Acme,a.example,CRM,2,91,2026-06-28,US
"""


def posthog() -> str:
    def line(i: int, url: str, group: str | None, email: str | None) -> dict[str, object]:
        return {
            "uuid": f"u{i}",
            "event": "$pageview",
            "distinct_id": "d",
            "timestamp": f"2026-06-1{i} 10:00:00+00:00",
            "created_at": f"2026-06-1{i} 10:00:02+00:00",
            "properties": json.dumps({"$current_url": url} | ({"$group_0": group} if group else {})),
            "person_properties": json.dumps({"email": email} if email else {}),
        }

    pages = [("https://us/pricing?x", "A", None), ("https://us/docs", None, "x@a.example"), ("https://us/", None, None)]
    lines = [line(i, *page) for i, page in enumerate(pages, start=1)]
    return pd.DataFrame(lines).to_csv(index=False)


CASES: dict[str, tuple[dict[str, str], tuple[str, int, dict[str, int]], dict[str, dict[str, float]]]] = {
    "builtwith": (
        {"builtwith.csv": BUILTWITH},
        ("technologies", 2, {"unknown account": 1}),
        {"A": {"has_marketing_automation": 1, "has_data_warehouse": 0}, "B": {"has_marketing_automation": 0, "has_data_warehouse": 0}},
    ),
    "wappalyzer": (
        {"wappalyzer.csv": WAPPALYZER},
        ("technologies", 4, {}),
        {"A": {"has_crm": 0, "technologies_seen": 3}, "B": {"has_crm": 1, "technologies_seen": 1}},
    ),
    "segment": (
        {"tracks.csv": TRACKS, "users.csv": USERS},
        ("events", 2, {"no account": 1}),
        {"A": {"users_30d": 2, "pricing_views_30d": 1}, "B": {"users_30d": 0, "pricing_views_30d": 0}},
    ),
    "posthog": (
        {"posthog_events.csv": posthog()},
        ("events", 2, {"no account": 1}),
        {"A": {"pageviews_30d": 2, "pricing_views_30d": 1}, "B": {"pageviews_30d": 0, "pricing_views_30d": 0}},
    ),
    "bombora": (
        {"company_surge.csv": SURGES},
        ("signals", 3, {}),
        # The report of June 28 is known on July 5, so not on July 1.
        {"A": {"surges_60d": 1, "best_surge_60d": 82}, "B": {"surges_60d": 0}},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_example_is_read_as_it_stands(name: str, company: Frames, write: Callable[..., Path], tmp_path: Path) -> None:
    files, (table, used, left_out), values = CASES[name]
    write({k: v for k, v in company.items() if k != table})
    shutil.copy(EXAMPLES / f"{name}.yaml", tmp_path / "acme.yaml")
    for file, text in files.items():
        (tmp_path / file).write_text(text)
    config = load_config(tmp_path / "acme.yaml")
    warehouse = open_source(config).warehouse
    assert warehouse is not None
    count = next(c for c in warehouse.counts if c.table == table)
    assert (count.used, dict(count.left_out)) == (used, left_out)
    # No window begins before the table's first row, or its value would be unknown.
    time = {"technologies": "first_seen_at"}.get(table, "occurred_at")
    warehouse.connection.execute(f"INSERT INTO {table} BY NAME SELECT 'D' AS account_id, 0 AS {time}, 0 AS visible_at")
    moments = pd.DataFrame({"account_id": list(values), "as_of": parse_moment("2026-07-01")})
    built = build_features(warehouse, config.features, moments)
    for i, (account, wanted) in enumerate(values.items()):
        assert {f: float(built[f].iloc[i]) for f in wanted} == wanted, account
