"""How long customers stay, and what they are worth: ARR times a lifetime from a hazard with censoring, at most five years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from icpfit.customers.draws import account_draws, interval, numbered
from icpfit.customers.lives import Lives
from icpfit.plural import counted

CAP = 60
"""Months: nobody is counted on for longer than five years."""
MIN_CUSTOMERS = 20
MIN_LEFT = 10
FIRST_RENEWAL = 13
"""months that must have been watched: before it, nobody has had a yearly contract to renew"""
BEST_SHARE, GOOD_SHARE = 0.30, 0.30
"""Best fit: the top 30 % by LTV; good fit: the next 30 %; below it: stretch deals."""
SIZE_BANDS = (
    (0, 30, "under 30 employees"),
    (30, 120, "30 to 119 employees"),
    (120, 500, "120 to 499 employees"),
    (500, np.inf, "500 employees or more"),
)
TERM_BANDS = ((0, 6, "under 6 months"), (6, 18, "about a year"), (18, np.inf, "longer"))
UNKNOWN = "not known"

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Hazard:
    """The chance to leave at each whole month, 1 to ``CAP``, of those still there; ``ratio``: by what each group's is multiplied.

    ``seen``: the last month that enough customers have been watched through. What lies behind it repeats the year before.
    """

    monthly: Floats
    seen: int
    ratio: tuple[Floats, ...] = ()
    """one array per grouping, one entry per group; 1 = as all"""

    def __post_init__(self) -> None:
        if self.monthly.shape != (CAP,) or not ((self.monthly >= 0) & (self.monthly <= 1)).all():
            raise ValueError(f"a hazard is {CAP} chances between 0 and 1")

    def staying(self, factor: Floats) -> Floats:
        """(n, CAP + 1): the chance to be there still after 0, 1, … months, of customers who leave ``factor`` times as readily."""
        stay = np.cumprod(1 - np.minimum(factor[:, None] * self.monthly[None, :], 1.0), axis=1)
        return np.column_stack([np.ones(len(factor)), stay])

    def lifetime(self, factor: Floats, lived: Floats) -> Floats:
        """Expected whole life in months, at most ``CAP``, of customers still there after ``lived`` months.

        >>> never = Hazard(np.zeros(CAP), seen=13)
        >>> never.lifetime(np.ones(2), np.array([0.0, 70.0])).tolist()
        [60.0, 60.0]
        """
        kinds, kind = np.unique(factor, return_inverse=True)  # few groups, many customers
        stay = self.staying(kinds)
        ahead = np.column_stack([stay[:, :-1][:, ::-1].cumsum(axis=1)[:, ::-1], np.zeros(len(kinds))])
        done = np.minimum(np.floor(lived), CAP).astype(np.int64)
        still = stay[kind, done]
        return np.where(still > 0, done + ahead[kind, done] / np.where(still > 0, still, 1.0), done).astype(np.float64)


@dataclass(frozen=True)
class Exposure:
    """(n, CAP) each: who was there to leave at a month and watched through it whole, and who left at it.

    A life is rounded to whole months, at least one, so that leaving on the day of a renewal is leaving then, in leap
    years too. A month counts for those whose watch runs half a month past it, whether they stayed or left: counting a
    leaver of an unfinished month beside no stayer of it would bias the hazard.
    """

    at_risk: Bools
    leaves: Bools

    @classmethod
    def of(cls, months: Floats, watched: Floats, left: Bools) -> Exposure:
        m = np.arange(1, CAP + 1)[None, :]
        life = np.maximum(np.floor(months + 0.5), 1)[:, None]
        whole = watched[:, None] >= m + 0.5
        return cls(whole & (~left[:, None] | (life >= m)), whole & left[:, None] & (life == m))


def fit_hazard(exposure: Exposure, groups: Sequence[Ints], weights: Floats | None = None, *, seen: int | None = None) -> Hazard:
    """The pooled hazard, and for each grouping of the customers how much more readily each group leaves.

    A group's ratio of leavers to those expected is shrunk toward 1 by as much as groups of this size differ by chance
    alone: (leavers + a) / (expected + a), with a from the spread between the groups. Source: Clayton and Kaldor,
    "Empirical Bayes estimates of age-standardized relative risks", 1987.

    Args:
        groups: per grouping the number of each customer's group.
        weights: how often each customer counts; once unless given.
        seen: the last month with enough customers at risk; found unless given.

    Raises:
        ValueError: no month has ``MIN_CUSTOMERS`` at risk, and ``seen`` is not given.
    """
    n = len(exposure.at_risk)
    w = np.ones(n) if weights is None else weights
    at_risk, leaves = exposure.at_risk.astype(np.float64), exposure.leaves.astype(np.float64)
    risk, gone = w @ at_risk, w @ leaves
    if seen is None:
        seen = int((risk >= MIN_CUSTOMERS).sum())
        if seen == 0:
            raise ValueError(f"no month has {MIN_CUSTOMERS} customers at risk")
    overall = gone[:seen].sum() / max(risk[:seen].sum(), 1e-300)
    monthly = np.where(risk > 0, gone / np.maximum(risk, 1e-300), overall)
    for m in range(seen, CAP):
        monthly[m] = monthly[m - 12] if m >= 12 else overall
    expected = at_risk[:, :seen] @ monthly[:seen]
    left = leaves[:, :seen].sum(axis=1)
    ratios = [np.ones(int(g.max(initial=0)) + 1) for g in groups]
    for _ in range(10 if len(groups) > 1 else 1):
        for i, group in enumerate(groups):
            others = (
                np.prod([r[g] for j, (g, r) in enumerate(zip(groups, ratios, strict=True)) if j != i], axis=0) if len(groups) > 1 else 1
            )
            ratios[i] = _shrunken(_summed(w * left, group, ratios[i]), _summed(w * expected * others, group, ratios[i]))
    return Hazard(np.clip(monthly, 0, 1), seen, tuple(ratios))


def _summed(values: Floats, group: Ints, ratio: Floats) -> Floats:
    return np.bincount(group, values, len(ratio)).astype(np.float64)


def _shrunken(left: Floats, expected: Floats) -> Floats:
    """
    >>> _shrunken(np.array([10.0, 10.0]), np.array([10.0, 10.0])).tolist()
    [1.0, 1.0]
    """
    spread = ((left - expected) ** 2 - expected).sum() / max((expected**2).sum(), 1e-300)
    if spread <= 0:
        return np.ones(len(left))
    a = 1 / spread
    return np.asarray((left + a) / (expected + a), dtype=np.float64)


@dataclass(frozen=True)
class Worth:
    """What each customer is worth, one entry per life: months in all, LTV with its interval, and how well it fits by it."""

    months: Floats
    ltv: Floats
    low: Floats
    high: Floats
    fit: npt.NDArray[np.object_]
    """``best fit``, ``good fit``, ``stretch deal``, or ``left``"""
    report: dict[str, Any]


def weigh(lives: Lives, seed: int) -> Worth | dict[str, Any]:
    """LTV = ARR x lifetime. Of a customer who left the lifetime is known; of one still there it is what it has lived and
    may live on, by the hazard of customers of its size and contract. Its ARR is the present one, or the last.

    Returns the report alone, with the reason, where too little is known.
    """
    if (missing := _missing(lives)) is not None:
        return {"can_tell": False, "words": missing, "customers": len(lives), "left": int(lives.flags("left").sum())}
    months, watched, left = lives.numbers("months"), lives.numbers("watched"), lives.flags("left")
    arr, first = lives.numbers("last_arr"), lives.numbers("first_arr")
    account = numbered(lives.texts("account_id"))
    exposure = Exposure.of(months, watched, left)
    size, term = _banded(lives.numbers("size"), SIZE_BANDS), _banded(lives.numbers("term_months"), TERM_BANDS)
    groups = [size, term]
    hazard = fit_hazard(exposure, groups)

    def whole(h: Hazard) -> tuple[Floats, Floats]:
        factor = h.ratio[0][size] * h.ratio[1][term]
        return np.where(left, np.minimum(months, CAP), h.lifetime(factor, watched)), h.lifetime(factor, np.zeros(len(factor)))

    life, fresh = whole(hazard)
    ltv = arr / 12 * life
    bands = [*(b[2] for b in SIZE_BANDS), UNKNOWN]
    drawn_ltv, drawn_mean, drawn_fresh, drawn_band = [], [], [], []
    for w in account_draws(account, seed):
        if not (w @ exposure.at_risk)[hazard.seen - 1] > 0:
            continue
        again, begins = whole(fit_hazard(exposure, groups, w, seen=hazard.seen))
        drawn_ltv.append(arr / 12 * again)
        drawn_mean.append(float(w @ drawn_ltv[-1] / w.sum()))
        drawn_fresh.append(float(w @ begins / w.sum()))
        drawn_band.append([_weighted(begins, w * (size == b)) for b in range(len(bands))])
    low, high = (np.quantile(drawn_ltv, q, axis=0) for q in (0.05, 0.95))
    fit, lines = _fit(ltv, left)
    by_size = [_band(name, size == b, left, first, fresh, [d[b] for d in drawn_band]) for b, name in enumerate(bands) if (size == b).any()]
    report = {
        "can_tell": True,
        "customers": len(lives),
        "left": int(left.sum()),
        "watched_months": hazard.seen,
        "lifetime_months": [float(fresh.mean()), *interval(drawn_fresh)],
        "beyond_watch": _beyond(hazard, size, term),
        "ltv_mean": [float(ltv.mean()), *interval(drawn_mean)],
        "ltv_median": float(np.median(ltv)),
        "lines": lines,
        "fits": {name: int((fit == name).sum()) for name in ("best fit", "good fit", "stretch deal", "left")},
        "by_size": by_size,
    }
    return Worth(life, ltv, low, high, fit, report)


def _missing(lives: Lives) -> str | None:
    """What is missing before a lifetime can be told, in words; None where nothing is."""
    left = int(lives.flags("left").sum())
    if len(lives) < MIN_CUSTOMERS:
        return f"{counted(len(lives), 'customer')}; {MIN_CUSTOMERS} are needed"
    if left < MIN_LEFT:
        return f"{left} of {counted(len(lives), 'customer')} {'has' if left == 1 else 'have'} left; {MIN_LEFT} are needed"
    exposure = Exposure.of(lives.numbers("months"), lives.numbers("watched"), lives.flags("left"))
    past = int(exposure.at_risk[:, FIRST_RENEWAL - 1].sum())
    if past < MIN_CUSTOMERS:
        stayed = "was watched" if past == 1 else "were watched"
        return f"{counted(past, 'customer')} {stayed} past a first renewal; {MIN_CUSTOMERS} are needed"
    return None


def _banded(values: Floats, bands: Sequence[tuple[float, float, str]]) -> Ints:
    """The number of each value's band; one past the last where it is not known."""
    out = np.searchsorted([b[1] for b in bands], values, side="right")
    return np.where(np.isnan(values), len(bands), np.minimum(out, len(bands) - 1)).astype(np.int64)


