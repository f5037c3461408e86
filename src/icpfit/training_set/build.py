"""Training sets from a company's tables: each deal as it was known at its own moment, with what became of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Config, FeatureSpec, Outcome
from icpfit.errors import ConfigError
from icpfit.features.account_query import field_of
from icpfit.features.build import build_features, current_state
from icpfit.moments import DAY, quarter_of, to_timestamps
from icpfit.outcomes import Customers, DealBook, LabelsAt, columns, joint_labels, retention_labels, win_labels
from icpfit.outcomes.deals import OPEN
from icpfit.outcomes.sensitivity import maturity_sensitivity
from icpfit.outcomes.win import IMMATURE
from icpfit.sources.warehouse import Warehouse
from icpfit.training_set.assemble import assemble
from icpfit.training_set.core import TrainingSet
from icpfit.training_set.rewritten import rewritten_around_closes

MANY_LATE = 0.02
"""share of the rows from which accounts recorded too late are worth a note"""
PAIRS = 20
"""deals with both an amount and a subscription from which the one can be told by the other"""

FeatureBuilder = Callable[[Warehouse, tuple[FeatureSpec, ...], pd.DataFrame], pd.DataFrame]

_ATTRIBUTES = {"source": "Source of the deal", "product": "Product of the deal", "use_case": "Use case"}


def deal_attribute_specs(config: Config) -> tuple[FeatureSpec, ...]:
    """The configured deal attributes as category features ``deal_source, deal_product, deal_use_case``.

    They say how a deal came about, so they are behavioral. A target account has no deal: there they are unknown.
    """
    return tuple(
        FeatureSpec(
            name=f"deal_{column}",
            label=_ATTRIBUTES[column],
            layer="behavioral",
            kind="category",
            table="deals",
            aggregate="value",
            column=column,
        )
        for column in config.outcomes.deal_attributes
    )


def read_book(warehouse: Warehouse, config: Config) -> tuple[DealBook, Customers, pd.DataFrame]:
    """The deals with their populations, the customers, and the deals table that both are aligned to."""

    def optional(table: str) -> pd.DataFrame | None:
        return warehouse.frame(table) if warehouse.has(table) else None

    deals = warehouse.frame("deals")
    subscriptions = optional("subscriptions")
    book = DealBook.from_frames(deals, config.outcomes, subscriptions=subscriptions, accounts=warehouse.frame("accounts"))
    return book, Customers.from_frames(book, subscriptions, optional("arr_changes")), deals


def build_training_set(
    warehouse: Warehouse,
    config: Config,
    outcome: Outcome,
    as_of: int,
    *,
    feature_builder: FeatureBuilder = build_features,
) -> TrainingSet:
    """One row per deal (win) or won customer (retention) with a label known strictly before ``as_of`` (microseconds).

    Features are those of the deal's own moment, ``created_at`` plus ``scoring_delay_days``, the same for both
    outcomes. Deals not known before ``as_of`` are not considered; every other deal is a row or is left out by reason.
    ``labels_at(p)`` never knows more than ``as_of``: for a later p it gives what was known then.

    Raises:
        ConfigError: a feature bears the name of a configured deal attribute.
        FeatureError: a declared feature cannot be computed.
    """
    attributes = deal_attribute_specs(config)
    specs = (*(s for s in config.features if not s.hidden), *attributes)
    twice = sorted({s.name for s in config.features} & {s.name for s in attributes})
    if twice:
        raise ConfigError(f"features: {', '.join(twice)} is the name of a deal attribute", hint="give the feature another name")
    book, customers, deals = read_book(warehouse, config)

    def labelled(moment: int) -> LabelsAt:
        return win_labels(book, moment) if outcome == "win" else retention_labels(customers, moment)

    now = labelled(as_of)
    used = np.flatnonzero(~np.isnan(now.label))
    used = used[np.lexsort((book.deal_id[used].astype(str), book.as_of[used]))]
    moments = pd.DataFrame({"account_id": book.account_id[used], "as_of": book.as_of[used]})
    features = [feature_builder(warehouse, config.features, moments).reset_index(drop=True), _attributes(deals, used, attributes)]

    def labels_at(position: int) -> npt.NDArray[np.float64]:
        return labelled(min(position, as_of)).label[used]

    return assemble(
        outcome,
        config,
        specs,
        now=now,
        used=used,
        deal_id=book.deal_id,
        account_id=book.account_id,
        as_of=to_timestamps(book.as_of[used]),
        cohort=quarter_of(book.created[used]),
        position=book.as_of[used],
        features=pd.concat(features, axis=1),
        amount=book.amount,
        labels_at=labels_at,
        timing="dated",
        helpers=tuple(s for s in config.features if s.hidden),
        current_state=(*current_state(warehouse, config.features), *(s.name for s in attributes)),
        notes=(*_missing_attributes(deals, attributes), *_late_accounts(book, used), *_notes(book, now, as_of)),
        histories=rewritten_around_closes(warehouse, book, _fields_of(config.features), as_of),
        maturity=(lambda: maturity_sensitivity(book, as_of)) if outcome == "win" else tuple,
    )


def joint_labels_for(warehouse: Warehouse, config: Config, training: TrainingSet, moment: int) -> npt.NDArray[np.float64]:
    """Won and kept (1), or not (0), for the rows of a win training set; NaN where a cohort cannot know yet."""
    book, customers, _ = read_book(warehouse, config)
    by_deal = pd.Series(joint_labels(customers, moment).label, index=book.deal_id)
    return np.array(by_deal.reindex(training.frame["deal_id"]), dtype=np.float64)


def customer_starts(warehouse: Warehouse, config: Config, training: TrainingSet, moment: int) -> pd.DataFrame:
    """``arr``, ``of_amount`` and ``product`` that the won deals of a win training set began with, as known at ``moment``.

    One row per row of the training set; an unknown product is "". The ARR is that of the deal's first subscription. A won deal without one
    has its own amount instead, which may stand for several years or for services too: where at least ``PAIRS``
    deals have both, it is taken times the median of ARR over amount. ``of_amount`` is that factor, NaN where a
    subscription speaks or nothing is known. Where no deal has a subscription, every deal has its amount as it is.
    The product is the deal's own, else the subscription's. Deals have no history: theirs is today's.
    """
    book, customers, deals = read_book(warehouse, config)
    own = columns.text(deals, "product")
    starts = pd.DataFrame(
        {"arr": customers.first_arr(moment), "product": np.where(own == "", customers.first_product(moment), own)}, index=book.deal_id
    ).reindex(training.frame["deal_id"])
    arr, amount = starts["arr"].to_numpy(np.float64), training.amount
    subscribed = ~np.isnan(arr)
    both = subscribed & (arr > 0) & (amount > 0)
    factor = float(np.median(arr[both] / amount[both])) if both.sum() >= PAIRS else 1.0
    instead = ~subscribed & ~np.isnan(amount) & ((training.label == 1) | ~subscribed.any())
    return starts.assign(arr=np.where(instead, factor * amount, arr), of_amount=np.where(instead, factor, np.nan))


def _fields_of(specs: tuple[FeatureSpec, ...]) -> frozenset[str]:
    """Columns of accounts that the features read."""
    return frozenset(f for s in specs if s.table == "accounts" and (f := field_of(s)) is not None)


def _attributes(deals: pd.DataFrame, used: npt.NDArray[np.int64], specs: tuple[FeatureSpec, ...]) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for spec in specs:
        values = deals[spec.column].astype(object) if spec.column in deals else pd.Series([None] * len(deals), dtype=object)
        texts = values.where(values.notna(), None).to_numpy(dtype=object)[used]
        columns[spec.name] = pd.Series(texts, dtype=object)  # pandas would make texts of its own kind of it
    return pd.DataFrame(columns, index=range(len(used)))


def _missing_attributes(deals: pd.DataFrame, specs: tuple[FeatureSpec, ...]) -> tuple[str, ...]:
    return tuple(f"The deals have no {s.column}: {s.name} is unknown everywhere." for s in specs if s.column not in deals)


def _late_accounts(book: DealBook, used: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """CRMs often create the account with its first deal, in the same second: then nothing of it was known before."""
    late = int((book.account_visible[used] >= book.as_of[used]).sum())
    if late <= MANY_LATE * len(used):
        return ()
    return (
        f"For {late:,} of {len(used):,} deals the account was recorded at the deal's own moment or later:"
        " nothing of the account was known then, and its attributes count as unknown."
        " If the CRM creates an account together with its first deal,"
        " set outcomes.scoring_delay_days to 1, and every deal is looked at a day later.",
    )


def _notes(book: DealBook, now: LabelsAt, as_of: int) -> tuple[str, ...]:
    """What a person should change when maturity leaves most of the closed deals out."""
    immature = int((now.reason == IMMATURE).sum())
    if immature <= 0.5 * (immature + int((~np.isnan(now.label)).sum())):
        return ()
    words = f"{immature:,} closed deals are left out: of deals as old as theirs, fewer than {book.settings.maturity_share:.0%} are closed."
    old = now.exists & (book.created < as_of - 180 * DAY)
    open_share = float((now.reason[old] == OPEN).mean()) if old.any() else 0.0
    if open_share > 1 - book.settings.maturity_share:
        words += f" {open_share:.0%} of the deals older than 180 days are still open:"
        words += " if they are dead, set outcomes.stale_after_days, and they count as lost."
    return (words,)
