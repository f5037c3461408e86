"""Who is buying, from the rows of a flat file: what the file says and nothing else."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from icpfit.config import FeatureSpec
from icpfit.documents.market import MOST_BARS, Market, market_of
from icpfit.moments import Micros
from icpfit.segments.traits import INDUSTRY, SIZE, code_text
from icpfit.sources.flat import FlatTable
from icpfit.sources.vocabulary import plain_words


def flat_market(table: FlatTable, as_of: Micros) -> Market | None:
    """None where no row with a result has a close: the last twelve months cannot be told from the rest.

    Industry and size stand there only where a column of the file says so.
    """
    rows = table.frame
    closed = rows["closed_at"].notna() & rows["label"].notna()
    if not closed.any():
        return None
    key = pd.Series(np.arange(len(rows)).astype(str), index=rows.index)
    deals = pd.DataFrame(
        {
            "account_id": key,
            "stage": rows["label"].map({1.0: "won", 0.0: "lost"}).fillna("open"),
            "created_at": rows["created_at"].astype("Float64").astype("float64"),
            "closed_at": rows["closed_at"].astype("Float64").astype("float64"),
            "amount": rows["amount"],
        }
    )
    accounts = pd.DataFrame({"account_id": key})
    names: dict[str, str] = {}
    if (industry := _spec(table.specs, INDUSTRY, ("category",))) is not None:
        accounts["industry"] = rows[industry.name]
        names["industry_name"] = industry.label
    if (size := _spec(table.specs, SIZE, ("number", "category"))) is not None:
        names["size_name"] = size.label
        values = rows[size.name]
        if size.kind == "number" and values.nunique() > MOST_BARS:
            accounts["employee_count"] = values
        else:
            # The file has groups of its own, or codes for them: no number of employees is read into those.
            accounts["size_group"] = values.map(code_text, na_action="ignore").astype(object)
    about = "Rows of your file that were closed in these twelve months." + (" Industry and size are as the file has them." if names else "")
    if silent := int((rows["label"].notna() & rows["closed_at"].isna()).sum()):
        about += f" {silent:,} more with a result do not say when they were closed, and are not counted."
    return market_of(deals, accounts, as_of, about=about, **names)


def _spec(specs: tuple[FeatureSpec, ...], meant: re.Pattern[str], kinds: tuple[str, ...]) -> FeatureSpec | None:
    """The first column whose name says it, in the order of the configuration."""
    return next((s for s in specs if s.kind in kinds and meant.fullmatch(plain_words(s.column or s.name))), None)
