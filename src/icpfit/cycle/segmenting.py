"""A run's segments: the deals of both training sets with what became of them, compared, and the models held against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Config, FeatureSpec, Outcome
from icpfit.cycle.opened import Opened
from icpfit.errors import ConfigError
from icpfit.models.fit import THREADS
from icpfit.models.matrix import build_matrix
from icpfit.models.results import OutcomeResult
from icpfit.moments import DAY
from icpfit.segments import (
    KNOWN_TRAITS,
    Predicted,
    SegmentDeals,
    Trait,
    TraitsFound,
    adjustments,
    models_report,
    own_models,
    read_traits,
    segment_table,
    table_report,
    trait_of_feature,
)
from icpfit.training_set import TrainingSet, account_keys, deal_facts

Texts = npt.NDArray[np.object_]


def check_named_segments(config: Config, specs: Sequence[FeatureSpec]) -> None:
    """
    Raises:
        ConfigError: ``training.segments`` or ``scorecard.lines`` names what is neither a trait nor a feature.
    """
    known = [*(t for t in KNOWN_TRAITS if t != "technology"), *(s.name for s in specs if not s.hidden)]
    asked = [("training.segments", name) for name in config.training.segments]
    asked += [("scorecard.lines", config.scorecard.lines)] if config.scorecard.lines else []
    for setting, name in asked:
        if name not in known:
            message = f"{setting} names {name!r}, which is neither a trait nor a feature"
            raise ConfigError(message, hint=f"one of: {', '.join(sorted(set(known)))}")


def segments_of(
    opened: Opened, training: Mapping[Outcome, TrainingSet], results: Mapping[Outcome, OutcomeResult], as_of: int
) -> dict[str, Any]:
    """The key ``segments`` of a run's metrics; a function of the data, the configuration and the moment alone.

    A deal stands in the segment of its own moment: its traits are features of the training set. The deals are those that
    may teach (mature months, no bought wins), so open ones count in no figure; a customer whose horizon has not passed counts
    in none of retention.
    """
    rows, facts, found = _found(opened, training, results, as_of)
    won = rows["win"].to_numpy(np.float64)
    bought = won == 1 if "win" in training else np.ones(len(rows), dtype=bool)
    amount = rows["amount"].to_numpy(np.float64)
    cycle = facts["cycle_days"].to_numpy(np.float64)
    deals = SegmentDeals(
        traits=found.traits,
        account=rows["account"].to_numpy(object),
        period=rows["period"].to_numpy(np.int64),
        won=won,
        value=np.where(bought & (amount > 0), amount, np.nan),
        cycle=np.where(bought & (cycle >= 0), cycle, np.nan) if "win" in training else np.full(len(rows), np.nan),
        retained=rows["retention"].to_numpy(np.float64),
    )
    report = table_report(deals, found, segment_table(deals))
    place = pd.Series(np.arange(len(rows)), index=rows["deal_id"])
    return report | {
        "models": {
            outcome: _models(opened.config, data, results[outcome], found, place)
            for outcome, data in training.items()
            if results[outcome].model is not None
        }
    }


def lines_of(
    opened: Opened, training: Mapping[Outcome, TrainingSet], results: Mapping[Outcome, OutcomeResult], as_of: int, name: str
) -> Trait | None:
    """The trait or feature ``name`` of each row of the first training set; None where the company has no such thing."""
    rows, _, found = _found(opened, training, results, as_of)
    trait = found.named(name)
    if trait is None:
        return None
    first = next(iter(training.values()))
    place = pd.Series(np.arange(len(rows)), index=rows["deal_id"])
    return replace(trait, values=trait.values[place.reindex(first.frame["deal_id"]).to_numpy(np.int64)])


def _found(
    opened: Opened, training: Mapping[Outcome, TrainingSet], results: Mapping[Outcome, OutcomeResult], as_of: int
) -> tuple[pd.DataFrame, pd.DataFrame, TraitsFound]:
    """Each deal once, what is known of it beside its features, and its traits."""
    refused = {r.attribute: r.reason for result in results.values() for r in result.refused}
    rows, features, specs = _rows(training)
    today = next(iter(training.values())).current_state
    facts = _facts(opened, rows["deal_id"].to_numpy(object), as_of)
    won = rows["win"].to_numpy(np.float64)
    of_deals: dict[str, Texts] = {c: facts[c].to_numpy(object) for c in ("product", "source") if c in facts}
    found = read_traits(features, specs, of_deals=of_deals, won=won, refused=refused, today=today)
    further = further_traits(opened.config, found, features, specs, refused)
    return rows, facts, replace(found, traits=(*found.traits, *further))


def further_traits(
    config: Config, found: TraitsFound, features: pd.DataFrame, specs: Sequence[FeatureSpec], refused: Mapping[str, str]
) -> list[Trait]:
    """What the configuration names as a segment and no trait is known as: a column of any name can be one."""
    traits = (trait_of_feature(n, features, specs, refused) for n in named_segments(config) if found.named(n) is None)
    return [t for t in traits if t is not None]


def named_segments(config: Config) -> tuple[str, ...]:
    """By ``training.segments`` and ``scorecard.lines``, each once."""
    lines = config.scorecard.lines
    return tuple(dict.fromkeys((*config.training.segments, *((lines,) if lines else ()))))


def _rows(training: Mapping[Outcome, TrainingSet]) -> tuple[pd.DataFrame, pd.DataFrame, tuple[FeatureSpec, ...]]:
    """Each deal once, with its label of every outcome, and its features in the same order."""
    heads, features = [], []
    for outcome, data in training.items():
        frame = data.frame
        heads.append(
            pd.DataFrame(
                {
                    "deal_id": frame["deal_id"].to_numpy(object),
                    "account": account_keys(frame),
                    "position": data.position,
                    "cohort": frame["cohort"].to_numpy(object),
                    "amount": data.amount,
                    "outcome": outcome,
                    "label": data.label.astype(np.float64),
                }
            )
        )
        features.append(data.features)
    both = pd.concat(heads, ignore_index=True)
    first = ~both["deal_id"].duplicated().to_numpy()
    rows = both[first].reset_index(drop=True)
    for outcome in ("win", "retention"):
        told = both[both["outcome"] == outcome].set_index("deal_id")["label"]
        rows[outcome] = told.reindex(rows["deal_id"]).to_numpy(np.float64)
    began = rows.groupby("cohort")["position"].min().sort_values(kind="stable")
    rows["period"] = rows["cohort"].map({c: i for i, c in enumerate(began.index)}).astype(np.int64)
    values = pd.concat(features, ignore_index=True)[first].reset_index(drop=True)
    return rows, values, next(iter(training.values())).specs


def _facts(opened: Opened, deal_ids: Texts, as_of: int) -> pd.DataFrame:
    """``cycle_days``, and of tables ``product`` and ``source``; a file has those among its own columns."""
    if opened.warehouse is not None:
        return deal_facts(opened.warehouse, opened.config, deal_ids, as_of)
    flat = opened.flat.frame
    created, closed = (flat[c].astype("Float64").to_numpy(np.float64, na_value=np.nan) for c in ("created_at", "closed_at"))
    return pd.DataFrame({"cycle_days": (closed - created) / DAY}, index=pd.Index(flat["id"].to_numpy(object))).reindex(pd.Index(deal_ids))


def _models(config: Config, data: TrainingSet, result: OutcomeResult, found: TraitsFound, place: pd.Series) -> dict[str, Any]:
    """By trait, the adjustments of one outcome's model, and whether a value should have a model of its own.

    The traits are those that ``training.segments`` and ``scorecard.lines`` name, as far as the company has them.
    """
    traits = [t for t in (found.named(n) for n in named_segments(config)) if t is not None]
    if result.backtest is None or not traits:
        return {}
    at = place.reindex(data.frame["deal_id"]).to_numpy(np.int64)
    seen = result.backtest.predictions
    row = seen["row"].to_numpy(np.int64)
    matrix, _ = build_matrix(data, frozenset(r.attribute for r in result.refused))
    probability = seen["probability"].to_numpy(np.float64)
    predicted = Predicted(
        row=row,
        fold=pd.factorize(seen["fold"])[0].astype(np.int64),
        account=matrix.account[matrix.places(row)],
        label=seen["label"].to_numpy(np.float64),
        log_odds=np.log(probability / (1 - probability)),
    )
    settings, out = config.training, {}
    for trait in traits:
        own = replace(trait, values=trait.values[at])
        adjusted = adjustments(predicted, own, result.backtest.metrics.auc, seed=settings.seed)
        answers = own_models(matrix, result, own, seed=settings.seed, max_rows=settings.max_rows_tuning, threads=THREADS)
        out[trait.name] = models_report(trait, adjusted, answers)
    return out
