"""Training sets from tables: rows, reasons, bytes."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from icpfit.config import Config
from icpfit.errors import ConfigError
from icpfit.moments import DAY, parse_moment
from icpfit.simulate import Company, simulate_company
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.warehouse import Warehouse
from icpfit.training_set import (
    build_training_set,
    customer_starts,
    deal_attribute_specs,
    joint_labels_for,
    parquet_bytes,
    write_parquet,
)

CUTOFF = parse_moment("2025-10-01")


def config(features: list[dict[str, Any]] | None = None, **outcomes: Any) -> Config:
    count = {"name": "events_30d", "label": "Events", "layer": "behavioral", "table": "events", "aggregate": "count", "window_days": 30}
    industry = {"name": "industry", "label": "Industry", "layer": "firmographic", "table": "accounts"}
    industry |= {"aggregate": "value", "column": "industry", "kind": "category"}
    return Config.model_validate(
        {"source": {"kind": "folder", "path": "."}, "features": features or [count, industry], "outcomes": outcomes}
    )


@pytest.fixture(scope="module")
def company() -> Company:
    return simulate_company(accounts=600, seed=3)


@pytest.fixture(scope="module")
def warehouse(company: Company) -> Warehouse:
    return warehouse_from_frames(company.tables)


def test_labels_agree_with_what_became_of_the_simulated_deals(company: Company, warehouse: Warehouse) -> None:
    win = build_training_set(warehouse, config(), "win", CUTOFF)
    truth = company.truth["deals"].set_index("deal_id")["won_in_the_end"]
    np.testing.assert_array_equal(win.label, truth.loc[win.frame["deal_id"]])
    retention = build_training_set(warehouse, config(), "retention", CUTOFF)
    healthy = company.truth["customers"].set_index("deal_id")["healthy"]
    np.testing.assert_array_equal(retention.label, healthy.loc[retention.frame["deal_id"]])
    joint = joint_labels_for(warehouse, config(), win, CUTOFF)
    told = ~np.isnan(joint)
    kept = retention.frame.set_index("deal_id")["label"].reindex(win.frame["deal_id"]).fillna(0)
    np.testing.assert_array_equal(joint[told], kept.to_numpy()[told])
    assert 0.3 < told.mean() < 0.8


def test_every_deal_is_a_row_or_left_out_and_both_models_see_the_same_features(company: Company, warehouse: Warehouse) -> None:
    win, retention = (build_training_set(warehouse, config(), outcome, CUTOFF) for outcome in ("win", "retention"))
    known = set(company.tables["deals"].query("created_at < '2025-10-01'")["deal_id"])
    for training in (win, retention):
        assert training.considered == len(known)
        assert set(training.frame["deal_id"]) | set(training.left_out_rows["deal_id"]) == known
        assert len(training.frame) + len(training.left_out_rows) == len(known)
        assert dict(training.left_out) == training.left_out_rows["reason"].value_counts().to_dict()
        order = training.frame.sort_values(["as_of", "deal_id"], kind="stable").index
        assert order.equals(training.frame.index)
    common = win.frame.merge(retention.frame, on=["deal_id", "account_id", "as_of", "cohort"], suffixes=("", "_kept"))
    assert len(common) > 20
    for name in ("events_30d", "industry"):
        pd.testing.assert_series_equal(common[name], common[f"{name}_kept"], check_names=False)
    assert win.current_state == ("industry",)


def test_a_delay_moves_the_moment_and_leaves_the_cohort(warehouse: Warehouse) -> None:
    now, later = (build_training_set(warehouse, config(scoring_delay_days=d), "win", CUTOFF) for d in (0, 5))
    assert later.left_out["closed before it could be scored"] > 0
    both = now.frame.merge(later.frame, on="deal_id", suffixes=("", "_later"))
    assert ((both["as_of_later"] - both["as_of"]) == pd.Timedelta(days=5)).all()
    assert (both["cohort"] == both["cohort_later"]).all()
    assert (both["events_30d"] != both["events_30d_later"]).mean() > 0.1
    assert now.fingerprint != later.fingerprint


def test_configured_deal_attributes_are_categories(company: Company, warehouse: Warehouse) -> None:
    settings = config(deal_attributes=("source", "use_case"))
    training = build_training_set(warehouse, settings, "win", CUTOFF)
    assert [s.name for s in deal_attribute_specs(settings)] == ["deal_source", "deal_use_case"]
    deals = company.tables["deals"].set_index("deal_id").loc[training.frame["deal_id"]]
    assert training.frame["deal_source"].tolist() == [None if pd.isna(v) else v for v in deals["source"]]
    assert training.current_state == ("industry", "deal_source", "deal_use_case")
    without = {**company.tables, "deals": company.tables["deals"].drop(columns="source")}
    bare = build_training_set(warehouse_from_frames(without), settings, "win", CUTOFF)
    assert bare.frame["deal_source"].isna().all()
    assert any("no source" in note for note in bare.notes)


def test_a_feature_cannot_take_the_name_of_a_deal_attribute(warehouse: Warehouse) -> None:
    twin = {"name": "deal_source", "label": "x", "layer": "intent", "table": "events", "aggregate": "count"}
    with pytest.raises(ConfigError, match="deal_source is the name of a deal attribute"):
        build_training_set(warehouse, config([twin], deal_attributes=("source",)), "win", CUTOFF)


def test_without_subscriptions_nobody_can_be_said_to_have_stayed(company: Company) -> None:
    tables = {k: t for k, t in company.tables.items() if k not in ("subscriptions", "arr_changes")}
    warehouse = warehouse_from_frames(tables)
    retention = build_training_set(warehouse, config(), "retention", CUTOFF)
    assert len(retention.frame) == 0
    assert retention.left_out["no subscription"] > 50
    assert list(retention.frame.columns)[-2:] == ["events_30d", "industry"]
    assert len(retention.labels_at(CUTOFF)) == 0
    assert pq.read_table(io.BytesIO(parquet_bytes(retention.frame, retention.specs))).num_rows == 0


def test_before_the_first_deal_there_is_nothing(warehouse: Warehouse) -> None:
    training = build_training_set(warehouse, config(), "win", 0)
    assert (training.considered, len(training.frame), dict(training.left_out)) == (0, 0, {})


def test_deals_that_never_close_are_named_as_the_cause(company: Company) -> None:
    deals = company.tables["deals"].copy()
    dead = deals.index % 3 == 0
    deals.loc[dead, "closed_at"], deals.loc[dead, "stage"] = pd.NaT, "open"
    warehouse = warehouse_from_frames({**company.tables, "deals": deals})
    stuck = build_training_set(warehouse, config(), "win", CUTOFF)
    assert "stale_after_days" in " ".join(stuck.notes)
    mended = build_training_set(warehouse, config(stale_after_days=150), "win", CUTOFF)
    assert mended.notes == ()
    assert len(mended.frame) > 5 * len(stuck.frame)


def test_the_parquet_file_holds_what_the_frame_holds(warehouse: Warehouse, tmp_path: Path) -> None:
    training = build_training_set(warehouse, config(deal_attributes=("product",)), "win", CUTOFF)
    path = tmp_path / "set.parquet"
    write_parquet(training.frame, training.specs, path)
    assert path.read_bytes() == parquet_bytes(training.frame, training.specs)
    assert [p.name for p in tmp_path.iterdir()] == ["set.parquet"]
    table = pq.read_table(path)
    assert b"pandas" not in (table.schema.metadata or {})
    back = table.to_pandas()
    assert list(back.columns) == ["deal_id", "account_id", "as_of", "cohort", "label", "events_30d", "industry", "deal_product"]
    for name in back.columns:
        pd.testing.assert_series_equal(back[name].astype(object), training.frame[name].astype(object), check_exact=True)


def test_the_fingerprint_follows_content_and_configuration_and_nothing_else(company: Company, warehouse: Warehouse) -> None:
    first = build_training_set(warehouse, config(), "win", CUTOFF)
    shuffled = {name: t.sample(frac=1, random_state=1) for name, t in company.tables.items()}
    again = build_training_set(warehouse_from_frames(shuffled), config(), "win", CUTOFF)
    assert again.fingerprint == first.fingerprint
    events = company.tables["events"]
    fewer = {**company.tables, "events": events[events["occurred_at"] < "2025-03-01"]}
    assert build_training_set(warehouse_from_frames(fewer), config(), "win", CUTOFF).fingerprint != first.fingerprint
    other = replace_seed(config(), 8)
    assert build_training_set(warehouse, other, "win", CUTOFF).fingerprint != first.fingerprint


def replace_seed(settings: Config, seed: int) -> Config:
    return settings.model_copy(update={"training": settings.training.model_copy(update={"seed": seed})})


def test_a_training_set_that_loses_a_row_cannot_exist(warehouse: Warehouse) -> None:
    training = build_training_set(warehouse, config(), "win", CUTOFF)
    with pytest.raises(ValueError, match="considered"):
        replace(training, considered=training.considered + 1)


def test_positions_are_moments_in_microseconds(warehouse: Warehouse) -> None:
    training = build_training_set(warehouse, config(), "win", CUTOFF)
    assert (training.frame["as_of"].astype("int64") == training.position).all()
    assert training.position.max() < CUTOFF
    assert CUTOFF - training.position.max() > 30 * DAY, "the newest months are not mature"


def test_accounts_recorded_with_their_first_deal_are_told_and_a_day_of_delay_mends_it(company: Company) -> None:
    """Many CRMs make the account in the second of its first deal: what stands in it was not known before."""
    first = company.tables["deals"].groupby("account_id")["created_at"].min()
    accounts = company.tables["accounts"].copy()
    accounts["recorded_at"] = accounts["account_id"].map(first)
    warehouse = warehouse_from_frames({**{k: t for k, t in company.tables.items() if k != "account_history"}, "accounts": accounts})
    blind = build_training_set(warehouse, config(), "win", CUTOFF)
    at_once = company.tables["deals"].set_index("deal_id")["created_at"].loc[blind.frame["deal_id"]]
    late = int((blind.frame["account_id"].map(first).to_numpy() >= at_once.to_numpy()).sum())
    assert late > 100
    (note,) = blind.notes
    assert note.startswith(f"For {late:,} of {len(blind.frame):,} deals")
    assert "scoring_delay_days" in note
    assert blind.frame["industry"].isna().sum() >= late
    seeing = build_training_set(warehouse, config(scoring_delay_days=1), "win", CUTOFF)
    assert seeing.notes == ()
    assert seeing.frame["industry"].isna().mean() < 0.2


def test_a_customer_starts_with_what_its_subscription_says_and_no_later(company: Company, warehouse: Warehouse) -> None:
    """Deals that stand for three years at once, and prices that rise after the moment, change nothing."""
    win = build_training_set(warehouse, config(), "win", CUTOFF)
    first = company.tables["subscriptions"].dropna(subset=["deal_id"]).set_index("deal_id")
    began = first["started_at"].reindex(win.frame["deal_id"])
    expected = first["arr"].reindex(win.frame["deal_id"]).where((began < pd.Timestamp("2025-10-01")).to_numpy())
    tables = {**company.tables, "deals": company.tables["deals"].assign(amount=lambda d: d["amount"] * 3)}
    changed = tables["arr_changes"]
    tables["arr_changes"] = changed.assign(arr=changed["arr"].where(changed["changed_at"] < pd.Timestamp("2025-10-01"), 1e9))
    for told in (warehouse, warehouse_from_frames(tables)):
        starts = customer_starts(told, config(), win, CUTOFF)
        np.testing.assert_array_equal(starts["arr"], expected)
    own = company.tables["deals"].set_index("deal_id")["product"].reindex(win.frame["deal_id"])
    assert starts["product"].tolist() == own.tolist()
    assert starts["arr"][win.label == 1].notna().mean() > 0.9
    assert starts["arr"][win.label == 0].isna().all()


def test_one_subscription_leaves_no_other_won_deal_out(company: Company, warehouse: Warehouse) -> None:
    """One pair of ARR and amount cannot tell the one by the other: the others' amounts stand as they are."""
    win = build_training_set(warehouse, config(), "win", CUTOFF)
    told = customer_starts(warehouse, config(), win, CUTOFF)
    first = win.frame["deal_id"][told["of_amount"].isna().to_numpy() & (win.label == 1)].iloc[0]
    subscriptions = company.tables["subscriptions"].loc[lambda s: s["deal_id"] == first]
    tables = {k: v for k, v in company.tables.items() if k != "arr_changes"} | {"subscriptions": subscriptions}
    starts = customer_starts(warehouse_from_frames(tables), config(), win, CUTOFF)
    others = (win.label == 1) & (win.frame["deal_id"] != first).to_numpy()
    np.testing.assert_array_equal(starts["arr"][others], win.amount[others])
    assert starts.loc[first, "arr"] == told.loc[first, "arr"]
    assert starts["of_amount"][others].eq(1).all()
    assert starts["arr"][win.label == 0].isna().all()


