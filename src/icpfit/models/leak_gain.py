"""An attribute that carries a model which is too good to be true: found once the model is fitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from icpfit.config import TrainingSettings
from icpfit.models.fit import Lender, fit_outcome
from icpfit.models.leakage import TOO_GOOD_AUC, Leaks, find_leaks, standing_parts
from icpfit.models.results import OutcomeResult, Refusal
from icpfit.models.trials import TrialLog
from icpfit.training_set import TrainingSet

MOST_OF_THE_GAIN = 0.5


def fit_without_leaks(
    training: TrainingSet,
    settings: TrainingSettings,
    progress: Callable[[str], None] | None = None,
    log: TrialLog | None = None,
    lender: Lender | None = None,
) -> tuple[Leaks, OutcomeResult]:
    """:func:`~icpfit.models.fit.fit_outcome` on what :func:`~icpfit.models.leakage.find_leaks` leaves, fitted again without each
    attribute that turns out to carry a model which is too good to be true.

    Only an attribute that is read as it stands today is refused for it, since it may have been written after the
    outcome; one computed as of the deal's own moment, or allowed by the configuration, is used and named.

    Raises:
        ConfigError: an allowance names a feature that is not there.
    """
    leaks = find_leaks(training, settings.allow)
    allowed = {a.feature: a.why for a in settings.allow}
    while True:
        result = fit_outcome(training, settings, refused=leaks.refused, suspects=leaks.suspects, progress=progress, log=log, lender=lender)
        found = dominating(result)
        if found is None:
            return leaks, result
        if found.attribute not in allowed and standing_parts(training.spec(found.attribute), training):
            leaks = Leaks((*leaks.refused, found), tuple(s for s in leaks.suspects if s.attribute != found.attribute))
            if progress is not None:
                progress(f"{training.outcome}: {found.attribute} is refused: {found.reason}; once more without it")
            continue
        if (why := allowed.get(found.attribute)) is not None:
            found = Refusal(found.attribute, f"{found.reason}; allowed, since {why}", found.code)
        suspects = (*leaks.suspects, found)
        return Leaks(leaks.refused, suspects), replace(result, suspects=suspects)


def dominating(result: OutcomeResult) -> Refusal | None:
    """The attribute that holds more than half of all the gain of a model whose AUC on rows it had not seen is above .90."""
    if result.model is None or result.backtest is None or not result.backtest.metrics.auc > TOO_GOOD_AUC:
        return None
    gain = result.model.booster.feature_importance("gain")
    if not gain.sum() > 0 or gain.max() / gain.sum() <= MOST_OF_THE_GAIN:
        return None
    words = (
        f"too good to be true: it alone gives {gain.max() / gain.sum():.0%} of what the model knows, "
        f"and the model ranks rows that it had not seen with AUC {result.backtest.metrics.auc:.2f}"
    )
    return Refusal(result.model.encoding.columns[int(gain.argmax())], words, "TOO-GOOD")
