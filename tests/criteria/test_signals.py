"""Must-haves and strong signals: a planted one is found, by its right edges; what is not there is never named."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.criteria import Groups, find_signals, groups_of
from icpfit.scorecard.card import Attribute, Scorecard

N_BEST, N_LEFT, N_LOST = 200, 150, 800


def company(made: SimpleNamespace, seed: int, has: dict[str, tuple[float, float, float]]) -> tuple[Groups, pd.DataFrame]:
    """Best customers, customers who left, lost deals; each flag of ``has`` holds for such a share of the three. ``size`` lies between 50
    and 499 for the shares of ``size``, and else evenly below and above; ``noise`` is a number of its own."""
    rng = np.random.default_rng(seed)
    kind = rng.permutation(np.repeat([0, 1, 2], [N_BEST, N_LEFT, N_LOST]))
    flags = {name: (rng.random(len(kind)) < np.array(shares)[kind]).astype(float) for name, shares in has.items()}
    inside = flags.pop("size", np.ones(len(kind)))
    size = np.where(inside == 1, rng.integers(50, 500, len(kind)), np.where(rng.random(len(kind)) < 0.5, 20, 900)).astype(float)
    columns: dict[str, Any] = {**flags, "size": size, "noise": rng.random(len(kind)), "idle": np.zeros(len(kind))}
    specs = [made.spec(n, "flag" if n in flags else "number") for n in columns]
    data = made.training((kind < 2).astype(int), specs, columns)
    fits = pd.DataFrame({"deal_id": data.frame["deal_id"], "fit": np.array(["best fit", "left", ""])[kind], "cohort": ""})
    return groups_of({"win": data}, fits[kind < 2]), data.frame


def flag(made: SimpleNamespace, name: str, points: int) -> Attribute:
    return made.attribute(name, [made.cell("no", 0, high=0.5), made.cell("yes", points, low=0.5)], "flag")


def size_line(made: SimpleNamespace) -> Attribute:
    cells = (("under 50", 0, None, 50.0), ("50 to 199", 20, 50.0, 200.0), ("200 to 499", 15, 200.0, 500.0), ("500 or more", 5, 500.0, None))
    return made.attribute("size", [made.cell(label, p, low=low, high=high) for label, p, low, high in cells])


def noise_line(made: SimpleNamespace) -> Attribute:
    return made.attribute("noise", [made.cell("under 0.3", 0, high=0.3), made.cell("0.3 or more", 6, low=0.3)])


def whole(made: SimpleNamespace) -> Scorecard:
    return made.card(flag(made, "must", 12), flag(made, "strong", 10), flag(made, "both", 8), size_line(made), noise_line(made))


PLANTED = {
    "must": (0.95, 0.2, 0.2),
    "strong": (0.6, 0.3, 0.2),
    "both": (0.95, 0.9, 0.2),
    "size": (0.93, 0.3, 0.35),
}


def test_what_nearly_all_of_the_best_have_and_most_others_lack_is_a_must_have(made: SimpleNamespace) -> None:
    groups, _ = company(made, 1, PLANTED)
    found = find_signals(whole(made), groups)
    assert {s.condition.feature for s in found.primary} == {"must", "size"}
    size = next(s for s in found.primary if s.condition.feature == "size")
    assert (size.condition.low, size.condition.high) == (50.0, 500.0), "two neighbouring lines become one range"
    assert size.condition.words == "Size: 50 to 499"
    assert found.nearest is None
    named = [s.condition.feature for s in found.secondary]
    assert {"strong", "both"} == set(named), "those who left have what is in both: no must-have, but deals are won by it"
    assert "noise" not in named


def test_counts_are_those_of_the_rows(made: SimpleNamespace) -> None:
    groups, frame = company(made, 1, PLANTED)
    must = next(s for s in find_signals(whole(made), groups).primary if s.condition.feature == "must")
    has = frame["must"].to_numpy() == 1
    assert must.has["best"].hits == int(has[groups.best].sum())
    assert must.has["best"].rows == N_BEST
    assert must.has["lost"].share == pytest.approx(has[groups.lost].mean())
    assert must.won.share == pytest.approx(groups.good[has].mean())
    assert must.otherwise.share == pytest.approx(groups.good[~has].mean())
    assert must.points == 12


def test_what_is_not_known_counts_for_neither_side(made: SimpleNamespace) -> None:
    """Half of the best customers are not known to have it: that is no reason against it."""
    groups, frame = company(made, 2, PLANTED)
    blind = frame["must"].where(~(groups.best & (np.arange(len(frame)) % 2 == 0)))
    data = replace(groups.training, frame=frame.assign(must=blind))
    found = find_signals(whole(made), replace(groups, training=data))
    must = next(s for s in found.primary if s.condition.feature == "must")
    assert must.has["best"].rows < 0.6 * N_BEST


def test_where_nothing_is_a_must_have_the_nearest_is_named_and_none_is_made_up(made: SimpleNamespace) -> None:
    groups, _ = company(made, 3, {**PLANTED, "must": (0.7, 0.3, 0.2), "size": (0.9, 0.85, 0.8)})
    found = find_signals(whole(made), groups)
    assert found.primary == ()
    assert found.nearest is not None
    assert found.nearest.condition.feature == "must"


@pytest.mark.parametrize("side", [1, 2])
def test_what_either_group_has_is_no_must_have(made: SimpleNamespace, side: int) -> None:
    shares = [0.95, 0.2, 0.2]
    shares[side] = 0.6
    groups, _ = company(made, 4, {**PLANTED, "must": (shares[0], shares[1], shares[2])})
    assert "must" not in {s.condition.feature for s in find_signals(whole(made), groups).primary}


def test_chance_names_hardly_anything(made: SimpleNamespace) -> None:
    """Of forty companies without a pattern, as many as a rate of one in twenty allows have one named, and none has a must-have."""
    flat = {name: (share, share, share) for name, share in (("must", 0.5), ("strong", 0.3), ("both", 0.8), ("size", 0.6))}
    named = 0
    for seed in range(40):
        groups, _ = company(made, 100 + seed, flat)
        found = find_signals(whole(made), groups)
        assert found.primary == ()
        named += bool(found.secondary)
    assert named <= 5


def test_the_order_and_the_names_of_rows_change_nothing(made: SimpleNamespace) -> None:
    groups, frame = company(made, 5, PLANTED)
    order = np.random.default_rng(0).permutation(len(frame))
    data = replace(groups.training, frame=frame.iloc[order].reset_index(drop=True), amount=groups.training.amount[order])
    parts = {n: getattr(groups, n)[order] for n in ("good", "best", "left", "lost")}
    mixed = replace(groups, training=data, counter=replace(groups.counter, account=groups.counter.account[order][::-1]), **parts)
    first, second = (find_signals(whole(made), g) for g in (groups, mixed))
    for name in ("primary", "secondary"):
        assert [s.values() for s in getattr(first, name)] == [s.values() for s in getattr(second, name)]


def test_too_few_of_the_best_cannot_tell(made: SimpleNamespace) -> None:
    groups, _ = company(made, 6, PLANTED)
    few = groups.best & (np.cumsum(groups.best) <= 19)
    found = find_signals(whole(made), replace(groups, best=few))
    assert not found.enough
    assert (found.primary, found.nearest) == ((), None)


def test_a_must_have_of_a_category_takes_the_texts_of_most_points_first(made: SimpleNamespace) -> None:
    rng = np.random.default_rng(7)
    n = 600
    best = np.arange(n) < 200
    text = np.where(best, rng.choice(["a", "b", "c"], n, p=[0.5, 0.45, 0.05]), rng.choice(["a", "b", "c", "d"], n, p=[0.1, 0.1, 0.4, 0.4]))
    specs = [made.spec("kind", "category"), made.spec("idle")]
    data = made.training(best.astype(int), specs, {"kind": text, "idle": np.zeros(n)})
    lines = [made.cell("a", 30, values=("a",)), made.cell("b", 20, values=("b",)), made.cell("any other", 0, other=True)]
    found = find_signals(made.card(made.attribute("kind", lines, "category")), groups_of({"win": data}, None))
    assert [s.condition.values for s in found.primary] == [("a", "b")]
    assert found.primary[0].condition.words == "Kind: a, b"
