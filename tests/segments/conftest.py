"""Companies whose segments are known: nothing differs, or what is planted does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from icpfit.segments.deals import SegmentDeals
from icpfit.segments.traits import IN_USE, NOT_SEEN, Trait

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

TRAITS = {"region": 3, "industry": 6, "size": 5, "product": 2}


def trait(name: str, values: Texts, *, flag: bool = False) -> Trait:
    known = [v for v in values if v is not None]
    shown = (IN_USE,) if flag else tuple(sorted(set(known), key=lambda v: (-known.count(v), v)))
    return Trait(name, name.capitalize(), values, shown, flag=flag)


def company(
    n: int = 1_200,
    seed: int = 0,
    *,
    win: Callable[[dict[str, Texts]], Floats] | None = None,
    keep: Callable[[dict[str, Texts]], Floats] | None = None,
    pay: Callable[[dict[str, Texts]], Floats] | None = None,
    per_account: float = 1.2,
    alike: float = 0.0,
    win_rate: float = 0.25,
) -> SegmentDeals:
    """``n`` deals of accounts with four traits and a tool. ``win``, ``keep``: what is added to the log-odds, ``pay``: to the logarithm
    of the value, by the traits' values. ``alike``: spread of an account's own log-odds."""
    rng = np.random.default_rng(seed)
    accounts = max(2, int(n / per_account))
    of = rng.integers(0, accounts, n)
    values: dict[str, Texts] = {}
    for name, k in TRAITS.items():
        drawn = np.array([f"{name} {i}" for i in rng.choice(k, accounts, p=rng.dirichlet(np.full(k, 3.0)))], dtype=object)
        values[name] = np.where(rng.random(accounts) < 0.04, None, drawn)[of].astype(object)
    values["crm"] = np.where(rng.random(accounts) < 0.4, IN_USE, NOT_SEEN)[of].astype(object)
    own = alike * rng.normal(size=accounts)[of]

    def odds(rate: float, effect: Callable[[dict[str, Texts]], Floats] | None) -> Floats:
        return 1 / (1 + np.exp(-(np.log(rate / (1 - rate)) + own + (effect(values) if effect else 0.0))))

    won = (rng.random(n) < odds(win_rate, win)).astype(np.float64)
    period = np.sort(rng.integers(0, 12, n))
    value = np.exp(rng.normal(9.5, 0.8, n) + (pay(values) if pay else 0.0))
    retained = (rng.random(n) < odds(0.7, keep)).astype(np.float64)
    return SegmentDeals(
        traits=tuple(trait(name, v, flag=name == "crm") for name, v in values.items()),
        account=np.array([f"a{i}" for i in of], dtype=object),
        period=period,
        won=won,
        value=np.where(won == 1, value, np.nan),
        cycle=np.where(won == 1, np.round(rng.gamma(2.0, 25.0, n)), np.nan),
        retained=np.where((won == 1) & (period < 9), retained, np.nan),
    )


def are(values: Texts, wanted: str) -> Floats:
    """1.0 where the value is the wanted one."""
    return np.array([float(v == wanted) for v in values])


def reorder(deals: SegmentDeals, order: Sequence[int], rename: Callable[[str], str] = str) -> SegmentDeals:
    """The same deals in another order, under other account ids."""
    from dataclasses import replace

    at = np.asarray(order)
    return SegmentDeals(
        traits=tuple(replace(t, values=t.values[at]) for t in deals.traits),
        account=np.array([rename(a) for a in deals.account[at]], dtype=object),
        period=deals.period[at],
        won=deals.won[at],
        value=deals.value[at],
        cycle=deals.cycle[at],
        retained=deals.retained[at],
    )


@pytest.fixture(scope="session")
def make_company() -> Callable[..., SegmentDeals]:
    return company


@pytest.fixture(scope="session")
def one_if() -> Callable[[Texts, str], Floats]:
    return are


@pytest.fixture(scope="session")
def in_other_order() -> Callable[..., SegmentDeals]:
    return reorder


@pytest.fixture(scope="session")
def make_trait() -> Callable[..., Any]:
    return trait
