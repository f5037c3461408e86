"""Many questions asked in one call, and how often chance alone would have answered any of them as surely: exact, by shared permutations.

Each draw of the same permutations answers every question, so that what goes together by chance counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from icpfit.segments.multiplicity import step_up

Floats = npt.NDArray[np.float64]

EQUAL = 1 + 1e-9
"""Two p-values of the same numbers added in another order are the same."""
ENOUGH = 10
"""draws that are as extreme: with fewer the limit distribution tells more of a single p-value"""


@dataclass(frozen=True)
class Answers:
    """``single``: q-values of the many (None where nothing was asked), in their order. ``parts``: those of the others by name.
    ``level``: the p-value at which a single one of the many, of weight 1, is an alarm at the call's alpha; ``critical``: the score from
    which each of the others would be (minus infinity where none would)."""

    single: tuple[float, ...]
    parts: Mapping[str, float]
    level: float
    critical: Mapping[str, float]


def answer(many: Floats, weights: Floats, others: Mapping[str, Floats], shares: Mapping[str, float], alpha: float) -> Answers:
    """q-values for the call as a whole: the share of draws in which anything at all is as surprising.

    Args:
        many: (draws, questions) p-values; row 0 is what was observed, the rest are permutations of it.
        weights: of the questions, as in weighted Benjamini-Hochberg.
        others: (draws,) of any score of which small is surprising, by name.
        shares: of the error rate, by name; ``many`` is the first.

    Sources: Benjamini and Hochberg, 1995; Genovese, Roeder and Wasserman, 2006 (weights); Westfall and Young, 1993 (the joint
    permutation of the smallest p-value).

    >>> draws = np.linspace(1, 0.001, 1_000)[:, None]
    >>> found = answer(np.vstack([[0.01], draws]), np.ones(1), {}, {"many": 1.0}, 0.05)
    >>> f"{found.single[0]:.3f} {found.level:.3f}"
    '0.011 0.049'
    """
    first, *rest = shares
    ranked: dict[str, Floats] = {}
    smallest = np.zeros(0)
    if many.shape[1]:
        scaled = many / (weights / weights.mean())
        smallest = _simes(scaled)
        ranked[first] = ranks(smallest)
    ranked |= {name: ranks(others[name]) for name in rest if name in others}
    if not ranked:
        return Answers((), {}, 0.0, {})
    total = sum(shares[name] for name in ranked)
    share = {name: shares[name] / total for name in ranked}
    least = np.min([r / share[name] for name, r in ranked.items()], axis=0)
    ordered = np.sort(least)

    def in_all(rank: Floats | float, name: str) -> Floats:
        return np.asarray(np.searchsorted(ordered, np.asarray(rank) / share[name] * EQUAL, side="right") / len(ordered))

    single: tuple[float, ...] = ()
    level = 0.0
    if many.shape[1]:
        steps = np.sort(smallest)
        own = np.searchsorted(steps, step_up(scaled[0]) * EQUAL, side="right") / len(steps)
        single = tuple(float(q) for q in in_all(own, first))
        passing = steps[in_all(np.arange(1, len(steps) + 1) / len(steps), first) <= alpha]
        level = float(passing[-1]) / many.shape[1] if len(passing) else 0.0
    parts = {name: float(in_all(ranked[name][0], name)) for name in ranked if name != first}
    critical = {name: float(np.max(others[name][in_all(ranked[name], name) <= alpha], initial=-np.inf)) for name in parts}
    return Answers(single, parts, level, critical)


def ranks(score: Floats) -> Floats:
    """The share of draws whose score is at most as large: the permutation p-value of each, the observed one counted in."""
    return np.asarray(np.searchsorted(np.sort(score), score + np.abs(score) * (EQUAL - 1), side="right") / len(score))


def single_p(p_values: Floats) -> float:
    """The p-value of one question by itself: by the draws where enough of them are as extreme, else by its limit.

    >>> single_p(np.array([1e-9, 0.5, 0.7]))
    1e-09
    """
    as_extreme = int((p_values <= p_values[0] * EQUAL).sum())
    by_draws = as_extreme / len(p_values)
    return by_draws if as_extreme > ENOUGH else float(min(p_values[0], by_draws))


def _simes(p: Floats) -> Floats:
    """The smallest of the step-up q-values of each row. Simes, 1986."""
    return np.asarray((np.sort(p, axis=1) * (p.shape[1] / np.arange(1, p.shape[1] + 1))).min(axis=1))
