"""Who is best, who left and who was lost, by what is known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from icpfit.criteria import groups_of


def world(made: SimpleNamespace, fit: bool = True, cohort: bool = True) -> tuple[dict, pd.DataFrame]:
    """Of 200 deals 100 are won: 30 of best fit, 30 of the best cohort, 20 gone, 20 neither."""
    label = np.repeat([1, 0], 100)
    win = made.training(label, [made.spec("size")], {"size": np.arange(200.0)})
    fits = np.repeat(["best fit", "good fit", "left", "stretch deal"], [30, 30, 20, 20])
    cohorts = np.repeat(["average", "best", "problem", "too young"], [30, 30, 20, 20])
    customers = pd.DataFrame({"deal_id": win.frame["deal_id"][:100], "fit": fits if fit else "", "cohort": cohorts if cohort else ""})
    keep = made.training(np.repeat([1, 0], [60, 40]), [made.spec("size")], {"size": np.arange(100.0)}, outcome="retention")
    return {"win": win, "retention": keep}, customers


def test_the_best_are_of_best_fit_where_that_is_told_else_what_is(made: SimpleNamespace) -> None:
    training, customers = world(made)
    groups = groups_of(training, customers)
    assert groups.best_is == "best fit"
    assert np.flatnonzero(groups.best).tolist() == list(range(30))
    assert groups.left[60:100].all(), "gone, a problem, or not kept"
    assert groups.lost.sum() == 100
    assert groups_of(training, world(made, fit=False)[1]).best_is == "best cohort"
    assert groups_of(training, world(made, fit=False, cohort=False)[1]).best_is == "won and kept"
    alone = groups_of({"win": training["win"]}, None)
    assert (alone.best_is, alone.best.sum(), alone.left.sum()) == ("won", 100, 0)


def test_too_few_of_best_fit_are_not_the_best(made: SimpleNamespace) -> None:
    training, customers = world(made)
    few = customers.assign(fit=np.where(np.arange(100) < 19, "best fit", "good fit"))
    assert groups_of(training, few).best_is == "best cohort"


def test_where_staying_is_all_that_is_known(made: SimpleNamespace) -> None:
    training, _ = world(made)
    groups = groups_of({"retention": training["retention"]}, None)
    assert (groups.best_is, groups.best.sum(), groups.left.sum(), groups.lost.sum()) == ("stayed", 60, 40, 0)
    assert set(groups.against()) == {"left"}


def test_nobody_is_of_two_groups(made: SimpleNamespace) -> None:
    training, customers = world(made)
    groups = groups_of(training, customers)
    from dataclasses import replace

    with pytest.raises(ValueError, match="has left, or was lost"):
        replace(groups, lost=groups.lost | groups.best)
