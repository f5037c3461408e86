"""Duplicates in a company's tables: what becomes of their rows, and what is said."""

from __future__ import annotations

import pandas as pd
import pytest

from icpfit.config import IdentitySettings
from icpfit.errors import ConfigError
from icpfit.sources.directory import account_of_domain, directory_of
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.warehouse import Warehouse

Frames = dict[str, pd.DataFrame]
day = pd.Timestamp


def micros(text: str) -> int:
    return day(text).value // 1_000


def twice(company: Frames, recorded: str | None = None) -> Frames:
    """Account C is A once more, with an industry that A lacks."""
    accounts = company["accounts"]
    accounts["domain"] = ["a.example", "b.example", "https://shop.A.example/de", "d.example"]
    accounts["industry"] = [None, "software", "retail", "retail"]
    accounts["employee_count"] = [10.0, 250.0, 99.0, 70.0]
    if recorded is not None:
        accounts["recorded_at"] = [pd.NaT, pd.NaT, day(recorded), pd.NaT]
    return company


def codes(warehouse: Warehouse) -> dict[str, tuple[int, str]]:
    return {f.code: (f.rows, f.words) for f in warehouse.findings}


def test_a_duplicate_is_counted_named_and_its_rows_move(company: Frames) -> None:
    warehouse = warehouse_from_frames(twice(company))
    accounts = warehouse.frame("accounts").set_index("account_id")
    assert accounts.index.tolist() == ["A", "B", "D"]
    assert accounts.loc["A", ["industry", "employee_count", "domain"]].tolist() == ["retail", 10.0, "a.example"]
    assert warehouse.counts[0].left_out == {"merged into another account": 1}
    assert [(m.account_id, m.merged_into, m.reason, m.domain) for m in warehouse.merges] == [("C", "A", "domain", "a.example")]
    rows, words = codes(warehouse)["ROWS-MERGED-INTO-ANOTHER-ACCOUNT"]
    assert rows == 1
    assert words.startswith(
        "accounts: 1 of 4 rows is the same company as another account, e.g. row 3, account 'C': merged into 'A (both a.example)'."
    )
    assert warehouse.frame("deals").set_index("deal_id").loc["D-3", "account_id"] == "A"
    assert warehouse.counts[1].left_out == {}


def test_it_can_be_forbidden(company: Frames) -> None:
    for identity in (
        {"merge_by_domain": False},
        {"keep_apart": ["C"]},
        {"keep_apart": [["A", "C"]]},
        {"never_merge_domains": ["www.A.example"]},
    ):
        warehouse = warehouse_from_frames(twice(company), identity=IdentitySettings.model_validate(identity))
        assert len(warehouse.frame("accounts")) == 4
        assert not warehouse.merges
    with pytest.raises(ConfigError, match=r"identity.never_merge_domains: 'a b' is not a domain"):
        warehouse_from_frames(company, identity=IdentitySettings(never_merge_domains=("a b",)))
    warehouse = warehouse_from_frames(company, identity=IdentitySettings(keep_apart=("Z9",)))
    assert "'Z9'" in codes(warehouse)["IDENTITY-UNKNOWN"][1]


def test_what_was_recorded_later_fills_no_field_and_shows_no_row_sooner(company: Frames) -> None:
    warehouse = warehouse_from_frames(twice(company, "2026-05-05"))
    accounts = warehouse.frame("accounts").set_index("account_id")
    assert pd.isna(accounts.loc["A", "industry"])
    deals = warehouse.frame("deals").set_index("deal_id")
    assert deals.loc["D-3", ["account_id", "visible_at"]].tolist() == ["A", micros("2026-05-05")]
    assert deals.loc["D-1", "visible_at"] == micros("2026-01-03")


def test_of_several_accounts_the_one_recorded_first_is_kept(company: Frames) -> None:
    twice(company)
    company["accounts"]["recorded_at"] = [day("2026-05-05"), pd.NaT, day("2026-01-01"), pd.NaT]
    warehouse = warehouse_from_frames(company)
    assert warehouse.frame("accounts")["account_id"].tolist() == ["B", "C", "D"]
    assert warehouse.frame("deals").query("deal_id == 'D-1'")["visible_at"].tolist() == [micros("2026-05-05")]


def test_mail_providers_and_pages_on_other_sites_merge_nobody(company: Frames) -> None:
    for domain in ("gmail.com", "x@mailinator.com", "https://www.facebook.com/acme", "github.io", "co.uk"):
        company["accounts"]["domain"] = [domain] * 4
        assert len(warehouse_from_frames(company).frame("accounts")) == 4
    company["accounts"]["domain"] = ["one.myshopify.com", "two.myshopify.com", "one.github.io", "two.github.io"]
    assert len(warehouse_from_frames(company).frame("accounts")) == 4


def test_what_the_crm_merged_moves_also_where_the_account_is_gone(company: Frames) -> None:
    company["account_merges"] = pd.DataFrame({"account_id": ["X", "Y", "C", "P", "Q"], "merged_into": ["Y", "B", "D", "Q", "P"]})
    company["events"]["account_id"] = ["X", "A", "B", "Z"]
    company["deals"]["referred_by_account_id"] = [None, "C", "X", "Z", None, "A"]
    warehouse = warehouse_from_frames(company)
    assert warehouse.frame("events")["account_id"].tolist() == ["A", "B", "B"]
    assert warehouse.frame("accounts")["account_id"].tolist() == ["A", "B", "D"]
    assert warehouse.frame("deals")["referred_by_account_id"].fillna("").tolist() == ["", "D", "B", "Z", "", "A"]
    left_out = {c.table: c.left_out for c in warehouse.counts}
    assert left_out["events"] == {"unknown account": 1}
    assert left_out["account_merges"] == {"merged in a circle": 2}
    assert left_out["accounts"] == {"merged into another account": 1}
    assert [c.table for c in warehouse.counts] == ["accounts", "account_merges", "deals", "events", "subscriptions"]
    off = warehouse_from_frames(company, identity=IdentitySettings(merge_by_crm=False))
    assert [m.account_id for m in off.merges] == []


