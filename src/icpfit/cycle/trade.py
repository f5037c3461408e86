"""The findings that matter to the trade: who comes, who buys and where, how long it takes, who leaves, and the tiers beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from icpfit.customers.lives import Lives, read_lives
from icpfit.cycle.asked import ENOUGH_BEFORE, YEAR, Asked
from icpfit.cycle.trade_data import TradeData, read_trade
from icpfit.drift.churn import Customers as Leavers
from icpfit.drift.churn import churn_findings
from icpfit.drift.cycle_length import cycle_finding
from icpfit.drift.finding import Finding, counted_in
from icpfit.drift.log_rank import spells_of
from icpfit.drift.trade_mix import mix_findings
from icpfit.drift.trade_rates import rate_findings
from icpfit.drift.trade_rows import TraitCodes, TwoPeriods
from icpfit.drift.trade_tiers import TierShare, tier_finding
from icpfit.errors import FeatureError
from icpfit.moments import DAY, day_text
from icpfit.outcomes import NEVER

WEIGHTS = {"size": 0.25, "mix": 0.12, "wins": 0.09, "rates": 0.16, "cycle": 0.1, "churn": 0.2, "outside": 0.04, "best": 0.04}
"""How the trade's alpha is shared; what the data lacks leaves its share to the others."""
LACKS = {
    "size": "larger and smaller accounts: no attribute is known as a number of employees",
    "mix": "who comes: no attribute is known as an industry, a region or the like; training.segments names them",
    "rates": "win rates by segment: there are no segments",
    "wins": "what is new among the wins: close dates or segments are missing",
    "cycle": "sales cycles: the file has no close dates",
    "churn": "how many customers leave, and when: there are no subscriptions",
    "outside": "wins outside the profile: the profile in force holds no past wins by cards of their own time",
    "best": "customers beside the card: there are none of the past with a card of their own time",
}
BEFORE_CHURN = 2 * YEAR
OUTSIDE_ACTION = "read these deals: a profile that the card does not know may be forming; retrain (icpfit retrain) and look at what is new"
BEST_ACTION = "ask customer success who stays and why; retrain (icpfit retrain) so that the card names them again"

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def trade_findings(asked: Asked, *, alpha: float, seed: int) -> list[Finding]:
    """Findings of the trade since the champion was trained; with no change at most ``alpha`` of calls raise any alarm.

    Of a flat file as far as its columns go. What the data lacks is said in one finding, ``TRADE-DATA``.
    """
    try:
        training = asked.training(asked.opened.outcomes[0])
    except FeatureError as error:
        return [_lacking(f"cannot tell; {error.message}")]
    if training.timing != "dated":
        return [_lacking("cannot tell; the source has no dates, so what is new cannot be told from what was there before")]
    data = read_trade(asked)
    lives = _lives(asked, data)
    sizes, others = (any(t.ordered is ordered for t in data.traits) for ordered in (True, False))
    bought = _sold(asked, data) and (sizes or others)
    asks: dict[str, Callable[[float], Sequence[Finding]] | None] = {
        "size": (lambda level: mix_findings(*_created(asked, data, sizes=True), level=level, seed=seed)) if sizes else None,
        "mix": (lambda level: mix_findings(*_created(asked, data, sizes=False), level=level, seed=seed + 2)) if others else None,
        "wins": (lambda level: mix_findings(*_won(asked, data), level=level, seed=seed + 1, wins=True)) if bought else None,
        "rates": (lambda level: _rates(asked, data, level, seed)) if sizes or others else None,
        "cycle": (lambda level: [_cycle(asked, data, level, seed)]) if _sold(asked, data) else None,
        "churn": (lambda level: _churn(asked, data, lives, level)) if lives is not None else None,
        "outside": _tiers(_outside(asked, data)),
        "best": _tiers(_best(asked, lives)),
    }
    made = {name: ask for name, ask in asks.items() if ask is not None}
    whole = sum(WEIGHTS[name] for name in made)
    shares = {name: WEIGHTS[name] / whole for name in made}
    found = [f for name, ask in made.items() for f in counted_in(ask(alpha * shares[name]), shares[name])]
    wins = asked.opened.outcomes[0] == "win"
    beside = {
        *(() if wins else ("wins", "cycle", "outside")),
        *(("best",) if lives is None else ()),
    }  # no question here, or answered by another
    missing = [LACKS[name] for name in asks if name not in made and name not in beside]
    return [*found, _lacking(f"cannot tell of {'; of '.join(missing)}")] if missing else found


