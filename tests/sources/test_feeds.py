"""Files in the vendors' own shapes become rows of the contract's tables, every one counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from icpfit.config import Feed, FolderSource, parse_config
from icpfit.errors import ConfigError, SourceError
from icpfit.moments import day_text, parse_moment
from icpfit.sources.folder import read_folder
from icpfit.sources.intake import Intake
from icpfit.sources.rows import RowCount
from icpfit.sources.warehouse import Warehouse

Frames = dict[str, pd.DataFrame]
Write = Callable[..., Path]


@pytest.fixture
def feed(company: Frames, write: Write, tmp_path: Path) -> Callable[..., Warehouse]:
    """The small company with feeds, each a pair of the file's content and its settings."""

    def read(*feeds: tuple[str, dict[str, object]], max_left_out: float = 0.2, **tables: pd.DataFrame) -> Warehouse:
        folder = write(company | tables)
        made = []
        for i, (content, settings) in enumerate(feeds):
            path = tmp_path / str(settings.pop("path", f"feed{i}.csv"))
            path.write_text(content)
            made.append(Feed.model_validate({"path": path, **settings}))
        source = FolderSource.model_validate({"kind": "folder", "path": folder})
        return read_folder(source, Intake(max_left_out, feeds=tuple(made)))

    return read


Read = Callable[..., Warehouse]


def count_of(warehouse: Warehouse, table: str) -> RowCount:
    return next(c for c in warehouse.counts if c.table == table)


def rows_of(warehouse: Warehouse, table: str, *columns: str) -> list[tuple[object, ...]]:
    listed = ", ".join(f'"{c}"' for c in columns)
    return warehouse.connection.execute(f'SELECT {listed} FROM "{table}" ORDER BY ALL').fetchall()


BUILTWITH = """Domain,Technology,Tag,First Detected,Last Detected
a.example,HubSpot,Marketing Automation,2025-01-10,2026-05-01
https://www.B.example/,Snowflake,Data Warehouse,2025-03-01,
stranger.example,Salesforce,CRM,2024-01-01,2026-05-01
gmail.com,Webmail,Email,2020-01-01,2026-05-01
a.example,Segment,CDP,2026-02-01,2026-01-01
c.example,Marketo,Marketing Automation,soon,
"""


def test_builtwith_rows_find_their_accounts_by_domain(feed: Read) -> None:
    warehouse = feed((BUILTWITH, {"format": "builtwith"}), max_left_out=0.5)
    assert rows_of(warehouse, "technologies", "account_id", "technology", "category") == [
        ("A", "HubSpot", "Marketing Automation"),
        ("B", "Snowflake", "Data Warehouse"),
    ]
    count = count_of(warehouse, "technologies")
    assert (count.rows_in, count.used) == (6, 2)
    assert dict(count.left_out) == {"unknown account": 2, "last seen before first seen": 1, "bad date": 1}
    assert [f.severity for f in warehouse.findings if f.code == "ROWS-UNKNOWN-ACCOUNT"] == ["note"]
    assert any("2 of 6 rows" in f.words and "row 3" in f.words and "stranger.example" in f.words for f in warehouse.findings)


def test_a_technology_is_gone_only_when_it_was_not_seen_for_long(feed: Read) -> None:
    """A crawler's last look is not the end: seen on May 1 and never since, it counts as gone on July 30."""
    warehouse = feed((BUILTWITH, {"format": "builtwith"}), max_left_out=0.5)
    [(ends,)] = warehouse.connection.execute("SELECT last_seen_at FROM technologies WHERE technology = 'HubSpot'").fetchall()
    assert day_text(ends) == "2026-07-30"
    at_once = feed((BUILTWITH, {"format": "builtwith", "gone_after_days": 0}), max_left_out=0.5)
    [(ends,)] = at_once.connection.execute("SELECT last_seen_at FROM technologies WHERE technology = 'HubSpot'").fetchall()
    assert day_text(ends) == "2026-05-01"


def test_strangers_in_a_file_about_the_whole_market_are_no_fault_of_it(feed: Read) -> None:
    market = "domain,technology,first_seen_at\n" + "".join(f"s{i}.example,X,2025-01-01\n" for i in range(99)) + "a.example,X,2025-01-01\n"
    warehouse = feed((market, {"table": "technologies"}))
    assert count_of(warehouse, "technologies").used == 1
    by_id = market.replace("domain,", "account_id,")
    with pytest.raises(SourceError, match="mostly 'unknown account'"):
        feed((by_id, {"table": "technologies"}))


