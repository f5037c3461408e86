"""Training and scoring give the same features at the same moment, in random worlds, through the files and the command's own path."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
import worlds
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from icpfit.config import Config
from icpfit.cycle.opened import open_source
from icpfit.cycle.score_list import score_list
from icpfit.moments import DAY
from icpfit.registry import Workspace, write_bundle
from icpfit.training_set import build_training_set

KEYS = ["account_id", "as_of"]
SPECS = tuple(s for s in worlds.SPECS if "Team size" not in (s.where or ""))
"""All but the condition on a column of numbers that the contract does not know: in a file that is text."""


def deals(random: Random, world: worlds.World) -> list[worlds.Row]:
    """Several of one account, on one day and at one moment, at the very times of other rows."""
    times = [r["occurred_at"] for r in world["events"]] or [3 * DAY]
    made = []
    for i in range(12):
        created = random.choice((*random.sample(times, 1), 5 * DAY, 5 * DAY, 5 * DAY + 1, 5 * DAY - 1))
        closed = created + random.choice((0, 1, DAY))
        cells = (f"d{i}", f"a{random.randint(0, 2)}", created, closed, random.choice(("won", "lost")), None)
        made.append(dict(zip(worlds.COLUMNS["deals"], cells, strict=True)))
    return made


@settings(deadline=None, derandomize=True, database=None, max_examples=3, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(st.randoms(use_true_random=False))
def test_a_training_row_is_what_scoring_sees_at_its_moment(
    tmp_path_factory: pytest.TempPathFactory, make_bundle: Any, random: Random
) -> None:
    world = worlds.make_world(random)
    world["events"].append(worlds.plain_event("a0"))
    world["deals"] = deals(random, world)
    world["accounts"] = [{**r, "recorded_at": None} for r in world["accounts"]]
    folder = tmp_path_factory.mktemp("world")
    worlds.write_csv(random, folder / "data", world)
    bundle = make_bundle()
    specs = (*bundle.specs, *SPECS)
    body = {"source": {"kind": "folder", "path": folder / "data"}, "features": specs, "max_left_out": 1.0}
    config = Config.model_validate(body)
    opened = open_source(config)
    training = build_training_set(opened.warehouse, config, "win", 400 * DAY).frame
    assert len(training) > 5
    asked = training[KEYS].drop_duplicates()
    asked.assign(as_of=asked["as_of"].astype(str)).to_csv(folder / "list.csv", index=False)
    workspace = Workspace(folder)
    model = make_bundle(
        specs=specs,
        expected_arr={"size_column": "employees", "overall": 1.0, "bands": []},
        familiarity={
            "weights": {"views_30d": 1.0},
            "quantiles": {"views_30d": [0.0, 9.0]},
            "reference": {"views_30d": [0.5]},
            "limit": None,
        },
    )
    write_bundle(workspace, model)
    out = folder / "scored.parquet"
    report = score_list(opened, workspace, folder / "list.csv", out, model=model.version, features_out=folder / "features.parquet", as_of=0)
    assert report["rows_scored"] == len(asked)
    scored = pd.read_parquet(folder / "features.parquet")
    taught = training.loc[asked.index].reset_index(drop=True)
    assert scored["account_id"].tolist() == taught["account_id"].tolist()
    assert (pd.to_datetime(scored["as_of"], format="ISO8601").to_numpy("datetime64[us]") == taught["as_of"].to_numpy()).all()
    for spec in specs:
        if spec.kind == "category":
            then, now = (f[spec.name].astype(object).where(f[spec.name].notna(), None).tolist() for f in (taught, scored))
            assert then == now, spec.name
        else:
            np.testing.assert_array_equal(taught[spec.name].to_numpy(np.float64), scored[spec.name].to_numpy(np.float64), spec.name)
    # Two deals of one moment learn from the same features, whatever becomes of them.
    again = training.drop(columns=["deal_id", "label", "cohort"], errors="ignore")
    assert len(again.drop_duplicates()) == len(asked)