def _weighted(values: Floats, w: Floats) -> float:
    return float(w @ values / w.sum()) if w.sum() > 0 else float("nan")


def _band(name: str, inside: Bools, left: Bools, first: Floats, fresh: Floats, drawn: list[float]) -> dict[str, Any]:
    arr = float(np.median(first[inside]))
    life = float(fresh[inside].mean())
    low, high = interval(drawn)
    return {
        "group": name,
        "customers": int(inside.sum()),
        "left": int((inside & left).sum()),
        "lifetime_months": [life, low, high],
        "first_arr": arr,
        "ltv_of_a_new_one": [arr / 12 * m if m is not None else None for m in (life, low, high)],
    }


def _beyond(hazard: Hazard, size: Ints, term: Ints) -> float:
    """Share of a new customer's expected lifetime that lies behind what anyone was watched through."""
    stay = hazard.staying(hazard.ratio[0][size] * hazard.ratio[1][term])[:, :-1]
    return float(stay[:, hazard.seen :].sum() / stay.sum())


def _fit(ltv: Floats, left: Bools) -> tuple[npt.NDArray[np.object_], dict[str, float]]:
    best, good = (float(np.quantile(ltv, 1 - share)) for share in (BEST_SHARE, BEST_SHARE + GOOD_SHARE))
    named = np.select([left, ltv >= best, ltv >= good], ["left", "best fit", "good fit"], "stretch deal")
    return named.astype(object), {"best_from": best, "good_from": good}