def _lacking(words: str) -> Finding:
    return Finding("TRADE-DATA", "the trade", None, None, None, None, 0, 0, False, words)


def _sold(asked: Asked, data: TradeData) -> bool:
    """Whether rows are deals that are won, at dates that are known."""
    return data.has_close and asked.opened.outcomes[0] == "win"


def _periods(asked: Asked, data: TradeData, at: Int64s, inside: Bools, what: str, verb: str) -> tuple[Int64s, TwoPeriods]:
    """Rows whose moment ``at`` lies after the champion's, beside those of the year before (all older ones, where those are few)."""
    cut = asked.bundle.as_of
    now = inside & (at >= cut) & (at < asked.as_of)
    older = inside & (at < cut)
    year = older & (at >= cut - YEAR)
    before = year if int(year.sum()) >= ENOUGH_BEFORE else older
    rows = np.flatnonzero(now | before)
    rows = rows[np.lexsort((data.deal_id[rows].astype(str), at[rows]))]
    return rows, TwoPeriods(data.deal_id[rows], data.account[rows], now[rows], what, f"{verb} since {day_text(cut)}")


def _created(asked: Asked, data: TradeData, *, sizes: bool) -> tuple[TwoPeriods, list[TraitCodes]]:
    what = "new deals" if asked.opened.outcomes[0] == "win" else "new customers"
    rows, periods = _periods(asked, data, data.created, np.ones(len(data.created), dtype=bool), what, "created")
    return periods, [t.of(rows) for t in data.traits if t.ordered is sizes]


def _won(asked: Asked, data: TradeData) -> tuple[TwoPeriods, list[TraitCodes]]:
    """Wins by the day they were won: no deal has to mature for that. Those that a deep discount bought say little of who fits."""
    rows, periods = _periods(asked, data, data.closed, (data.won == 1) & ~data.bought & (data.closed < NEVER), "wins", "won")
    return periods, [t.of(rows) for t in data.traits]


def _matured(asked: Asked, data: TradeData, what: str) -> tuple[TwoPeriods, Int64s, Bools]:
    """Deals of the months that have matured since, beside those of matured months before: their places in ``data``, and which were good."""
    training = asked.training(asked.opened.outcomes[0])
    newer, before = asked.newer(training.outcome), asked.before(training.outcome)
    ids = training.frame["deal_id"].to_numpy(object)
    place = data.places(ids)
    rows = np.flatnonzero((newer | before) & (place >= 0))
    rows = rows[np.argsort(training.position[rows], kind="stable")]
    when = f"of the months that became known since {day_text(asked.bundle.as_of)}"
    periods = TwoPeriods(ids[rows], data.account[place[rows]], newer[rows], what, when)
    return periods, place[rows], training.label[rows] == 1


def _rates(asked: Asked, data: TradeData, level: float, seed: int) -> list[Finding]:
    wins = asked.opened.outcomes[0] == "win"
    periods, place, good = _matured(asked, data, "deals" if wins else "customers")
    traits = [t.of(place) for t in data.traits]
    return rate_findings(periods, good, traits, level=level, seed=seed, rate="win rate" if wins else "share kept")


def _cycle(asked: Asked, data: TradeData, level: float, seed: int) -> Finding:
    periods, place, good = _matured(asked, data, "won deals")
    newest = data.created[place].max(initial=asked.bundle.as_of)
    closed = data.closed[place]
    days = np.where(good & (closed < NEVER), (np.where(closed < NEVER, closed, 0) - data.created[place]) / DAY, np.nan)
    return cycle_finding(periods, days, float((asked.as_of - newest) / DAY), level=level, seed=seed)