def test_a_merge_into_nowhere_is_said_and_moves_nothing(company: Frames) -> None:
    company["account_merges"] = pd.DataFrame({"account_id": ["X"], "merged_into": ["Y"]})
    company["events"]["account_id"] = ["X", "A", "B", "D"]
    warehouse = warehouse_from_frames(company)
    assert codes(warehouse)["IDENTITY-MERGED-NOWHERE"][1].startswith(
        "account_merges: 1 row merges into an account that is not in accounts, e.g. 'X' into 'Y'."
    )
    assert len(warehouse.frame("events")) == 3


def test_a_field_has_one_history_the_kept_accounts_own_from_where_it_begins(company: Frames) -> None:
    twice(company)
    rows = [
        ("C", "employee_count", "1", "2025-01-01"),  # before the kept account says anything: the company's past
        ("A", "employee_count", "2", "2025-03-01"),
        ("C", "employee_count", "3", "2025-04-01"),
        ("C", "industry", "retail", "2025-04-01"),  # of this field only the duplicate tells
        ("A", "employee_count", "4", "2025-05-01"),
    ]
    company["account_history"] = pd.DataFrame(rows, columns=["account_id", "field", "value", "valid_from"])
    warehouse = warehouse_from_frames(company)
    history = warehouse.frame("account_history")
    assert history["account_id"].unique().tolist() == ["A"]
    assert history[history["field"] == "employee_count"]["value"].tolist() == ["1", "2", "4"]
    assert history[history["field"] == "industry"]["value"].tolist() == ["retail"]
    assert next(c for c in warehouse.counts if c.table == "account_history").left_out == {"merged account's history": 1}


def test_of_rows_with_one_key_the_one_seen_first_stays_the_kept_accounts_before_others(company: Frames) -> None:
    technologies = pd.DataFrame(
        {
            "account_id": ["C", "A", "C", "A"],
            "technology": ["crm", "crm", "shop", "shop"],
            "first_seen_at": ["2025-01-01"] * 4,
            "category": ["of C", "of A", "of C", "of A"],
            "recorded_at": [None, None, None, "2025-06-01"],
        }
    )
    warehouse = warehouse_from_frames({**twice(company), "technologies": technologies})
    assert warehouse.frame("technologies")[["technology", "category"]].to_numpy().tolist() == [["crm", "of A"], ["shop", "of C"]]
    assert next(c for c in warehouse.counts if c.table == "technologies").left_out == {"merged account's copy": 2}


def test_subsidiaries_stay_apart_and_it_is_said(company: Frames) -> None:
    twice(company)
    company["accounts"]["parent_id"] = [None, None, "A", None]
    warehouse = warehouse_from_frames(company)
    assert len(warehouse.frame("accounts")) == 4
    assert codes(warehouse)["IDENTITY-RELATIVES"][1].startswith(
        "accounts: 1 account with a parent shares a domain with a relative, e.g. 'C'"
    )
    rolled_up = warehouse_from_frames(company, identity=IdentitySettings(parents="roll_up"))
    assert [(m.account_id, m.merged_into, m.reason) for m in rolled_up.merges] == [("C", "A", "parent")]


def test_merging_many_is_no_fault_of_the_file(company: Frames) -> None:
    company["accounts"]["domain"] = ["a.example"] * 4
    warehouse = warehouse_from_frames(company, max_left_out=0.0)
    assert warehouse.frame("accounts")["account_id"].tolist() == ["A"]
    assert warehouse.frame("deals")["account_id"].unique().tolist() == ["A"]


def test_a_list_finds_accounts_by_any_of_their_names(company: Frames) -> None:
    twice(company, "2026-05-05")
    company["accounts"]["additional_domains"] = ["a.fr;www.a.it", None, "a.de", "b.example"]
    warehouse = warehouse_from_frames(company, identity=IdentitySettings(keep_apart=(("B", "D"),)))
    directory = directory_of(warehouse.connection)
    now, before = micros("2026-06-01"), micros("2026-02-01")
    assert [directory.by_domain(d, now) for d in ("a.example", "x.a.example", "a.fr", "eu.a.it", "a.de", "z.example")] == ["A"] * 5 + [None]
    assert directory.by_domain("b.example", now) == "B", "its own domain goes before one among others"
    assert [directory.by_id(one, now) for one in ("A", "C", "Z")] == ["A", "A", None]
    assert [directory.by_id(one, before) for one in ("A", "C")] == ["A", None], "the merged account was not known then"
    texts = ["jane@shop.a.example", "https://a.de/x", "b.example", "nobody.example", "gmail.com", None, "n/a"]
    assert account_of_domain(warehouse.connection, texts) == {"jane@shop.a.example": "A", "https://a.de/x": "C", "b.example": "B"}
    table = warehouse.connection.sql("SELECT domain, account_id FROM icpfit_account_domains ORDER BY domain").fetchall()
    assert ("a.it", "A") in table
    assert ("shop.a.example", "A") in table, "as it was before C was known"