WAPPALYZER = """URL,CMS,CRM,Marketing automation,Company name
https://a.example,WordPress ; Drupal,,HubSpot,Acme
https://b.example,,Salesforce,,B
https://other.example,Joomla,,,Other
"""


def test_wappalyzer_columns_are_categories_with_lists_of_technologies(feed: Read) -> None:
    warehouse = feed((WAPPALYZER, {"format": "wappalyzer", "constants": {"first_seen_at": "2026-03-01"}}))
    assert rows_of(warehouse, "technologies", "account_id", "category", "technology") == [
        ("A", "CMS", "Drupal"),
        ("A", "CMS", "WordPress"),
        ("A", "Marketing automation", "HubSpot"),
        ("B", "CRM", "Salesforce"),
    ]
    [unknown] = [f for f in warehouse.findings if f.code == "ROWS-UNKNOWN-ACCOUNT"]
    assert "1 of 5 rows" in unknown.words
    assert "e.g. row 3, key" in unknown.words, "the row of the file, not of the list made from it"
    assert count_of(warehouse, "technologies").rows_in == 5


def test_a_list_without_dates_says_so(feed: Read) -> None:
    with pytest.raises(SourceError, match="nothing says the first_seen_at") as caught:
        feed((WAPPALYZER, {"format": "wappalyzer"}))
    assert "a list has no dates" in str(caught.value.hint)


def test_all_technologies_in_one_cell(feed: Read) -> None:
    text = "website,technologies,first_seen\na.example,React;Stripe; ,2026-01-05\n"
    warehouse = feed((text, {"format": "wappalyzer"}))
    assert rows_of(warehouse, "technologies", "account_id", "technology") == [("A", "React"), ("A", "Stripe")]


TRACKS = """id,anonymous_id,user_id,event,timestamp,received_at,context_group_id
m1,x1,u1,report_created,2026-01-05T10:00:00Z,2026-01-05T10:00:03Z,
m2,x2,,pricing_page_view,2026-01-06T10:00:00Z,2026-01-08T00:00:00Z,
m3,x3,u2,login,2026-01-07T10:00:00Z,2026-01-07T10:00:01Z,
m4,x4,u9,login,2026-01-07T11:00:00Z,2026-01-07T11:00:01Z,B
"""
USERS = "id,email\nu1,jane@a.example\nu2,joe@gmail.com\nu2,joe@gmail.com\nu3,x@a.example\nu3,x@b.example\n"


def test_segment_events_by_the_users_address(feed: Read, tmp_path: Path) -> None:
    users = tmp_path / "users.csv"
    users.write_text(USERS)
    through = {"path": str(users), "by": "user_id", "key": "id", "take": "email"}
    warehouse = feed((TRACKS, {"format": "segment", "account_by": "domain", "account_from": through}))
    assert rows_of(warehouse, "events", "account_id", "event", "event_id")[:1] == [("A", "login", None)]
    assert ("A", "report_created", "m1") in rows_of(warehouse, "events", "account_id", "event", "event_id")
    own, tracks = count_of(warehouse, "events").parts
    assert (own.place, own.used, tracks.rows_in, tracks.used) == ("events.csv", 4, 4, 1)
    assert dict(tracks.left_out) == {"no account": 1, "unknown account": 2}, "an anonymous visitor, a free mail address, no such user"


def test_segment_events_by_group_are_seen_from_when_they_arrived(feed: Read) -> None:
    warehouse = feed((TRACKS, {"format": "segment", "columns": {"account_id": "context_group_id"}}), max_left_out=1.0)
    [(seen, recorded)] = warehouse.connection.execute("SELECT visible_at, recorded_at FROM events WHERE event_id = 'm4'").fetchall()
    assert seen == recorded == parse_moment("2026-01-07T11:00:01+00:00")


def test_posthog_events_by_group_and_by_the_persons_address(feed: Read) -> None:
    def line(uuid: str, properties: dict[str, object], person: dict[str, object]) -> dict[str, object]:
        return {
            "uuid": uuid,
            "event": "$pageview",
            "properties": json.dumps(properties),
            "distinct_id": "d",
            "timestamp": "2026-01-05 10:00:00.000000",
            "created_at": "2026-01-05 10:00:02.500000",
            "person_properties": json.dumps(person),
        }

    lines = [
        line("1", {"$group_0": "B", "$current_url": "https://x"}, {"email": "someone@a.example"}),
        line("2", {"$browser": "x"}, {"email": "jane@a.example"}),
        line("3", {}, {}),
    ]
    lines[2]["properties"] = "not json"
    warehouse = feed((pd.DataFrame(lines).to_csv(index=False), {"format": "posthog"}))
    found = {r[2]: r[:2] for r in rows_of(warehouse, "events", "account_id", "user_id", "event_id") if r[2]}
    assert found == {"1": ("B", "d"), "2": ("A", "d")}, "the group decides where it is known, else the domain"
    assert dict(count_of(warehouse, "events").left_out) == {"no account": 1}


