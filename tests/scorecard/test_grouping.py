import numpy as np
import pandas as pd

from icpfit.config import FeatureSpec
from icpfit.scorecard.grouping import group_twins, own_value_r2, value_cells


def spec(name: str, kind: str = "number") -> FeatureSpec:
    return FeatureSpec.model_validate(
        {"name": name, "label": name.upper(), "layer": "behavioral", "kind": kind, "table": "events", "aggregate": "count"}
    )


def planted() -> tuple[tuple[FeatureSpec, ...], pd.DataFrame, dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    a = rng.poisson(3, 1000).astype(float)
    frame = pd.DataFrame({"a": a, "a_copy": 2 * a + (rng.random(1000) < 0.02), "b": rng.poisson(3, 1000).astype(float)})
    effect = np.where(a > 3, 1.0, -1.0)
    phi = {"a": 0.6 * effect, "a_copy": 0.4 * effect, "b": np.where(frame["b"] > 3, 0.3, -0.3)}
    return (spec("a"), spec("a_copy"), spec("b")), frame, phi


def test_twins_share_a_row_and_nothing_of_the_credit_is_lost() -> None:
    specs, frame, phi = planted()
    groups = group_twins(specs, frame, phi)
    assert [(g.spec.name, [t.name for t in g.twins]) for g in groups] == [("a", ["a_copy"]), ("b", [])]
    np.testing.assert_allclose(groups[0].phi, phi["a"] + phi["a_copy"])
    np.testing.assert_allclose(sum(g.phi for g in groups), sum(phi.values()))


def test_the_clearest_twin_is_shown() -> None:
    specs, frame, phi = planted()
    frame["a"] = frame["a"] // 3
    groups = group_twins(specs, frame, phi)
    assert (groups[0].spec.name, groups[0].twins[0].name) == ("a_copy", "a")


def test_an_attribute_without_attribution_is_left_out() -> None:
    specs, frame, phi = planted()
    phi["b"] = np.full(1000, 0.2)
    assert "b" not in [g.spec.name for g in group_twins(specs, frame, phi)]


def test_own_value_r2_falls_where_another_attribute_decides() -> None:
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=2000), rng.random(2000) < 0.5
    alone, crossed = np.where(x > 0, 1.0, 0.0), np.where((x > 0) & z, 1.0, 0.0)
    cells = value_cells(spec("x"), pd.Series(x))
    assert own_value_r2(cells, alone) > 0.97
    assert 0.2 < own_value_r2(cells, crossed) < 0.5
