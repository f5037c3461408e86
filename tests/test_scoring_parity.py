"""The promise: what a model sees at scoring is what it learned from, for the same account and moment."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icpfit.cycle.score_list import score_list
from icpfit.moments import DAY

KEYS = ["account_id", "as_of"]


@pytest.fixture(scope="module")
def backtest(small_company, tmp_path_factory):
    """Every deal that taught the win model, scored as a target list with an as_of of its own: (training, scored, features)."""
    folder = tmp_path_factory.mktemp("parity")
    training = small_company.learned.training["win"]
    asked = training.frame[KEYS].assign(deal=training.frame["deal_id"]).drop_duplicates(KEYS)
    asked.assign(as_of=asked["as_of"].astype(str)).to_csv(folder / "deals.csv", index=False)
    report = score_list(
        small_company.opened,
        small_company.workspace,
        folder / "deals.csv",
        folder / "scored.parquet",
        features_out=folder / "features.parquet",
        as_of=small_company.opened.moment(None),
    )
    assert report["rows_scored"] == len(asked) > 500
    return training.frame.loc[asked.index].reset_index(drop=True), *(
        pd.read_parquet(folder / f"{n}.parquet") for n in ("scored", "features")
    )


def test_features_at_scoring_are_those_of_training(small_company, backtest):
    training, _, features = backtest
    specs = small_company.learned.training["win"].specs
    assert list(features.columns) == ["account_id", "domain", "name", "as_of", *(s.name for s in specs)]
    assert features["account_id"].tolist() == training["account_id"].tolist()
    assert (pd.to_datetime(features["as_of"], format="ISO8601").to_numpy("datetime64[us]") == training["as_of"].to_numpy()).all()
    for spec in specs:
        if spec.kind == "category":
            then, now = (f[spec.name].astype(object).where(f[spec.name].notna(), None).tolist() for f in (training, features))
            assert now == then, spec.name
        else:
            np.testing.assert_array_equal(features[spec.name].to_numpy(np.float64), training[spec.name].to_numpy(np.float64), spec.name)


def test_probabilities_and_points_are_those_of_the_models(small_company, backtest):
    training, scored, _ = backtest
    bundle = small_company.bundle
    p_win, p_retain = bundle.win.probability(training), bundle.retention.probability(training)
    np.testing.assert_array_equal(scored["p_win"], p_win)
    np.testing.assert_array_equal(scored["p_retain"], p_retain)
    np.testing.assert_array_equal(scored["p_icp"], p_win * p_retain)
    points = bundle.card.score(training)
    for column in points.columns:
        assert scored[column].tolist() == points[column].tolist(), column
    for p, low, high in (("p_win", "p_win_low", "p_win_high"), ("p_retain", "p_retain_low", "p_retain_high")):
        assert ((scored[low] <= scored[p]) & (scored[p] <= scored[high])).all()


def test_a_row_alone_scores_as_it_does_in_a_list(small_company, backtest, tmp_path):
    training, scored, _ = backtest
    for i in (0, len(training) // 2, len(training) - 1):
        (tmp_path / "one.csv").write_text(f"account_id,as_of\n{training['account_id'][i]},{training['as_of'][i]}\n")
        score_list(small_company.opened, small_company.workspace, tmp_path / "one.csv", tmp_path / "one.parquet", as_of=0)
        alone = pd.read_parquet(tmp_path / "one.parquet")
        pd.testing.assert_frame_equal(alone, scored.drop(columns="deal").iloc[[i]].reset_index(drop=True), check_exact=True)


def test_hot_is_fit_with_more_intent_than_a_week_before(small_company, tmp_path):
    """Scored again as of a week before, by hand."""
    opened, workspace = small_company.opened, small_company.workspace
    targets = pd.read_csv(small_company.data / "target_list.csv", dtype=str)[["account_id", "domain"]]
    days = ("2025-03-01", "2025-06-10", "2025-10-05")
    now = pd.concat([targets.assign(as_of=d) for d in days], ignore_index=True)
    before = now.assign(as_of=(pd.to_datetime(now["as_of"]) - pd.Timedelta(days=7)).astype(str))
    for name, rows in (("now", now), ("before", before)):
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
        score_list(opened, workspace, tmp_path / f"{name}.csv", tmp_path / f"{name}.parquet", as_of=0)
    today, week_ago = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("now", "before"))
    known = today["account_id"].notna()
    expected = today["tier"].isin(["A", "B"]) & (today["points_intent"] > week_ago["points_intent"])
    assert today.loc[~known, "hot"].isna().all()
    assert today.loc[known, "hot"].astype(bool).tolist() == expected[known].tolist()
    assert expected[known].any()


def test_the_moment_matters(small_company, backtest):
    """Were as_of read but not used, a year would change nothing."""
    training, _, _ = backtest
    opened, specs = small_company.opened, small_company.bundle.specs
    frame = pd.DataFrame({"account_id": training["account_id"], "as_of": training["as_of"].to_numpy("datetime64[us]").astype(np.int64)})
    from icpfit.features.build import build_features

    later = build_features(opened.warehouse, specs, frame.assign(as_of=frame["as_of"] + 365 * DAY))
    assert not later["login_users_30d"].equals(training["login_users_30d"])
