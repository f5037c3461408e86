"""Keys that come twice."""

from __future__ import annotations

import pandas as pd

from icpfit.sources.frames import warehouse_from_frames

Frames = dict[str, pd.DataFrame]


def test_of_exact_copies_the_first_stays(company: Frames) -> None:
    alone = warehouse_from_frames(company)
    deals = company["deals"]
    company["deals"] = pd.concat([deals, deals.iloc[[0, 1, 0]]], ignore_index=True)
    copied = warehouse_from_frames(company)
    assert copied.fingerprint == alone.fingerprint
    assert dict(copied.counts[1].left_out) == {"exact copy": 3}
    assert copied.left_out[0].rows["row"].tolist() == [7, 8, 9]


def test_a_copy_is_a_copy_whatever_its_spelling(company: Frames) -> None:
    company["deals"] = company["deals"].astype(object)
    again = company["deals"].iloc[[0]].assign(created_at="2026-01-03T01:00:00+01:00", stage="WON", amount="1000.50")
    company["deals"] = pd.concat([company["deals"], again], ignore_index=True)
    assert dict(warehouse_from_frames(company).counts[1].left_out) == {"exact copy": 1}


def test_of_one_key_with_other_content_the_one_known_first_stays(company: Frames) -> None:
    alone = warehouse_from_frames(company)
    late = company["deals"].iloc[[0]].assign(created_at=pd.Timestamp("2026-01-04"), amount=5.0)
    for both in ([company["deals"], late, late], [late, late, company["deals"]]):
        twice = warehouse_from_frames(company | {"deals": pd.concat(both, ignore_index=True)})
        assert twice.fingerprint == alone.fingerprint
        assert dict(twice.counts[1].left_out) == {"exact copy": 1, "repeated key": 1}


def test_a_row_recorded_later_gives_way_to_one_that_was_seen_before_it(company: Frames) -> None:
    """Else deleting what was recorded later would bring the other one back."""
    alone = warehouse_from_frames(company)
    known = pd.Timestamp("2026-03-01")
    for table, more in (("accounts", {"employee_count": 7.0}), ("deals", {"created_at": pd.Timestamp("2025-01-01"), "amount": 5.0})):
        late = company[table].iloc[[0]].assign(recorded_at=known, **more)
        twice = warehouse_from_frames(company | {table: pd.concat([late, company[table]], ignore_index=True)})
        columns = [c for c in alone.columns[table] if c != "recorded_at"]
        pd.testing.assert_frame_equal(twice.frame(table)[columns], alone.frame(table)[columns])


def test_an_open_deal_comes_after_the_same_deal_closed(company: Frames) -> None:
    """So that blanking a later close does not change which of the two stays."""
    alone = warehouse_from_frames(company)
    still_open = company["deals"].iloc[[1]].assign(closed_at=pd.NaT, stage="open")
    twice = warehouse_from_frames(company | {"deals": pd.concat([still_open, company["deals"]], ignore_index=True)})
    assert twice.fingerprint == alone.fingerprint


def test_a_key_of_several_columns(company: Frames) -> None:
    company["technologies"] = pd.DataFrame(
        {"account_id": ["A", "A", "B", "A"], "technology": ["x", "y", "x", "x"], "first_seen_at": ["2026-01-01"] * 3 + ["2026-01-02"]}
    )
    assert warehouse_from_frames(company).counts[-3].left_out == {}
    company["technologies"].loc[3, "first_seen_at"] = "2026-01-01"
    counts = {c.table: dict(c.left_out) for c in warehouse_from_frames(company).counts}
    assert counts["technologies"] == {"exact copy": 1}


def test_events_have_no_key_so_equal_events_are_several(company: Frames) -> None:
    assert len(warehouse_from_frames(company).frame("events")) == 4


def test_a_row_that_is_out_for_another_reason_does_not_displace_a_good_one(company: Frames) -> None:
    alone = warehouse_from_frames(company)
    nobody = company["deals"].iloc[[0]].assign(account_id="Z", created_at=pd.Timestamp("2020-01-01"))
    twice = warehouse_from_frames(company | {"deals": pd.concat([nobody, company["deals"]], ignore_index=True)})
    assert twice.fingerprint == alone.fingerprint
    assert dict(twice.counts[1].left_out) == {"unknown account": 1}


def test_deals_of_an_account_that_was_left_out_name_an_unknown_account(company: Frames) -> None:
    company["accounts"] = company["accounts"].astype(object)
    company["accounts"].loc[0, "employee_count"] = "many"
    counts = {c.table: dict(c.left_out) for c in warehouse_from_frames(company).counts}
    assert counts["accounts"] == {"bad number": 1}
    assert counts["deals"] == {"unknown account": 2}
    assert counts["events"] == {"unknown account": 2}
