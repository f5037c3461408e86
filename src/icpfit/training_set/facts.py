"""What else is known of the deals of a training set: how long they took, what they were about, where they came from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Config
from icpfit.moments import DAY
from icpfit.outcomes import NEVER, columns, known
from icpfit.sources.warehouse import Warehouse
from icpfit.training_set.build import read_book


def deal_facts(warehouse: Warehouse, config: Config, deal_ids: npt.NDArray[np.object_], moment: int) -> pd.DataFrame:
    """``cycle_days`` (created to closed; NaN while open as known at ``moment``), ``product`` and ``source`` (text or None).

    One row per deal id. Product and source are the deals' own: a subscription has a product too, but only what was won has a
    subscription. Deals have no history: both are today's.
    """
    book, _, deals = read_book(warehouse, config)
    closed = known.before(book.closed, moment) & (book.closed < NEVER)
    facts = pd.DataFrame(
        {
            "cycle_days": np.where(closed, (np.where(closed, book.closed, 0) - np.where(closed, book.created, 0)) / DAY, np.nan),
            "product": columns.text(deals, "product"),
            "source": columns.text(deals, "source"),
        },
        index=pd.Index(book.deal_id),
    ).reindex(pd.Index(deal_ids))
    for name in ("product", "source"):
        facts[name] = pd.Series([v if isinstance(v, str) and v else None for v in facts[name]], index=facts.index, dtype=object)
    return facts
