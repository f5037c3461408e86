"""What the trade's questions look at: every new-logo deal that is known, with what its account was, as of the deal's own moment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.cycle.asked import Asked
from icpfit.cycle.segmenting import further_traits
from icpfit.drift.trade_rows import TraitCodes
from icpfit.features.build import build_features
from icpfit.models.leakage import FILL_GAP
from icpfit.outcomes import NEVER, Customers, DealBook, columns
from icpfit.segments import Trait, read_traits
from icpfit.segments.bands import SIZE_BANDS
from icpfit.segments.traits import MOST_VALUES
from icpfit.training_set import account_keys
from icpfit.training_set.build import read_book

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Book:
    """The tables behind a company's deals; a flat file has none."""

    deals: DealBook
    customers: Customers
    table: pd.DataFrame
    subscriptions: pd.DataFrame | None


@dataclass(frozen=True)
class TradeData:
    """One entry per known new-logo deal (of a flat file: row), in the order (created, id). Times are microseconds, NEVER = not yet.

    ``won``: 1, 0, or NaN while open. ``bought``: by a deep discount. ``has_close``: closes are dated.
    """

    deal_id: Texts
    account: Ints
    created: Ints
    closed: Ints
    won: Floats
    bought: Bools
    traits: tuple[TraitCodes, ...]
    has_close: bool
    book: Book | None = None

    def places(self, deal_id: Texts) -> Ints:
        """Where each deal stands here; -1 where it does not."""
        return np.asarray(pd.Index(self.deal_id).get_indexer(pd.Index(deal_id)), dtype=np.int64)


def read_trade(asked: Asked) -> TradeData:
    """
    Raises:
        FeatureError: the data has no longer what the champion's features are made of.
    """
    return _of_file(asked) if asked.opened.warehouse is None else _of_tables(asked)


def _of_tables(asked: Asked) -> TradeData:
    warehouse, config = asked.opened.warehouse, asked.opened.config
    if warehouse is None:
        raise ValueError("a flat file has no tables")
    book, customers, deals = read_book(warehouse, config)
    state = book.at(asked.as_of)
    row = np.flatnonzero(state.population & (book.as_of < asked.as_of))
    row = row[np.lexsort((book.deal_id[row].astype(str), book.created[row]))]
    closed = np.where(state.resolved < NEVER, state.resolved, NEVER)[row]
    won = np.where(closed < NEVER, state.won[row].astype(np.float64), np.nan)
    specs = tuple(s for s in asked.bundle.specs if s.table != "deals" and s.aggregate in ("value", "present"))
    moments = pd.DataFrame({"account_id": book.account_id[row], "as_of": book.as_of[row]})
    features = build_features(warehouse, specs, moments)
    own = {name: _or_none(columns.text(deals, name)[row]) for name in ("product", "source", "use_case")}
    found = read_traits(features, specs, of_deals={k: own[k] for k in ("product", "source")}, won=won, refused=_refused(asked))
    further = further_traits(config, found, features, specs, _refused(asked))
    traits = [*found.traits, *further, *_use_case(own["use_case"], won)]
    frame = pd.DataFrame({"deal_id": book.deal_id[row], "account_id": book.account_id[row]})
    return TradeData(
        deal_id=book.deal_id[row],
        account=pd.factorize(account_keys(frame))[0].astype(np.int64),
        created=book.created[row],
        closed=closed,
        won=won,
        bought=book.bought[row],
        traits=tuple(coded(t) for t in traits),
        has_close=True,
        book=Book(book, customers, deals, warehouse.frame("subscriptions") if warehouse.has("subscriptions") else None),
    )


