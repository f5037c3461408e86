"""What was known of the rows that a champion learned from, and what is left of it: facts of planted losses, silence else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icpfit.drift.learned import MOST_IDS, hash_of, learned_values, lost_findings, none_is_left, sample_of

LABELS = {"size": "Size", "region": "Region"}
USED = ("size", "region")


def rows(n: int = 400, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Four quarters; of the older ones the region is known of fewer."""
    rng = np.random.default_rng(seed)
    cohort = np.repeat(np.array(["2025Q1", "2025Q2", "2025Q3", "2025Q4"], dtype=object), n // 4)
    size = np.where(rng.random(n) < 0.9, rng.normal(size=n), np.nan)
    unknown = rng.random(n) < np.repeat([0.8, 0.5, 0.3, 0.1], n // 4)
    return pd.DataFrame({"size": size, "region": pd.Series(np.where(unknown, None, "EU"), dtype=object)}), cohort


def lost(now: pd.DataFrame, cohort: np.ndarray, used=USED) -> list:
    features, then = rows()
    return lost_findings(learned_values(features, then, None), now, cohort, LABELS, used)


def test_the_same_rows_have_lost_nothing_in_any_order() -> None:
    features, cohort = rows()
    mixed = np.random.default_rng(1).permutation(len(features))
    assert lost(features, cohort) == []
    assert lost(features.iloc[mixed], cohort[mixed]) == []


def test_an_emptied_field_is_lost_and_counted_to_the_row() -> None:
    features, cohort = rows()
    known = int(features["size"].notna().sum())
    (found,) = lost(features.assign(size=np.nan), cohort)
    assert found.words == f"Size: was known of {known} of the 400 deals that the champion learned from, and is known of none of them today"
    assert found.effect == pytest.approx(known / 400)
    assert (found.code, found.p_value, found.alarm, found.n_reference) == ("DRIFT-LOST", None, False, 400)
    assert "export" in found.action


def test_most_lost_stands_first_and_what_the_champion_does_not_use_is_no_loss() -> None:
    features, cohort = rows()
    emptied = features.assign(size=np.nan, region=pd.Series([None] * 400, dtype=object))
    assert [f.subject for f in lost(emptied, cohort)] == ["Size", "Region"]
    assert [f.subject for f in lost(emptied, cohort, used=("region",))] == ["Region"]


@pytest.mark.parametrize(("n", "cleared", "told"), [(400, 19, False), (400, 20, True), (40, 4, False), (40, 5, True)])
def test_five_points_and_five_rows_are_the_least(n: int, cleared: int, told: bool) -> None:
    then = pd.DataFrame({"size": np.ones(n)})
    cohort = np.full(n, "2025Q1", dtype=object)
    now = pd.DataFrame({"size": np.where(np.arange(n) < cleared, np.nan, 1.0)})
    assert bool(lost_findings(learned_values(then, cohort, None), now, cohort, LABELS, USED)) == told


def test_years_that_an_export_leaves_out_are_no_lost_field() -> None:
    """Of the older quarters less was known: without the newest, fewer are known, and nothing was emptied."""
    features, cohort = rows()
    for left in (["2025Q1", "2025Q2"], ["2025Q3", "2025Q4"], ["2025Q1"]):
        kept = np.isin(cohort, left)
        assert lost(features[kept], cohort[kept]) == []
    kept = cohort == "2025Q4"
    (found,) = lost(features[kept].assign(size=np.nan), cohort[kept])
    assert found.n_reference == 100


def test_a_quarter_of_which_most_is_gone_is_passed_over() -> None:
    """Only the deals without a region are left of it."""
    features, cohort = rows()
    kept = features["region"].isna().to_numpy() | (cohort != "2025Q2")
    assert lost(features[kept], cohort[kept]) == []


def test_newer_rows_and_a_bundle_that_kept_nothing_are_passed_over() -> None:
    features, cohort = rows()
    newer = features.assign(size=np.nan)
    both, quarters = pd.concat([features, newer]), np.concatenate([cohort, np.full(400, "2026Q1", dtype=object)])
    assert lost(both, quarters) == []
    assert lost_findings({}, newer, cohort, LABELS, USED) == []


def test_one_deal_that_is_left_is_enough_and_the_order_is_nothing() -> None:
    ids = [f"D{i}" for i in range(1_000)]
    features, cohort = rows()
    kept = learned_values(features, cohort, ids[:400])
    assert kept["ids"] == sample_of(reversed(ids[:400]))
    assert len(kept["ids"]) == MOST_IDS
    others = [f"X{i}" for i in range(1_000)]
    assert none_is_left(kept, others)
    assert none_is_left(kept, [])
    one = next(i for i in ids[:400] if hash_of(i) in kept["ids"])
    assert not none_is_left(kept, [*others, one])
    assert not none_is_left({}, others)
    assert not none_is_left(learned_values(features, cohort, None), others)