def _lives(asked: Asked, data: TradeData) -> Lives | None:
    """Customers as known now; None where there are no subscriptions."""
    if data.book is None or data.book.subscriptions is None or not len(data.book.subscriptions):
        return None
    return read_lives(data.book.customers, data.book.table, asked.as_of, subscriptions=data.book.subscriptions)


def _churn(asked: Asked, data: TradeData, lives: Lives | None, level: float) -> list[Finding]:
    """Renewals are signed late: what the champion knew of its customers ends a grace before its moment; there the newer period begins."""
    if lives is None:
        raise ValueError("without customers nobody leaves")
    place = data.places(lives.texts("deal_id"))
    told = np.flatnonzero(place >= 0)
    start, end = (lives.table[c].to_numpy(np.int64)[told] for c in ("start", "end"))
    cut = asked.bundle.as_of - (lives.moment - lives.watched_until)
    spells = spells_of(start, end, lives.flags("left")[told], cut - BEFORE_CHURN, cut, lives.watched_until, DAY)
    customers = Leavers(lives.texts("deal_id")[told], spells, f"from {day_text(cut)} to {day_text(lives.watched_until)}")
    return churn_findings(customers, [t.of(place[told]) for t in data.traits], level=level)


def _tiers(share: TierShare | None) -> Callable[[float], Sequence[Finding]] | None:
    return None if share is None else lambda level: [tier_finding(share, level=level)]


def _criteria(asked: Asked) -> Mapping[str, Any]:
    return asked.bundle.metrics.get("criteria") or {}


def _outside(asked: Asked, data: TradeData) -> TierShare | None:
    """Before: past wins by cards that were made without them, as the champion's own training kept them."""
    past = _criteria(asked).get("retrospective")
    if not past or not past.get("wins") or "above" not in past or asked.opened.outcomes[0] != "win" or "win" not in asked.outcomes:
        return None
    wins, inside = int(past["wins"]), float(past["above"]["B"])
    known = asked.answered("win")
    good = known.of(known.good)
    outside = np.isin(good.tier, ("C", "D"))
    return TierShare(
        code="TRADE-OUTSIDE",
        subject="Wins outside the profile",
        what="wins",
        where="in tiers C and D",
        before=(wins - round(wins * inside), wins),
        now=(int(outside.sum()), len(good)),
        cohort=f"{len(good):,} wins of the months that became known since {day_text(asked.bundle.as_of)}, by the card that is in force",
        rows=tuple(str(d) for d in good.deal_id[outside][::-1][:5]),
        action=OUTSIDE_ACTION,
    )


def _best(asked: Asked, lives: Lives | None) -> TierShare | None:
    """Customers who were still there at their first renewal: those who got there since, beside those before by cards of their own time."""
    fits = _criteria(asked).get("fits")
    if lives is None or not fits or not fits.get("can_tell"):
        return None
    stayed = [f["in_ab"] for f in fits["fits"] if f["fit"] != "left"]
    hits, rows = (int(sum(f[name] for f in stayed)) for name in ("hits", "rows"))
    settings = asked.opened.config.outcomes
    until = (settings.retention_horizon_days + settings.renewal_grace_days) * DAY
    newly = lives.flags("passed") & ~lives.flags("left") & (lives.table["start"].to_numpy(np.int64) + until >= asked.bundle.as_of)
    training = asked.training("win")
    frame = training.frame.set_index("deal_id")
    ids = [d for d in lives.texts("deal_id")[newly] if d in frame.index]
    tier = asked.bundle.card.score(frame.loc[ids, [s.name for s in training.specs]])["tier"].to_numpy(object) if ids else np.array([])
    out = np.isin(tier, ("C", "D"))
    return TierShare(
        code="TRADE-BEST",
        subject="Customers who stay",
        what="customers who stayed past the first renewal",
        where="in tiers C and D",
        before=(rows - hits, rows),
        now=(int(out.sum()), len(ids)),
        cohort=f"{len(ids):,} customers whose first renewal passed since {day_text(asked.bundle.as_of)}",
        rows=tuple(str(d) for d, o in zip(ids, out, strict=True) if o)[::-1][:5],
        action=BEST_ACTION,
    )