def test_an_amount_stands_for_the_arr_as_far_as_amounts_are_arr(company: Company, warehouse: Warehouse) -> None:
    """Deals that stand for three years at once change nothing where enough of them have a subscription too."""
    win = build_training_set(warehouse, config(), "win", CUTOFF)
    told = customer_starts(warehouse, config(), win, CUTOFF)
    won = win.label == 1
    silent = won & (np.arange(len(won)) % 7 == 0)
    kept = company.tables["subscriptions"].loc[lambda s: ~s["account_id"].isin(win.frame["account_id"][silent])]
    without = won & win.frame["account_id"].isin(win.frame["account_id"][silent]).to_numpy()
    house = warehouse_from_frames({k: v for k, v in company.tables.items() if k != "arr_changes"} | {"subscriptions": kept})
    for times in (1, 3):
        starts = customer_starts(house, config(), replace(win, amount=win.amount * times), CUTOFF)
        np.testing.assert_array_equal(starts["arr"][~without], told["arr"][~without])
        np.testing.assert_allclose(starts["arr"][without], win.amount[without] * times * starts["of_amount"][without])
        assert starts["of_amount"].notna().to_numpy().tolist() == without.tolist()
        usual = np.median(told["arr"][won & ~without] / win.amount[won & ~without])
        np.testing.assert_allclose(starts["of_amount"][without], usual / times)


def test_without_subscriptions_the_deals_amount_is_all_that_is_known(company: Company, warehouse: Warehouse) -> None:
    win = build_training_set(warehouse, config(), "win", CUTOFF)
    tables = {k: v for k, v in company.tables.items() if k not in ("subscriptions", "arr_changes")}
    np.testing.assert_array_equal(customer_starts(warehouse_from_frames(tables), config(), win, CUTOFF)["arr"], win.amount)
    silent = {**company.tables, "deals": company.tables["deals"].drop(columns="product")}
    said = customer_starts(warehouse_from_frames(silent), config(), win, CUTOFF)
    assert set(said["product"][said["arr"].notna()]) == {"Platform"}, "the subscription's, where the deal names none"
    assert set(said["product"][said["arr"].isna()]) == {""}
