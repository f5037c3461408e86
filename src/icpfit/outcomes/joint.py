"""Won and kept: the joint outcome, for cohorts old enough to know both halves of every deal."""

from __future__ import annotations

import numpy as np

from icpfit.moments import month_index
from icpfit.outcomes.deals import BOUGHT, days
from icpfit.outcomes.known import NEVER
from icpfit.outcomes.maturity import mature_months
from icpfit.outcomes.result import LabelsAt
from icpfit.outcomes.retention import HORIZON, NO_SUBSCRIPTION, Customers, retention_labels
from icpfit.outcomes.win import IMMATURE


def joint_labels(customers: Customers, moment: int) -> LabelsAt:
    """1 = won and healthy at the horizon, 0 = lost, or won and not kept, as known at ``moment``.

    Let q lie the horizon and the grace before ``moment``. A creation month enters when it was mature by its age
    at q, and of it only what was decided before q: a win decided later has no label yet, and the
    losses beside it would pull the rate down.
    """
    book = customers.book
    state = book.at(moment)
    kept = retention_labels(customers, moment, state)
    before_horizon = moment - days(book.settings.retention_horizon_days + book.settings.renewal_grace_days)
    pool = state.population
    share = book.settings.maturity_share
    months = mature_months(book.created[pool], state.resolved[pool], moment, share, age_at=before_horizon)
    mature = np.isin(month_index(book.created), months)
    undecided = (state.resolved >= before_horizon) & (state.resolved < NEVER)
    reasons = [
        *state.reasons,
        (IMMATURE, ~mature),
        (BOUGHT, state.won & book.bought),
        (NO_SUBSCRIPTION, state.won & (kept.reason == NO_SUBSCRIPTION)),
        (HORIZON, undecided | (state.won & np.isnan(kept.label))),
    ]
    return LabelsAt.of(moment, state.exists, state.won & (kept.label == 1.0), reasons)
