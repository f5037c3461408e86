"""The evidence that the gates judge: the challenger by itself, and beside the champion on the same later deals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from icpfit.bundle import Bundle
from icpfit.config import Outcome
from icpfit.cycle.opened import Opened
from icpfit.errors import FeatureError
from icpfit.gates import Against, Challenger, Past
from icpfit.moments import DAY
from icpfit.training_set import TrainingSet

if TYPE_CHECKING:
    from icpfit.cycle.retrain import Learned

YEAR = 365 * DAY


def gate_evidence(opened: Opened, learned: Learned, champion: Bundle | None) -> tuple[Challenger, Against | None]:
    """Plain arrays for ``icpfit.gates.judge``. The leading outcome is win, or the only one."""
    leading = opened.outcomes[0]
    training, result = learned.training[leading], learned.results[leading]
    if result.backtest is None or learned.card is None or learned.bundle is None:
        raise ValueError("a challenger has a backtest and a card")
    tested = result.backtest.predictions
    rows = tested["row"].to_numpy(np.int64)
    challenger = Challenger(
        verdict=result.verdict,
        evidence=result.evidence.level,
        wins=result.evidence.wins,
        label=tested["label"].to_numpy(np.float64),
        probability=tested["probability"].to_numpy(np.float64),
        account=training.frame["account_id"].to_numpy(object)[rows],
        card_spearman=learned.card.fidelity.spearman,
        card_rows=learned.card.fidelity.rows,
        attributes=attributes_in_use(learned.bundle, leading),
        refused=tuple(f"{r.attribute} ({o})" for o, one in learned.results.items() for r in one.refused),
        past=learned.past if learned.past is not None else Past(),
    )
    return challenger, _against(opened, training, learned, champion)


def attributes_in_use(bundle: Bundle, leading: Outcome) -> tuple[str, ...]:
    """``name (outcome)`` of every attribute, sorted: what gives winning away may lawfully tell who stays.

    The card adds up what its models use. A disqualifier moves accounts whatever they use, so it counts for
    the leading outcome, and so does an attribute of the card that no model has.
    """
    used = {f"{name} ({outcome})" for outcome, model in bundle.models().items() for name in model.encoding.columns}
    modelled = {name for model in bundle.models().values() for name in model.encoding.columns}
    others = {a.name for a in bundle.card.attributes} - modelled | {d.feature for d in bundle.card.disqualifiers}
    return tuple(sorted(used | {f"{name} ({leading})" for name in others}))


def _against(opened: Opened, training: TrainingSet, learned: Learned, champion: Bundle | None) -> Against | None:
    """Deals created after the champion's moment: its frozen model against the challenger's refitted recipe."""
    if champion is None or learned.card is None:
        return None
    backtest = learned.results[training.outcome].backtest
    frozen = champion.win if training.outcome == "win" else champion.retention
    if backtest is None or frozen is None:
        return None
    tested = backtest.predictions
    rows = tested["row"].to_numpy(np.int64)
    later = training.position[rows] >= champion.as_of if training.timing == "dated" else np.zeros(len(rows), dtype=bool)
    rows = rows[later]
    # Tiers are compared on the newest year of accounts, or on all where there are no times.
    recent = training.position >= learned.as_of - YEAR if training.timing == "dated" else np.ones(len(training.frame), dtype=bool)
    theirs = _as_champion_sees(opened, training, learned.as_of, champion)
    return Against(
        version=champion.version,
        label=tested["label"].to_numpy(np.float64)[later],
        champion=frozen.probability(theirs.iloc[rows]) if len(rows) else np.zeros(0),
        challenger=tested["probability"].to_numpy(np.float64)[later],
        account=training.frame["account_id"].to_numpy(object)[rows],
        tiers_then=tuple(champion.card.score(theirs[recent])["tier"]),
        tiers_now=tuple(learned.card.score(training.features[recent])["tier"]),
    )


def _as_champion_sees(opened: Opened, training: TrainingSet, as_of: int, champion: Bundle) -> pd.DataFrame:
    """The same deals under the champion's own features, which the configuration may have changed or dropped since."""
    if champion.declared == (*training.specs, *training.helpers):
        return training.features
    try:
        theirs = opened.with_features(champion.declared).training_set(training.outcome, as_of)
    except FeatureError:
        # A table that it read is gone: it would be as blind in use.
        return training.features
    place = pd.Index(theirs.frame["deal_id"]).get_indexer(pd.Index(training.frame["deal_id"]))
    if (place < 0).any():
        raise ValueError(f"{int((place < 0).sum())} deals of the training set are not in the champion's")
    return theirs.features.take(place).reset_index(drop=True)
