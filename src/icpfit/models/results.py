"""What training a model gives: plain values that cannot be half there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Outcome
from icpfit.models.calibration import Calibration
from icpfit.models.encoding import Encoding

Verdict = Literal["signal", "no signal", "too little data"]
EvidenceLevel = Literal["patterns only", "hypotheses", "indicative", "established"]

Floats = npt.NDArray[np.float64]


ALPHA = 0.01
"""how often luck may be taken for a signal"""


@dataclass(frozen=True)
class FittedModel:
    """A booster with what it needs to be used: encoding of the columns and calibration of the margin.

    Everything is text and numbers: ``booster_text`` is LightGBM's own model text.
    """

    outcome: Outcome
    booster_text: str
    encoding: Encoding
    calibration: Calibration
    parameters: Mapping[str, Any]
    base_rate: float

    @cached_property
    def booster(self) -> lgb.Booster:
        return lgb.Booster(model_str=self.booster_text)

    def encode(self, features: pd.DataFrame) -> pd.DataFrame:
        """Training-set columns (text, float) to what the booster was trained on."""
        return self.encoding.apply(features)

    def margin(self, features: pd.DataFrame) -> Floats:
        """Raw log-odds of the booster, before calibration."""
        if len(features) == 0:  # LightGBM refuses no rows
            return np.zeros(0)
        return np.asarray(self.booster.predict(self.encode(features), raw_score=True, num_threads=2), dtype=np.float64)

    def probability(self, features: pd.DataFrame) -> Floats:
        return self.calibration.probability(self.margin(features))


@dataclass(frozen=True, slots=True)
class Evidence:
    level: EvidenceLevel
    wins: int
    losses: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """An attribute that is not used. ``code`` is one of MEANING, AFTER-OUTCOME, WINNERS-ONLY, TOO-GOOD, FILL-RATE, CONSTANT."""

    attribute: str
    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class Metrics:
    """Measured on rows later than the model. All on the same rows; ``None`` where it cannot be told.

    Ranking (``auc``, lift, the top's shares) is within each tested period; ``auc_pooled`` is over all
    periods at once, where a drift of the base rate counts too.
    """

    rows: int
    positives: int
    auc: float
    auc_pooled: float
    auc_low: float
    auc_high: float
    average_precision: float
    log_loss: float
    brier: float
    ece: float
    calibration_slope: float | None
    calibration_intercept: float | None
    lift_10: float
    lift_20: float
    wins_in_top_20: float
    value_in_top_20: float | None
    reliability: tuple[tuple[float, float, int], ...] = ()
    """(mean predicted, observed rate, rows) per tenth of the predictions, of all periods at once"""
    tenths: tuple[tuple[float, float, int], ...] = ()
    """the same per tenth of each period's own ranking, as the lift is measured"""
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """(low, high) of 90 % by the measure's name, by accounts; of the model itself only"""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Yes or no, with the figures of one share of the tested rows, each with its 90 % interval by accounts.

    ``held``: share of the wins in the best ``share`` of the rows, each period by its own ranking. ``times``: how many times as
    often a row of these is won as one of the last ``share``. ``sure``: the ends of the intervals give the same answer.
    ``missing``: how many wins or losses more it takes to answer; 0 where there are enough.
    """

    answer: Literal["yes", "no", "cannot tell"]
    share: float | None = None
    held: float | None = None
    held_low: float | None = None
    held_high: float | None = None
    times: float | None = None
    times_low: float | None = None
    times_high: float | None = None
    rate_top: float | None = None
    rate_bottom: float | None = None
    most: float | None = None
    """the most that the best part could hold if the ranking were perfect: where most deals are won it is less than 60 %"""
    sure: bool = False
    missing: int = 0

    def __post_init__(self) -> None:
        if (self.answer == "cannot tell") != (self.missing > 0):
            raise ValueError("what cannot be told has a count that is missing, and nothing else has")
        if (self.answer != "cannot tell") != (self.held is not None and self.times is not None):
            raise ValueError("an answer has its figures")


@dataclass(frozen=True)
class FoldModel:
    """The recipe refitted at a fold's origin, kept so that the card can be tested on the same folds."""

    name: str
    train: npt.NDArray[np.int64]
    """row numbers of the training set, with labels as known at the origin"""
    train_labels: Floats
    test: npt.NDArray[np.int64]
    model: FittedModel
    probability: Floats
    """calibrated, for the test rows, in order"""


@dataclass(frozen=True)
class Backtest:
    """Forward in time where there is time: every prediction is of a deal later than its model."""

    forward: bool
    folds: tuple[FoldModel, ...]
    metrics: Metrics
    by_quarter: Mapping[str, Metrics]
    baselines: Mapping[str, Metrics]
    """``base_rate``, ``logistic``, ``firmographic_only``: on the same folds"""
    without_layer: Mapping[str, float] = field(default_factory=dict)
    """AUC lost when the layer is left out"""
    acceptance: Acceptance | None = None
    """the trade's rule for who wins; None where it is not asked: of who stays it would make no sense"""
    predictions: pd.DataFrame = field(default_factory=pd.DataFrame)
    """one row per tested row: ``row`` (in the training set), ``fold``, ``label``, ``margin``, ``untuned`` (the standard
    recipe's margin; NaN where groups of accounts are tested), ``probability``, ``logistic``, ``firmographic_only``"""


@dataclass(frozen=True, slots=True)
class SignalTest:
    """AUC within periods (or groups of accounts) on rows that neither model nor recipe had seen, and how often chance does as well.

    Of few deals the ``p_value`` is that of the association of attributes and outcome in all ``associated`` rows; else those are 0.
    """

    auc: float
    p_value: float
    rows: int
    quarters: tuple[str, ...]
    words: str
    associated: int = 0


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the search for a recipe went: ``done`` of the ``asked`` trials (0: the standard recipe is used, and nothing is tuned).

    Not ``complete``: a limit in minutes ended it. How many trials fit then depends on the machine, so the same data, configuration
    and seed need not give the same bytes again.
    """

    asked: int
    done: int
    complete: bool
    words: str

    def __post_init__(self) -> None:
        if not 0 <= self.done <= self.asked or (self.done and self.complete != (self.done == self.asked)):
            raise ValueError(f"a search is complete when all {self.asked} trials are done, got {self.done}")


@dataclass(frozen=True)
class OutcomeResult:
    """All there is to say of one outcome. ``model`` is None unless the verdict is ``signal``."""

    outcome: Outcome
    verdict: Verdict
    words: str
    """one or two plain sentences on the verdict"""
    evidence: Evidence
    refused: tuple[Refusal, ...]
    suspects: tuple[Refusal, ...]
    dropped: Mapping[str, str]
    """features that were allowed but are not in the model, with the reason in words"""
    base_rate: float
    base_rate_low: float
    base_rate_high: float
    model: FittedModel | None = None
    backtest: Backtest | None = None
    signal: SignalTest | None = None
    trials: tuple[Mapping[str, Any], ...] = ()
    tuning: Tuning | None = None
    """None where there was too little data to try anything"""

    def __post_init__(self) -> None:
        if (self.verdict == "signal") != (self.model is not None):
            raise ValueError("a model is there when, and only when, the verdict is signal")
