"""What the accounts' domains become, and what is said of them."""

from __future__ import annotations

import pandas as pd
import pytest

from icpfit.config import IdentitySettings
from icpfit.errors import SourceError
from icpfit.sources.frames import warehouse_from_frames

Frames = dict[str, pd.DataFrame]


def test_domains_are_brought_to_one_form_and_oddities_are_told(company: Frames) -> None:
    company["accounts"]["domain"] = ["HTTPS://www.A.example/", "a.example", "not a domain", "Gmail.com"]
    warehouse = warehouse_from_frames(company, identity=IdentitySettings(merge_by_domain=False))
    assert warehouse.frame("accounts")["domain"].fillna("(none)").tolist() == ["a.example", "a.example", "(none)", "gmail.com"]
    assert warehouse.counts[0].left_out == {}
    found = {f.code: (f.rows, f.words) for f in warehouse.findings}
    assert found["DOMAIN-INVALID"][0] == 1
    assert "'not a domain'" in found["DOMAIN-INVALID"][1]
    assert found["DOMAIN-SHARED"] == (
        2,
        "accounts: 2 accounts share a domain with others, e.g. 2 have 'a.example'; the domain alone does not tell which.",
    )
    assert found["DOMAIN-FREE-EMAIL"][0] == 1


def test_free_mail_domains_are_not_shared_domains(company: Frames) -> None:
    company["accounts"]["domain"] = ["gmail.com", "gmail.com", None, None]
    assert [f.code for f in warehouse_from_frames(company).findings] == ["DOMAIN-FREE-EMAIL"]


def test_a_company_without_domains_says_so(company: Frames) -> None:
    company["accounts"] = company["accounts"].drop(columns="domain")
    with pytest.raises(SourceError, match="the needed column 'domain' is not there") as caught:
        warehouse_from_frames(company)
    assert "{domain: null}" in str(caught.value.hint)
    warehouse = warehouse_from_frames(company, columns={"accounts": {"domain": None}})
    assert warehouse.frame("accounts")["domain"].isna().all()
    assert [f.words for f in warehouse.findings] == ["accounts: there is no domain, as the configuration says"]


def test_a_column_can_be_mapped_twice_and_the_name_it_had_is_gone(company: Frames) -> None:
    company["accounts"] = company["accounts"].rename(columns={"account_id": "account"})
    warehouse = warehouse_from_frames(company, columns={"accounts": {"account_id": "account", "name": "account"}})
    accounts = warehouse.frame("accounts")
    assert accounts["name"].tolist() == accounts["account_id"].tolist() == ["A", "B", "C", "D"]
    assert "account" not in accounts


def test_a_mapped_column_takes_the_place_of_one_that_bears_the_name(company: Frames) -> None:
    company["accounts"]["website"] = ["x.example", None, None, None]
    warehouse = warehouse_from_frames(company, columns={"accounts": {"domain": "website"}})
    assert warehouse.frame("accounts")["domain"].iloc[0] == "x.example"
    assert any(f.code == "COLUMN-IGNORED" and "'domain'" in f.words for f in warehouse.findings)
