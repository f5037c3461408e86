"""Training sets and cards made by hand: rows are given as columns, and a card asks what a test says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.config import FeatureSpec, Outcome
from icpfit.moments import DAY
from icpfit.scorecard.card import Attribute, Bin, Fidelity, Scorecard, Tier, TierName
from icpfit.training_set import TrainingSet


def spec(name: str, kind: str = "number", **more: Any) -> FeatureSpec:
    body = {"name": name, "label": name.capitalize(), "layer": "firmographic", "table": "accounts", "aggregate": "value", "why": "planted"}
    return FeatureSpec.model_validate({**body, "kind": kind, **more})


def training(
    label: np.ndarray,
    specs: list[FeatureSpec],
    columns: dict[str, Any],
    *,
    outcome: Outcome = "win",
    timing: Any = "dated",
    account: np.ndarray | None = None,
    amount: np.ndarray | None = None,
) -> TrainingSet:
    """One deal a day, each of an account of its own unless said otherwise."""
    n = len(label)
    frame = pd.DataFrame({"deal_id": [f"D{i:05}" for i in range(n)], "account_id": [f"A{i:05}" for i in range(n)]}, dtype=object)
    if account is not None:
        frame["account_id"] = account.astype(object)
    frame = frame.assign(as_of=pd.NaT, cohort="all", label=label.astype(np.int8))
    frame["as_of"] = frame["as_of"].astype("datetime64[us]")
    for s in specs:
        values = columns[s.name]
        kind = object if s.kind == "category" else np.float64
        frame[s.name] = pd.Series(np.asarray(values, dtype=kind), dtype=kind)
    position = np.arange(n) * DAY if timing != "none" else np.zeros(n, dtype=np.int64)
    money = np.full(n, 100.0) if amount is None else amount
    return TrainingSet(outcome, frame, tuple(specs), position, lambda _: label.astype(float), money, timing, n, {}, pd.DataFrame(), "f")


def cell(label: str, points: int, **place: Any) -> Bin:
    return Bin(label, points, 0.0, 0.0, 100, 0.5, **place)


def attribute(name: str, bins: list[Bin], kind: Any = "number") -> Attribute:
    return Attribute(name, name.capitalize(), "firmographic", kind, "", "", (*bins, cell("unknown", 1, unknown=True)), 0.9)


def card(*attributes: Attribute) -> Scorecard:
    """Points must sum to 100: the attributes give theirs, and one of no use gives the rest."""
    rest = 100 - sum(a.max_points for a in attributes)
    names: tuple[TierName, ...] = ("A", "B", "C", "D")
    return Scorecard(
        kind="win",
        attributes=(*attributes, attribute("idle", [cell("any known value", rest)])),
        disqualifiers=(),
        tiers=tuple(Tier(n, e, 0.1, None, 10, None, "", "") for n, e in zip(names, (80, 50, 20, 0), strict=True)),
        fidelity=Fidelity(0.9, 0.9, 0.8, 0.8, 0.01, 0.9, 100),
        layer_weights_learned={"firmographic": 100},
        layer_weights_assumed={},
        platt_intercept=0.0,
        platt_slope=0.1,
    )


@pytest.fixture(scope="session")
def made() -> SimpleNamespace:
    """The builders."""
    return SimpleNamespace(spec=spec, training=training, cell=cell, attribute=attribute, card=card)
