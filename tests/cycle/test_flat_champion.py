"""A model of a flat file is asked with the columns that it learned from, whatever the configuration says of them now."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml

from icpfit.cycle.opened import open_config

DEALS = 60


@pytest.fixture
def opened(tmp_path):
    """Opens the same file, created_at of every row known, under other layers, texts that mean unknown, or cells."""

    def of(layers, *, missing=(), size_of_first="10", name="deals.csv"):
        number = np.arange(DEALS)
        created = pd.Timestamp("2024-01-01") + pd.to_timedelta((number * 7) % 59, unit="D")
        deals = pd.DataFrame(
            {
                "Deal": [f"D{i}" for i in number],
                "Result": np.where(number % 3 == 0, "Won", "Lost"),
                "Created": created.strftime("%Y-%m-%d"),
                "Size": [size_of_first, *(f"{10 * (i % 9)}" for i in number[1:])],
                "Region": np.array(["EU", "US", "n/a"])[number % 3],
            }
        )
        deals.to_csv(tmp_path / name, index=False)
        columns = {"id": "Deal", "result": "Result", "positive": ["Won"], "negative": ["Lost"], "created_at": "Created"}
        source = {"kind": "flat", "path": name, "columns": columns, "layers": layers, "missing": list(missing)}
        (tmp_path / "flat.yaml").write_text(yaml.safe_dump({"company": "Acme", "source": source}))
        return open_config(tmp_path / "flat.yaml")

    return of


def features(opened):
    data = opened.training_set("win", opened.moment(None))
    return data.features.set_axis(data.frame["deal_id"].tolist())


def test_a_column_that_the_configuration_has_dropped_is_still_read(opened):
    then = opened({"firmographic": ["Size", "Region"]})
    known = features(then)
    now = opened({"firmographic": ["Region"]})
    assert list(features(now).columns) == ["region"]
    pd.testing.assert_frame_equal(features(now.with_features(then.specs)), known)
    assert known["size"].notna().all()


def test_a_number_that_has_become_a_text_is_unknown_there_and_no_row_is_lost(opened):
    then = opened({"firmographic": ["Size"]})
    specs, known = then.specs, features(then)
    now = opened({"behavioral": ["Region"]}, size_of_first="ten", name="later.csv").with_features(specs)
    seen = features(now)
    assert seen.index.tolist() == known.index.tolist()
    assert np.isnan(seen.loc["D0", "size"])
    pd.testing.assert_frame_equal(seen.drop(index="D0"), known.drop(index="D0"))


def test_a_column_that_the_file_no_longer_has_is_unknown_throughout(opened):
    then = opened({"firmographic": ["Size"]})
    gone = tuple(s.model_copy(update={"column": "Headcount"}) for s in then.specs)
    assert features(then.with_features(gone))["size"].isna().all()
