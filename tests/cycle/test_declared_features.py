"""From files of features and hidden helpers to a training set, and the same values for a list of targets."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from icpfit.cycle.opened import Opened, open_config
from icpfit.errors import FeatureError
from icpfit.scoring.resolve import resolve
from icpfit.simulate import simulate_company, write_company

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    folder = tmp_path_factory.mktemp("declared")
    write_company(simulate_company(accounts=300, seed=4), folder / "data")
    (folder / "growth.yaml").write_text((CONFIGS / "features" / "growth.yaml").read_text())
    lines = ["source: {kind: folder, path: data}", "feature_files: [growth.yaml]", "built_in_features: true"]
    (folder / "acme.yaml").write_text("\n".join(lines))
    return open_config(folder / "acme.yaml")


def test_a_list_is_read_as_the_training_set_was_hidden_features_and_all(opened: Opened, tmp_path: Path) -> None:
    training = opened.training_set("win", opened.moment(None))
    assert {s.name for s in training.helpers} == {"hiring_per_month_30d", "hiring_per_month_180d"}
    assert not {s.name for s in training.helpers} & set(training.frame.columns)
    assert training.frame["hiring_velocity"].notna().sum() > 20
    asked = training.frame[["account_id", "as_of"]]
    asked.assign(as_of=asked["as_of"].astype(str)).to_csv(tmp_path / "list.csv", index=False)
    targets = opened.read_targets(tmp_path / "list.csv")
    resolved = resolve(targets, opened.directory, opened.moment(None))
    bundle = SimpleNamespace(specs=training.specs, declared=(*training.specs, *training.helpers), missing=(), decimal_comma=False)
    build = opened.feature_builder(bundle, targets, resolved)  # type: ignore[arg-type]
    moments = asked["as_of"].to_numpy("datetime64[us]").astype(np.int64)
    scored = build(np.arange(len(asked)), moments)
    pd.testing.assert_frame_equal(scored, training.features, check_exact=True)


def test_under_a_models_own_features_the_configurations_are_not_asked(opened: Opened) -> None:
    training = opened.training_set("win", opened.moment(None))
    few = tuple(s for s in (*training.specs, *training.helpers) if s.name.startswith("hiring_per") or s.name == "hiring_velocity")
    again = opened.with_features(few).training_set("win", opened.moment(None))
    pd.testing.assert_series_equal(again.frame["hiring_velocity"], training.frame["hiring_velocity"])
    with pytest.raises(FeatureError, match="made of 'hiring_per_month_30d', which is no feature"):
        opened.with_features(training.specs).training_set("win", opened.moment(None))
