"""The few names that other programs may rely on, where they are documented to be, with the signatures they are documented to have."""

from __future__ import annotations

import importlib
import inspect

import numpy as np
import pandas as pd
import pytest

NAMES = (
    "icpfit.__version__",
    "icpfit.config.load_config",
    "icpfit.config.Config",
    "icpfit.errors.IcpfitError",
    "icpfit.training_set.TrainingSet",
    "icpfit.training_set.build_training_set",
    "icpfit.attribution.contributions",
    "icpfit.attribution.top_reasons",
    "icpfit.scorecard.card.Scorecard",
    "icpfit.bundle.Bundle",
    "icpfit.scoring.score_targets",
    "icpfit.scoring.ScoredList",
    "icpfit.drift.compare",
    "icpfit.drift.Finding",
    "icpfit.registry.Workspace",
    "icpfit.registry.load_bundle",
    "icpfit.registry.approve",
    "icpfit.cycle.opened.open_config",
    "icpfit.cycle.retrain.retrain",
    "icpfit.cycle.score_list.score_list",
    "icpfit.cycle.paper.document_champion",
    "icpfit.exports.export_card",
    "icpfit.simulate.simulate_company",
    "icpfit.cli.main",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_there_and_says_what_it_is(name):
    module, _, attribute = name.rpartition(".")
    found = getattr(importlib.import_module(module), attribute)
    assert isinstance(found, str) or inspect.getdoc(found)


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("icpfit.attribution.contributions", "(booster, X)"),
        ("icpfit.attribution.top_reasons", "(booster, X, k)"),
        ("icpfit.drift.compare", "(reference, current, *, alpha=0.05, seed=0)"),
    ],
)
def test_a_promised_signature_holds(name, signature):
    module, _, attribute = name.rpartition(".")
    found = inspect.signature(getattr(importlib.import_module(module), attribute))
    plain = found.replace(
        parameters=[p.replace(annotation=inspect.Parameter.empty) for p in found.parameters.values()],
        return_annotation=inspect.Signature.empty,
    )
    assert str(plain) == signature


def test_compare_gives_findings_with_the_documented_fields():
    from icpfit.drift import Finding, compare

    frame = pd.DataFrame({"a": np.arange(50.0)})
    found = compare(frame, frame)
    assert all(isinstance(f, Finding) for f in found)
    fields = "code subject statistic p_value q_value effect n_reference n_current alarm words"
    assert list(Finding.__slots__)[:10] == fields.split()
