"""From what the data taught to the bundle that scoring needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from icpfit.attribution import contributions
from icpfit.bundle import Bundle, thresholds_of
from icpfit.config import FlatSource, Outcome
from icpfit.cycle.intake import learned_by
from icpfit.cycle.opened import Opened
from icpfit.documents.shap_values import seen_by
from icpfit.models.expected_arr import ExpectedArr
from icpfit.models.familiarity import Familiarity
from icpfit.models.results import OutcomeResult
from icpfit.scorecard.card import CardKind, Scorecard
from icpfit.scoring.score import HOT_DAYS, HOT_TIERS
from icpfit.training_set import TrainingSet, customer_starts
from icpfit.versioning import code_version, library_versions


def make_bundle(
    opened: Opened,
    as_of: int,
    version: str,
    training: Mapping[Outcome, TrainingSet],
    results: Mapping[Outcome, OutcomeResult],
    cards: Mapping[CardKind, Scorecard],
    card: Scorecard,
    lines: Mapping[str, Scorecard],
    expected: ExpectedArr,
    metrics: Mapping[str, Any],
    unseen: Mapping[str, Any],
) -> Bundle:
    """The bundle of a run that found a signal.

    Raises:
        ValueError: the leading outcome has no model.
    """
    from icpfit.models.model_card import model_card_text

    config, first = opened.config, opened.outcomes[0]
    model = results[first].model
    if model is None:
        raise ValueError("a bundle needs a model")
    data = training[first]
    sample = data.features.iloc[:4_000] if len(data.frame) <= 4_000 else data.features.sample(4_000, random_state=config.training.seed)
    phi = np.abs(contributions(model.booster, model.encode(sample))[:, :-1]).mean(axis=0)
    familiarity = Familiarity.fit(data.features, dict(zip(model.encoding.columns, phi.tolist(), strict=True)), seed=config.training.seed)
    retention = results.get("retention")
    base = (
        (retention.base_rate, retention.base_rate_low, retention.base_rate_high)
        if retention is not None and len(training["retention"].frame)
        else None
    )
    return Bundle(
        version=version,
        as_of=as_of,
        company=config.company,
        currency=config.currency,
        win=results["win"].model if "win" in results else None,
        retention=retention.model if retention is not None else None,
        retention_base=base,
        card=card,
        cards={k: c for k, c in cards.items() if k != card.kind},
        lines=lines,
        specs=data.specs,
        helpers=data.helpers,
        missing=config.source.missing if isinstance(config.source, FlatSource) else (),
        decimal_comma=isinstance(config.source, FlatSource) and config.source.decimal_comma,
        attributions=seen_by(training, {o: r.model for o, r in results.items()}, card, config.training.seed),
        unseen=unseen,
        learned=learned_by(opened, training),
        familiarity=familiarity.to_dict(),
        expected_arr=expected.to_dict(),
        metrics=metrics,
        model_card=model_card_text(metrics),
        outcomes=config.outcomes,
        evidence_level=results[first].evidence.level,
        thresholds=thresholds_of(card, hot={"days": HOT_DAYS, "tiers": list(HOT_TIERS)}),
        data_fingerprint=opened.fingerprint,
        config_fingerprint=config.fingerprint(),
        code_version=code_version(),
        seed=config.training.seed,
        libraries=library_versions(),
    )


def expected_arr_of(opened: Opened, training: Mapping[Outcome, TrainingSet], as_of: int) -> ExpectedArr:
    """First ARR of the won by headcount as of the deal's moment, and by product. A flat file names no product."""
    data = training.get("win")
    if data is None:
        return ExpectedArr("", None, ())
    size = next((s.name for s in data.specs if (s.column or "") == "employee_count" and s.kind == "number"), "")
    won = data.label == 1
    sizes = data.frame[size].to_numpy(np.float64)[won] if size else np.full(int(won.sum()), np.nan)
    if opened.warehouse is None:
        return ExpectedArr.fit(size, sizes, data.amount[won], None, np.ones(int(won.sum())))
    starts = customer_starts(opened.warehouse, opened.config, data, as_of)[won]
    arr, of_amount = (starts[c].to_numpy(np.float64) for c in ("arr", "of_amount"))
    return ExpectedArr.fit(size, sizes, arr, starts["product"].to_numpy(object), of_amount)
