from dataclasses import replace

import numpy as np
import pytest

from icpfit.models.shapes import fit_shape
from icpfit.scorecard.material import Models, gather, sample_rows


def test_attributions_of_one_model_sum_to_its_log_odds(win) -> None:  # type: ignore[no-untyped-def]
    model = win.result.model
    features = win.training.features.iloc[:300]
    material = gather(win.training.specs, features, Models(model, None))
    rest = material.target - np.sum(list(material.phi.values()), axis=0)
    np.testing.assert_allclose(rest, rest[0], atol=1e-9)
    np.testing.assert_allclose(material.target, model.calibration.log_odds(model.margin(features)))


@pytest.mark.parametrize("shape", ["beta", "isotonic"])
def test_attributions_sum_to_log_odds_under_a_bent_calibration_too(win, shape) -> None:  # type: ignore[no-untyped-def]
    features, model = win.training.features.iloc[:300], win.result.model
    calibration = fit_shape(shape, model.margin(win.training.features), win.training.label.astype(float))
    model = replace(model, calibration=calibration)
    material = gather(win.training.specs, features, Models(model, None))
    rest = material.target - np.sum(list(material.phi.values()), axis=0)
    np.testing.assert_allclose(rest, rest[0], atol=1e-9)
    np.testing.assert_allclose(material.target, np.log(model.probability(features) / (1 - model.probability(features))))


def test_attributions_of_both_sum_to_their_joint_log_chance_to_first_order(win, keep) -> None:  # type: ignore[no-untyped-def]
    features = win.training.features.iloc[:1000]
    models = Models(win.result.model, keep.result.model)
    material = gather(win.training.specs, features, models)
    p_win, p_keep = win.result.model.probability(features), keep.result.model.probability(features)
    np.testing.assert_allclose(np.exp(material.target), p_win * p_keep)
    np.testing.assert_allclose(models.chance(models.margins(features)), p_win * p_keep)
    total = np.sum(list(material.phi.values()), axis=0)
    assert np.corrcoef(total, material.target)[0, 1] > 0.98
    assert np.polyfit(total, material.target, 1)[0] == pytest.approx(1.0, abs=0.15)
    single = gather(win.training.specs, features, Models(win.result.model, None))
    other = gather(win.training.specs, features, Models(None, keep.result.model))
    for name, phi in material.phi.items():
        np.testing.assert_allclose(phi, (1 - p_win.mean()) * single.phi[name] + (1 - p_keep.mean()) * other.phi[name], atol=1e-12)


def test_a_sample_is_seeded_and_in_order() -> None:
    rows = np.arange(100) * 2
    one, two, other = (sample_rows(rows, 30, seed) for seed in (1, 1, 2))
    assert one.tolist() == two.tolist() == sorted(one.tolist())
    assert one.tolist() != other.tolist()
    assert sample_rows(rows, 100, 1) is rows
