"""Win labels: which closed deals may teach who buys."""

from __future__ import annotations

import numpy as np

from icpfit.moments import month_index
from icpfit.outcomes.deals import BOUGHT, DealBook
from icpfit.outcomes.maturity import mature_months
from icpfit.outcomes.result import LabelsAt

IMMATURE = "creation month not mature"


def win_labels(book: DealBook, moment: int) -> LabelsAt:
    """1 = won, 0 = lost (or stale), as known at ``moment``, for new logos of mature creation months.

    A win bought by discount says little about fit: it has no label.
    """
    state = book.at(moment)
    pool = state.population
    months = mature_months(book.created[pool], state.resolved[pool], moment, book.settings.maturity_share)
    mature = np.isin(month_index(book.created), months)
    reasons = [*state.reasons, (IMMATURE, ~mature), (BOUGHT, state.won & book.bought)]
    return LabelsAt.of(moment, state.exists, state.won, reasons)
