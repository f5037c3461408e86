"""The critical question: do the accounts lost to competitors look like the best customers?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from icpfit.customers.draws import account_draws, interval, numbered
from icpfit.models.metrics import weighted_pairs
from icpfit.plural import counted

MIN_DEALS = 20
"""tested deals in each of the three groups"""
MOST_TIMES = 20
"""Where more than so many times the deals would be needed, the number is not named."""

Answer = Literal["yes", "no", "cannot tell"]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]

YES = "If so the ICP is right: work on positioning and product."
NO = "They look like the other lost accounts: that they were lost says little against positioning or product."


@dataclass(frozen=True)
class Likeness:
    """``way``: where the accounts lost to competitors stand on the way from the other losses (0) to the best customers (1)."""

    answer: Answer
    words: str
    numbers: dict[str, Any]

    def report(self) -> dict[str, Any]:
        return {"answer": self.answer, "words": self.words, **self.numbers}


def compare_fit(fit: Floats, group: Ints, model: Ints, account_id: Texts, seed: int) -> Likeness:
    """By the fit of deals that the model had not learned from: of best customers, of deals lost to competitors, and of other losses.

    Each comparison is the share of pairs, told by one model, in which the first has the better fit. With c for best customers
    over other losses and a for best customers over competitor losses, the way is (c - a) / (c - 1/2). Its interval, from draws of
    whole accounts, must lie on one side of the half-way for an answer.

    Args:
        group: 0 best customer, 1 lost to a competitor, 2 lost otherwise.
        model: a number per model that told a deal's fit; only deals of one model are compared.
    """
    sizes = [int((group == g).sum()) for g in range(3)]
    numbers: dict[str, Any] = {"tested": dict(zip(("best", "competitor", "other"), sizes, strict=True))}
    if min(sizes) < MIN_DEALS:
        names = ("best customers", "deals lost to competitors", "deals lost otherwise")
        short = [f"{n} {name}" for n, name in zip(sizes, names, strict=True) if n < MIN_DEALS]
        told = f"{' and '.join(short)} have a fit told by a model that had not learned from them, and {MIN_DEALS} are needed"
        return Likeness("cannot tell", told, {**numbers, "needed": MIN_DEALS})
    weights = np.vstack([np.ones(len(fit)), *account_draws(numbered(account_id), seed)])

    def over(first: int, second: int) -> Floats:
        right, pairs = np.zeros(len(weights)), np.zeros(len(weights))
        for m in np.unique(model):
            chosen = ((group == first) | (group == second)) & (model == m)
            if chosen.any():
                more = weighted_pairs((group[chosen] == first).astype(np.float64), fit[chosen], weights[:, chosen])
                right, pairs = right + more[0], pairs + more[1]
        return np.where(pairs > 0, right / np.where(pairs > 0, pairs, 1), np.nan)

    best_over_rivals, best_over_others, rivals_over_others = over(0, 1), over(0, 2), over(1, 2)
    lead = best_over_others - 0.5
    way = np.where(lead > 0, (best_over_others - best_over_rivals) / np.where(lead > 0, lead, 1.0), np.nan)
    low, high = interval(way[1:])
    numbers |= {
        "best_over_competitor": [float(best_over_rivals[0]), *interval(best_over_rivals[1:])],
        "best_over_other": [float(best_over_others[0]), *interval(best_over_others[1:])],
        "competitor_over_other": [float(rivals_over_others[0]), *interval(rivals_over_others[1:])],
        "way": [float(way[0]) if np.isfinite(way[0]) else None, low, high],
    }
    least = numbers["best_over_other"][1]
    if least is None or least <= 0.5 or low is None or high is None:
        return Likeness("cannot tell", "the fit of best customers is not told from that of lost deals", numbers)
    said = (
        f"a best customer has the better fit in {100 * best_over_rivals[0]:.0f} of 100 pairs with a deal lost to a competitor, and in "
        f"{100 * best_over_others[0]:.0f} of 100 with a deal lost otherwise"
    )
    if low > 0.5:
        return Likeness("yes", f"yes: {said}. {YES}", numbers)
    if high < 0.5:
        return Likeness("no", f"no: {said}. {NO}", numbers)
    times = (max(high - way[0], way[0] - low) / max(abs(way[0] - 0.5), 1e-9)) ** 2
    if times > MOST_TIMES:
        more = "they stand about half-way between the two, and many more deals would be needed"
    else:
        smaller = min(sizes[0], sizes[1])
        needed = max(1, math.ceil(smaller * (times - 1)))
        numbers["needed"] = needed
        more = f"about {counted(needed, 'more deal')} of the smaller group, of which there are {smaller}, would be needed"
    return Likeness("cannot tell", f"cannot tell: {said}; {more}", numbers)
