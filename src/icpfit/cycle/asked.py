"""What a question about drift looks at: the champion, and the data as of now under the champion's own features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from icpfit.bundle import Bundle
from icpfit.config import Outcome
from icpfit.cycle.opened import Opened
from icpfit.drift.answered import Answered
from icpfit.moments import DAY, Micros, month_index
from icpfit.training_set import TrainingSet, account_keys

ENOUGH_BEFORE = 200
"""Rows of the year before that newer ones are compared with; with fewer, all older ones."""
YEAR = 365 * DAY

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Asked:
    """``opened``'s data at ``as_of``, seen with the features of ``bundle``, the champion."""

    opened: Opened
    bundle: Bundle
    as_of: Micros

    @cached_property
    def _seen(self) -> dict[Outcome, TrainingSet]:
        return {}

    @cached_property
    def under(self) -> Opened:
        """The data under the champion's own features."""
        return self.opened.with_features(self.bundle.declared)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Outcomes of the source that the champion has a model of."""
        return tuple(o for o in self.opened.outcomes if o in self.bundle.models())

    def training(self, outcome: Outcome) -> TrainingSet:
        """Every row whose end is known by now. Read once.

        Raises:
            FeatureError: the data has no longer what the champion's features are made of.
        """
        if outcome not in self._seen:
            self._seen[outcome] = self.under.training_set(outcome, self.as_of)
        return self._seen[outcome]

    def newer(self, outcome: Outcome) -> Bools:
        """The rows that the champion could not know, see :func:`newly_matured`."""
        now = self.training(outcome)
        return newly_matured(now.position, now.labels_at(self.bundle.as_of))

    def before(self, outcome: Outcome) -> Bools:
        """The rows that the newer ones are compared with, see :func:`before`."""
        return before(self.training(outcome).position, self.newer(outcome))

    def answered(self, outcome: Outcome) -> Answered:
        """The newer rows, with what the champion says of them."""
        now, rows = self.training(outcome), np.flatnonzero(self.newer(outcome))
        rows = rows[np.argsort(now.position[rows], kind="stable")]
        features = now.features.iloc[rows]
        model, card = self.bundle.models()[outcome], self.bundle.card
        scored = card.score(features)
        return Answered(
            deal_id=now.frame["deal_id"].astype(str).to_numpy(object)[rows],
            account=account_keys(now.frame)[rows],
            created=now.position[rows],
            good=now.label[rows] == 1,
            probability=model.probability(features) if len(rows) else np.zeros(0),
            points=scored["points"].to_numpy(np.int64),
            tier=scored["tier"].to_numpy(object),
            parts=card.parts_of(features),
        )


def newly_matured(position: Int64s, label_then: npt.NDArray[np.float64]) -> Bools:
    """Rows of the months that had no outcome at all when the champion was trained.

    A month that taught it had its slow deals still open then. They end worse than the quick ones, so that by
    themselves they would look like a falling rate.
    """
    month = month_index(position)
    return ~np.isin(month, month[~np.isnan(label_then)])


def before(position: Int64s, newer: Bools) -> Bools:
    """The rows that newer ones are compared with: of the last year before them, or all older ones where those are few.

    The oldest rows stand where the tables begin: their windows look into nothing, so they have gaps that
    later ones cannot have, and would make every later quarter look as if it had moved.
    """
    older = ~newer
    if not older.any():
        return older
    year = older & (position > position[older].max() - YEAR)
    return year if int(year.sum()) >= ENOUGH_BEFORE else older
