"""The cards of all versions: one for each day, the one in force first, and a damaged one is passed over."""

from __future__ import annotations

from icpfit.registry import approve, past_cards, write_bundle

DAYS = ("2026-01-01", "2026-04-01", "2026-07-01")


def test_one_card_for_each_day_oldest_first(workspace, put):
    bundles = [put(day) for day in DAYS[::-1]]
    found = past_cards(workspace)
    assert [c.day for c in found] == list(DAYS)
    assert [c.card for c in found] == [b.card for b in bundles[::-1]]


def test_of_one_day_it_is_the_one_in_force_else_the_one_that_waits(workspace, put, make_bundle):
    first = put(DAYS[0])
    others = [make_bundle(DAYS[0], edge=edge) for edge in (71, 72)]
    for bundle in others:
        write_bundle(workspace, bundle)
    assert [c.version for c in past_cards(workspace)] == [first.version], "the challenger"
    approve(workspace, first.version, "Ada")
    assert [c.version for c in past_cards(workspace)] == [first.version]
    (workspace.bundle_folder(first.version) / "scorecard.json").write_text("{", encoding="utf-8")
    assert [c.version for c in past_cards(workspace)] == [max(b.version for b in others)]


def test_an_empty_workspace_has_none(workspace):
    assert past_cards(workspace) == ()