BOMBORA = """Company Name,Domain,Topic Name,Topic ID,Composite Score,Date,Country
Acme,a.example,Data Warehouse,1001,82,2026-01-04,US
B,b.example,CRM,1002,61,2026-01-04,US
Nobody,nobody.example,CRM,1002,77,2026-01-04,US
"""


def test_a_weekly_report_is_not_known_before_its_week_is_over(feed: Read) -> None:
    warehouse = feed((BOMBORA, {"format": "bombora"}))
    [row, _] = rows_of(warehouse, "signals", "account_id", "signal", "topic", "strength", "occurred_at", "visible_at")
    assert row[:4] == ("A", "topic_surge", "Data Warehouse", 82.0)
    assert (day_text(row[4]), day_text(row[5])) == ("2026-01-04", "2026-01-11")
    assert any(f.code == "FEED-KNOWN-AFTER" and "7 days after its occurred_at" in f.words for f in warehouse.findings)


def test_the_day_of_delivery_goes_before_the_rule(feed: Read) -> None:
    lines = [line + ("," if i else ",Delivery Date") for i, line in enumerate(BOMBORA.splitlines())]
    lines[1] += "2026-01-13"
    warehouse = feed(("\n".join(lines) + "\n", {"format": "bombora"}))
    days = {account: day_text(seen) for account, seen in rows_of(warehouse, "signals", "account_id", "visible_at")}
    assert days == {"A": "2026-01-13", "B": "2026-01-11"}
    american = "\n".join(lines).replace("2026-01-04", "01/04/2026").replace("2026-01-13", "01/13/2026")
    other = feed((american, {"format": "bombora", "date_format": "%m/%d/%Y"}))
    assert other.fingerprint == warehouse.fingerprint


def test_times_since_1970(feed: Read) -> None:
    text = "Domain,Name,Tag,FirstDetected,LastDetected\na.example,X,crm,1378422000000,\na.example,Y,crm,1378422000,1378422000000\n"
    warehouse = feed((text, {"format": "builtwith", "gone_after_days": 0}))
    assert {r[0] for r in rows_of(warehouse, "technologies", "first_seen_at")} == {1_378_422_000_000_000}


def test_a_row_by_something_that_has_an_account(feed: Read) -> None:
    """Usage that names a subscription belongs to the subscription's account."""
    text = "usage_id,subscription_id,day,feature\n1,S1,2026-02-05,export\n2,S2,2026-05-09,export\n3,S7,2026-05-09,export\n"
    settings = {
        "table": "events",
        "account_from": {"table": "subscriptions", "by": "subscription_id"},
        "columns": {"occurred_at": "day", "event": "feature", "usage_id": "usage_id", "subscription_id": "subscription_id"},
    }
    warehouse = feed((text, settings), max_left_out=0.5)
    found = [r for r in rows_of(warehouse, "events", "usage_id", "account_id", "subscription_id") if r[0]]
    assert found == [("1", "A", "S1"), ("2", "D", "S2")]
    assert any("account_id 'subscription_id S7'" in f.words for f in warehouse.findings)
    assert list(warehouse.columns)[:4] == ["accounts", "deals", "events", "subscriptions"], "the contract's order, whatever was read first"


def test_keys_are_unique_over_all_files_of_a_table(feed: Read) -> None:
    own = pd.DataFrame({"account_id": ["A"], "technology": ["X"], "first_seen_at": ["2025-01-01"], "category": ["crm"]})
    text = "account_id,technology,first_seen_at,category\nA,X,2025-01-01,CRM\nA,X,2025-01-01,crm\nB,X,2025-01-01,crm\n"
    warehouse = feed((text, {"table": "technologies"}), max_left_out=1.0, technologies=own)
    count = count_of(warehouse, "technologies")
    assert (count.rows_in, count.used) == (4, 2)
    assert dict(count.left_out) == {"exact copy": 1, "repeated key": 1}
    assert [(p.place, p.rows_in) for p in count.parts] == [("technologies.csv", 1), ("feed0.csv", 3)]
    for part in count.parts:
        assert part.rows_in == part.used + sum(part.left_out.values())


