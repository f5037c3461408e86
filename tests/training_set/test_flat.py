"""Training sets from flat files: dated, ordered, and without any time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.config import Config, FlatSource
from icpfit.errors import ConfigError
from icpfit.moments import parse_moment
from icpfit.outcomes import known
from icpfit.sources.flat import FlatTable, read_flat
from icpfit.training_set import TrainingSet, parquet_bytes, training_set_from_flat
from icpfit.training_set import flat as flat_module

ROWS = 400


def table(seed: int = 1) -> pd.DataFrame:
    """Leads over two years: those who buy take 30 to 60 days, those who do not 5 to 20; a tenth is slower by 60."""
    rng = np.random.default_rng(seed)
    created = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 730, ROWS)), unit="D")
    won = rng.random(ROWS) < 0.3
    took = np.where(won, rng.integers(30, 60, ROWS), rng.integers(5, 20, ROWS)) + 60 * (rng.random(ROWS) < 0.08)
    return pd.DataFrame(
        {
            "id": [f"L{i:04d}" for i in range(ROWS)],
            "result": np.where(won, "won", "lost"),
            "created": created,
            "closed": created + pd.to_timedelta(took, unit="D"),
            "size": rng.integers(1, 500, ROWS),
            "region": rng.choice(["EU", "US", "APAC"], ROWS),
        }
    )


def declared(path: Path, *, columns: dict[str, str] | None = None, **source: Any) -> Config:
    roles = {"id": "id", "result": "result", "positive": ["won"], "negative": ["lost"], **(columns or {})}
    flat = {"kind": "flat", "path": str(path), "columns": roles, "layers": {"firmographic": ["size", "region"]}, **source}
    return Config.model_validate({"source": flat})


def read(config: Config, as_of: int | None = None) -> FlatTable:
    assert isinstance(config.source, FlatSource)
    return read_flat(config.source, max_left_out=1.0, as_of=as_of)


def built(tmp_path: Path, frame: pd.DataFrame, as_of: int | None = None, *, read_as_of: bool = False, **source: Any) -> TrainingSet:
    path = tmp_path / "leads.csv"
    frame.to_csv(path, index=False)
    config = declared(path, **source)
    return training_set_from_flat(read(config, as_of if read_as_of else None), config, as_of)


DATED = {"created_at": "created", "closed_at": "closed"}


def test_dated_and_closed_rows_follow_the_rules_of_deals(tmp_path: Path) -> None:
    cutoff = parse_moment("2024-10-01")
    training = built(tmp_path, table(), cutoff, columns=DATED)
    assert training.timing == "dated"
    assert {"creation month not mature", "still open"} <= set(training.left_out)
    assert training.considered == (table()["created"] < "2024-10-01").sum()
    assert training.label.mean() == pytest.approx(0.3, abs=0.06)
    assert training.frame["cohort"].iloc[0] == "2023Q1"
    np.testing.assert_array_equal(training.labels_at(cutoff), training.label)
    early = training.labels_at(parse_moment("2024-01-01"))
    assert 20 < (~np.isnan(early)).sum() < len(early)
    assert np.isnan(early[training.position >= parse_moment("2024-01-01")]).all()


def test_a_result_without_a_close_date_cannot_be_placed_in_time(tmp_path: Path) -> None:
    frame = table()
    frame.loc[5:9, "closed"] = pd.NaT
    frame.loc[10:12, "result"] = "open"
    training = built(tmp_path, frame, columns=DATED, missing=["open"])
    assert training.left_out["a result without a close date"] == 5


def test_dated_rows_without_a_close_are_known_after_the_window(tmp_path: Path) -> None:
    cutoff = parse_moment("2024-12-01")
    window = built(tmp_path, table(), cutoff, columns={"created_at": "created"}, outcome_window_days=90)
    assert (pd.Timestamp("2024-12-01") - window.frame["as_of"]).min() > pd.Timedelta(days=90)
    early = window.labels_at(parse_moment("2024-01-01"))
    expected = window.frame["as_of"] < pd.Timestamp("2024-01-01") - pd.Timedelta(days=90)
    np.testing.assert_array_equal(~np.isnan(early), expected)
    at_once = built(tmp_path, table(), cutoff, columns={"created_at": "created"})
    assert len(at_once.frame) == at_once.considered
    np.testing.assert_array_equal(~np.isnan(at_once.labels_at(parse_moment("2024-01-01"))), at_once.frame["as_of"] < "2024-01-01")


def test_the_order_of_rows_is_time_where_the_configuration_says_so(tmp_path: Path) -> None:
    frame = table().sample(frac=1, random_state=0)
    frame.loc[frame.index[[3, 200]], "result"] = "open"
    training = built(tmp_path, frame, row_order_is_time=True, missing=["open"])
    assert training.timing == "ordered"
    assert training.frame["as_of"].isna().all()
    assert training.left_out == {"no result": 2}
    assert list(training.frame["deal_id"]) == [i for k, i in enumerate(frame["id"]) if k not in (3, 200)]
    assert (np.diff(training.position) > 0).all()
    cohorts = training.frame["cohort"].drop_duplicates().tolist()
    assert (len(cohorts), cohorts[0]) == (10, "rows 1-41")
    assert cohorts[-1] == "rows 362-400"
    early = training.labels_at(101)
    np.testing.assert_array_equal(~np.isnan(early), training.position < 101)
    np.testing.assert_array_equal(early[~np.isnan(early)], training.label[training.position < 101])


def test_without_any_time_every_label_is_known(tmp_path: Path) -> None:
    training = built(tmp_path, table())
    assert training.timing == "none"
    assert set(training.frame["cohort"]) == {"all"}
    assert (training.position == 0).all()
    for position in (-1, 0, 10**18):
        np.testing.assert_array_equal(training.labels_at(position), training.label)
    assert training.current_state == tuple(s.name for s in training.specs)


def test_columns_become_numbers_and_categories(tmp_path: Path) -> None:
    training = built(tmp_path, table())
    by_id = table().set_index("id").loc[training.frame["deal_id"]]
    kinds = {s.name: s.kind for s in training.specs}
    assert kinds == {"size": "number", "region": "category"}
    np.testing.assert_array_equal(training.frame["size"], by_id["size"].to_numpy(float))
    assert training.frame["region"].tolist() == by_id["region"].tolist()


def test_a_folder_is_no_flat_file(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    table().to_csv(path, index=False)
    folder = Config.model_validate({"source": {"kind": "folder", "path": "."}})
    with pytest.raises(ConfigError, match="flat"):
        training_set_from_flat(read(declared(path)), folder, None)


CUTS = [(DATED, {}), ({"created_at": "created"}, {"outcome_window_days": 60}), ({"created_at": "created"}, {})]


def whole_and_cut(
    tmp_path: Path, columns: dict[str, str], source: dict[str, Any], date: str, *, read_as_of: bool = False
) -> list[TrainingSet]:
    """As of the date, from the file as it is and from one that ends there."""
    frame, moment = table(), pd.Timestamp(date)
    cut = frame[frame["created"] < moment].copy()
    over = cut["closed"] >= moment
    if "closed_at" in columns:
        cut["closed"] = cut["closed"].mask(over)
        cut["result"] = cut["result"].mask(over, "open")
    settings = {"columns": columns, "missing": ["open"], **source}
    return [built(tmp_path, f, parse_moment(date), read_as_of=read_as_of, **settings) for f in (frame, cut)]


def same(whole: TrainingSet, cut: TrainingSet) -> bool:
    pairs = [(t.fingerprint, t.considered, t.left_out, parquet_bytes(t.frame, t.specs)) for t in (whole, cut)]
    early = [t.labels_at(parse_moment("2023-11-15")).tobytes() for t in (whole, cut)]
    return pairs[0] == pairs[1] and early[0] == early[1]


@pytest.mark.parametrize(("columns", "source"), CUTS)
@pytest.mark.parametrize("date", ["2023-09-10", "2024-05-01"])
def test_deleting_the_future_changes_no_byte(tmp_path: Path, columns: dict[str, str], source: dict[str, Any], date: str) -> None:
    assert same(*whole_and_cut(tmp_path, columns, source, date, read_as_of=True))
    if "outcome_window_days" not in source:  # a file read as of another date leaves out other rows as too young
        assert same(*whole_and_cut(tmp_path, columns, source, date))


def test_without_the_filter_on_creation_the_future_would_be_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "before", lambda times, moment: times < known.NEVER)
    for columns, source in CUTS:
        assert not same(*whole_and_cut(tmp_path, columns, source, "2024-05-01"))
    ordered = built(tmp_path, table(), row_order_is_time=True)
    assert not np.isnan(ordered.labels_at(5)).any(), "its one filter is the row's number"
    assert flat_module.known is known
