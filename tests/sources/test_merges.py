"""Which accounts are one company: known answers, and that accounts which come later change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.config import IdentitySettings
from icpfit.sources.merges import Account, Merge, find_merges, follow_chains


def merged(accounts: list[Account], crm: dict[str, str] | None = None, **identity: Any) -> dict[str, tuple[str, str, str | None]]:
    found = find_merges(accounts, crm or {}, IdentitySettings.model_validate(identity))
    return {m.account_id: (m.merged_into, m.reason, m.domain) for m in found.merged}


def test_accounts_of_one_domain_are_one_company_and_the_first_id_is_kept():
    accounts = [Account("B", None, ("a.com",)), Account("C", None, ("c.com",)), Account("A", None, ("a.com",)), Account("D")]
    assert merged(accounts) == {"B": ("A", "domain", "a.com")}
    assert merged(accounts, merge_by_domain=False) == {}
    assert merged(accounts, never_merge_domains=["a.com"]) == {}


def test_the_account_known_first_is_kept():
    accounts = [Account("A", 30, ("a.com",)), Account("B", 20, ("a.com",)), Account("C", None, ("a.com",))]
    assert merged(accounts) == {"A": ("C", "domain", "a.com"), "B": ("C", "domain", "a.com")}


def test_an_account_that_joins_two_companies_joins_them_where_all_became_known_together():
    two, bridge = [Account("A", None, ("a.com",)), Account("B", None, ("b.com",))], ("b.com", "a.com")
    assert set(merged([*two, Account("C", None, bridge)])) == {"B", "C"}
    # older companies stay what they were: what was known before the bridge must not change with it
    assert merged([*two, Account("C", 5, bridge)]) == {"C": ("A", "domain", "a.com")}


def test_what_the_crm_merged_follows_chains_and_goes_before_domains():
    accounts = [
        Account("A", None, ("a.com",)),
        Account("B", None, ("b.com",)),
        Account("C", None, ("a.com",)),
        Account("Z", None, ("b.com",)),
    ]
    crm, circles = follow_chains({"A": "Y", "Y": "Z"})
    assert not circles
    assert merged(accounts, crm, merge_by_domain=False) == {"A": ("Z", "crm", None)}
    assert merged(accounts, crm, merge_by_crm=False) == {"C": ("A", "domain", "a.com"), "Z": ("B", "domain", "b.com")}
    # two ids that were merged into an account which is gone are one company all the same
    assert merged(accounts, {"A": "gone", "B": "gone"}, merge_by_domain=False) == {"B": ("A", "crm", None)}


def test_of_those_known_at_once_the_one_that_the_crm_kept_is_kept():
    assert merged([Account("A"), Account("B")], {"A": "B"}) == {"A": ("B", "crm", None)}
    assert merged([Account("A", 1), Account("B", 2)], {"A": "B"}) == {"B": ("A", "crm", None)}


def test_a_circle_is_found_and_what_leads_into_it_is_not_part_of_it():
    last, circles = follow_chains({"A": "B", "B": "C", "C": "A", "D": "A", "S": "S", "T": "S"})
    assert circles == {"A", "B", "C", "S"}
    assert last == {"D": "A", "T": "S"}


def test_relatives_stay_apart_also_under_one_domain_unless_they_are_rolled_up():
    parent, child, sister, copy = (
        Account("P", None, ("a.com",)),
        Account("B", None, ("a.com",), "P"),
        Account("C", None, ("a.com",), "P"),
        Account("Q", None, ("a.com",)),
    )
    found = find_merges([parent, child, sister, copy], {}, IdentitySettings())
    assert found.merged == (Merge("Q", "P", "domain", "a.com", None, 1),)
    assert found.kin == ("B", "C")
    assert {one: into for one, (into, _, _) in merged([parent, child, sister, copy], parents="roll_up").items()} == dict.fromkeys(
        "BCQ", "P"
    )
    # a merge in the CRM is somebody's word, and goes before
    assert merged([parent, child], {"B": "P"}) == {"B": ("P", "crm", None)}
    # without a domain in common they are no duplicates anyway, and a parent nobody has makes sisters
    assert merged([Account("X", None, ("x.com",), "gone"), Account("Y", None, ("x.com",), "gone")]) == {}


def test_what_is_to_stay_apart_stays_apart():
    accounts = [Account(one, None, ("a.com",)) for one in "ABC"]
    assert set(merged(accounts, keep_apart=["A"])) == {"C"}
    assert merged(accounts, keep_apart=[["A", "B"]]) == {"C": ("A", "domain", "a.com")}
    assert merged(accounts, {"B": "A"}, keep_apart=[["A", "B", "C"]]) == {}
    assert merged([Account("1", None, ("a.com",)), Account("2", None, ("a.com",))], keep_apart=[[1, 2]]) == {}


@pytest.mark.parametrize("seed", range(3))
def test_three_thousand_branches_under_one_domain_take_no_time_to_keep_apart(seed):
    branches = [Account(f"B{i}", seed if i % 2 else None, ("a.com",), "HQ") for i in range(3_000)]
    assert merged([Account("HQ", None, ("a.com",)), *branches]) == {}


ids = st.sampled_from("ABCDEFGH")
accounts_strategy = st.lists(
    st.builds(
        Account,
        ids,
        st.sampled_from([None, 1, 2, 3]),
        st.lists(st.sampled_from(["a.com", "b.com", "c.com"]), max_size=2, unique=True).map(tuple),
        st.none() | ids,
    ),
    max_size=8,
    unique_by=lambda a: a.account_id,
)
identities = st.builds(
    IdentitySettings,
    keep_apart=st.sampled_from([(), ("A",), (("A", "B"),), (("A", "B"), ("C", "D", "E"))]),
    parents=st.sampled_from(["keep_apart", "roll_up"]),
)


@settings(max_examples=150, deadline=None)
@given(accounts_strategy, st.dictionaries(ids, ids, max_size=3), identities, st.randoms(use_true_random=False), st.sampled_from([1, 2, 3]))
def test_merges_are_the_same_in_any_order_and_when_later_accounts_are_deleted(accounts, rows, identity, order, cut):
    crm, _ = follow_chains(rows)
    found = find_merges(accounts, crm, identity)
    shuffled = list(accounts)
    order.shuffle(shuffled)
    assert find_merges(shuffled, crm, identity) == found
    by_id = {a.account_id: a for a in accounts}
    for merge in found.merged:
        assert merge.merged_into not in {m.account_id for m in found.merged}
        assert by_id[merge.merged_into].since <= by_id[merge.account_id].since
        assert frozenset((merge.account_id, merge.merged_into)) not in identity.apart
        assert merge.account_id not in identity.alone
    early = {a.account_id for a in accounts if a.since < cut}
    known = find_merges([a for a in accounts if a.account_id in early], crm, identity)
    assert {m.account_id: m.merged_into for m in known.merged} == {
        m.account_id: m.merged_into for m in found.merged if m.account_id in early
    }


def test_an_account_that_shares_several_domains_joins_once():
    both = ("a.com", "b.com")
    accounts = [Account("A", None, (), None), Account("B", None, both, None), Account("C", None, both, None)]
    found = find_merges(accounts, {"B": "A"}, IdentitySettings())
    assert {m.account_id: m.merged_into for m in found.merged} == {"B": "A", "C": "A"}