def test_broken_lines_are_counted_in_the_file_they_are_in(feed: Read) -> None:
    lines = BOMBORA.splitlines()
    lines[2] += ",more,cells"
    warehouse = feed(("\n".join(lines) + "\n", {"format": "bombora"}), max_left_out=0.5)
    count = count_of(warehouse, "signals")
    assert dict(count.left_out) == {"unreadable line": 1, "unknown account": 1}
    [left] = [part for part in warehouse.left_out if part.table == "signals"]
    assert left.rows["row"].tolist() == [2], "strangers are counted and not listed"
    assert any("e.g. row 3, key" in f.words for f in warehouse.findings if f.code == "ROWS-UNKNOWN-ACCOUNT")


def test_order_of_rows_does_not_matter(feed: Read) -> None:
    head, *lines = BUILTWITH.splitlines()
    one = feed((BUILTWITH, {"format": "builtwith"}), max_left_out=0.5)
    other = feed(("\n".join([head, *reversed(lines)]) + "\n", {"format": "builtwith"}), max_left_out=0.5)
    assert one.fingerprint == other.fingerprint
    assert count_of(one, "technologies") == count_of(other, "technologies")


@pytest.mark.parametrize(
    ("settings", "sentence", "hint"),
    [
        ({"table": "tecnologies"}, "feeds.0.table: there is no table 'tecnologies'", "did you mean 'technologies'?"),
        ({"table": "accounts"}, "accounts are read from the source alone", "adds rows about accounts"),
        ({"format": "builtwith", "columns": {"technology": "Tecnology"}}, "feed0.csv has no column 'Tecnology'", "'Technology'"),
        ({"format": "builtwith", "values": {"categry": {"a": "b"}}}, "the feed has no column 'categry'", "did you mean 'category'?"),
        ({"format": "builtwith", "date_format": "%Q"}, "feeds.0.date_format: '%Q' is not a form of dates", "%m/%d/%Y"),
        (
            {"format": "builtwith", "account_from": {"table": "subscrptions", "by": "Domain"}},
            "the table 'subscrptions' is not there",
            "",
        ),
        ({"table": "events"}, "nothing says the occurred_at of its rows", "constants"),
        ({"table": "technologies", "columns": {"domain": None}}, "nothing says whose its rows are", "account_from"),
    ],
)
def test_what_is_wrong_is_said(feed: Read, settings: dict[str, object], sentence: str, hint: str) -> None:
    with pytest.raises((ConfigError, SourceError)) as caught:
        feed((BUILTWITH, settings))
    assert sentence in caught.value.message
    assert hint in str(caught.value.hint)


def test_paths_of_feeds_start_at_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICPFIT_TEST_PLACE", str(tmp_path / "elsewhere"))
    text = """
source: {kind: folder, path: data}
feeds:
  - {path: feeds/tracks.csv, format: segment, account_by: domain, account_from: {path: '${ICPFIT_TEST_PLACE}/users.csv', by: user_id}}
"""
    config = parse_config(text, tmp_path / "acme.yaml")
    [one] = config.feeds
    assert one.path == tmp_path / "feeds" / "tracks.csv"
    assert one.account_from is not None
    assert one.account_from.path == tmp_path / "elsewhere" / "users.csv"
    moved = parse_config(text.replace("feeds/", "others/"), tmp_path / "acme.yaml")
    assert moved.fingerprint() == config.fingerprint(), "where files lie changes nothing that is learned"
    asked = parse_config(text + "checks: {ids: [events.event_id]}\n", tmp_path / "acme.yaml")
    assert asked.fingerprint() == config.fingerprint(), "nor does what check is asked"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("feeds: [{path: x.csv}]", "a feed says which table it adds to"),
        ("feeds: [{path: x.csv, table: events, columns: {event: a}, constants: {event: b}}]", "event stands in columns and in constants"),
        ("feeds: [{path: x.csv, table: events, account_from: {by: a}}]", "account_from names a table of the contract or a file"),
        ("feeds: [{path: x.csv, format: bombra}]", "must be 'builtwith', 'wappalyzer'"),
        ("checks: {ids: [usage_id]}", "checks.ids.0: 'usage_id' is not a table and a column of it"),
    ],
)
def test_a_feed_that_cannot_be_meant(lines: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(f"source: {{kind: folder, path: data}}\n{lines}\n", tmp_path / "acme.yaml")
    assert sentence in caught.value.message


def test_a_flat_file_takes_no_feeds(tmp_path: Path) -> None:
    flat = "source: {kind: flat, path: x.csv, columns: {result: r, positive: [won], negative: [lost]}}\n"
    with pytest.raises(ConfigError, match="feeds are about the tables of the contract; a flat file has none"):
        parse_config(flat + "feeds: [{path: x.csv, format: bombora}]\n", tmp_path / "acme.yaml")