def _of_file(asked: Asked) -> TradeData:
    flat = asked.under.flat
    frame = flat.frame[flat.frame["created_at"].notna()]
    created = columns.micros(frame["created_at"])
    frame = frame[created < asked.as_of]
    frame = frame.assign(_at=columns.micros(frame["created_at"])).sort_values(["_at", "id"], kind="stable")
    closed = columns.micros(frame["closed_at"])
    has_close = bool(frame["closed_at"].notna().any())
    label = frame["label"].to_numpy(np.float64)
    open_still = has_close & (closed >= asked.as_of)
    won = np.where(open_still, np.nan, label)
    features = frame[[s.name for s in flat.specs]]
    found = read_traits(features, flat.specs, of_deals={}, won=won, refused=_refused(asked))
    keys = account_keys(frame.rename(columns={"id": "deal_id"}))
    return TradeData(
        deal_id=frame["id"].to_numpy(object),
        account=pd.factorize(keys)[0].astype(np.int64),
        created=frame["_at"].to_numpy(np.int64),
        closed=np.where(open_still, NEVER, closed),
        won=won,
        bought=np.zeros(len(frame), dtype=bool),
        traits=tuple(coded(t) for t in (*found.traits, *further_traits(asked.opened.config, found, features, flat.specs, _refused(asked)))),
        has_close=has_close,
    )


def coded(trait: Trait) -> TraitCodes:
    """A trait's texts as codes; sizes in their order, all else with the commonest first.

    >>> t = coded(Trait("size", "Employees", np.array(["51 to 200", "11 to 50", None], dtype=object), ("51 to 200", "11 to 50")))
    >>> t.values, t.code.tolist(), t.words(0)
    (('11 to 50', '51 to 200'), [1, 0, -1], 'accounts of 11 to 50 employees')
    """
    values, ordered = trait.shown, False
    if trait.name == "size":
        rank = [_place_of_band(v) for v in values]
        ordered = all(r is not None for r in rank)
        values = tuple(v for _, v in sorted(zip(rank, values, strict=True))) if ordered else values
    codes: Mapping[object, int] = {v: i for i, v in enumerate(values)}
    code = np.array([-1 if v is None else codes.get(v, len(values)) for v in trait.values], dtype=np.int64)
    banded = ordered and any(v in {name for *_, name in SIZE_BANDS} for v in values)
    return TraitCodes(trait.name, trait.label, code, values, ordered=ordered, one="accounts of {} employees" if banded else "{}")


def _place_of_band(text: str) -> float | None:
    """The first number of a band, by which bands stand in their order; None where it has none.

    >>> _place_of_band("1,001 to 5,000"), _place_of_band("more than 5,000"), _place_of_band("<10"), _place_of_band("large")
    (1001.0, 5000.5, 9.5, None)
    """
    found = re.search(r"\d[\d,. ]*", text)
    if found is None:
        return None
    number = float(re.sub(r"\D", "", found[0]))
    beyond = re.search(r"more than|over|above|>|\+", text)
    below = re.search(r"fewer than|less than|under|below|<", text)
    return number + (0.5 if beyond else -0.5 if below else 0.0)


def _or_none(values: Texts) -> Texts:
    return np.array([v or None for v in values], dtype=object)


def _use_case(values: Texts, won: Floats) -> list[Trait]:
    """The use case of the deals, unless it is written down for winners or losers alone."""
    known = np.array([v is not None for v in values], dtype=bool)
    good, bad = known[won == 1], known[won == 0]
    if not known.any() or (len(good) and len(bad) and abs(good.mean() - bad.mean()) > FILL_GAP):
        return []
    counts = pd.Series(values, dtype=object).value_counts()
    ranked = sorted(((str(v), int(n)) for v, n in counts.items()), key=lambda kv: (-kv[1], kv[0]))
    return [Trait("use_case", "Use case", values, tuple(v for v, _ in ranked[:MOST_VALUES]))]


def _refused(asked: Asked) -> dict[str, str]:
    """Attributes that training refused, with the reason: what knows the outcome is no trait."""
    told = asked.bundle.metrics.get("refused") or []
    return {str(r["feature"]): str(r.get("reason", "")) for r in told}
