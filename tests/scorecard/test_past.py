"""Each tested row has the points and the tier of the card of its own fold, which knew neither it nor anything newer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from icpfit.config import Disqualifier, FeatureSpec, ScorecardSettings, TrainingSettings
from icpfit.models.calibration import Calibration
from icpfit.models.encoding import Encoding
from icpfit.models.fit import fit_outcome
from icpfit.models.results import FittedModel, FoldModel
from icpfit.moments import DAY
from icpfit.scorecard.build import build_scorecards
from icpfit.scorecard.drafted import draft_card, newest_rows
from icpfit.scorecard.material import Models
from icpfit.scorecard.past import past_rows
from icpfit.training_set import TrainingSet

Company = Any

SEATS = FeatureSpec.model_validate(
    {"name": "seats", "label": "Seats", "layer": "firmographic", "table": "accounts", "aggregate": "value", "why": "planted"}
)
BANNED = SEATS.model_copy(update={"name": "banned", "kind": "flag"})
QUARTERS = ScorecardSettings.model_validate(
    {"tiers": [{"name": name, "share": 0.25} for name in "ABCD"], "disqualifiers": [{"feature": "banned", "reason": "banned"}]}
)


def by_hand(company: Company) -> tuple[Any, pd.DataFrame]:
    """Two folds in time order. The first knows accounts of 0 to 3 seats, the second 2 to 5; more seats win more often, in both.

    Each learns from 100 deals of each size and is tested on one deal of each size from 0 to 5, the last two banned.
    """
    sizes = [np.tile(np.arange(low, low + 4), 100) for low in (0, 2)]
    tested = np.arange(6)
    seats = np.concatenate([sizes[0], tested, sizes[1], tested]).astype(float)
    turn = np.arange(len(seats)) // 4 % 20
    label = (turn < 3 * seats + 2).astype(np.int8)
    banned = np.zeros(len(seats))
    frame = pd.DataFrame({"deal_id": [f"D{i:03}" for i in range(len(seats))], "account_id": [f"A{i:03}" for i in range(len(seats))]})
    first, second = np.arange(400, 406), np.arange(806, 812)
    banned[[*first[4:], *second[4:]]] = 1.0
    frame = frame.assign(as_of=pd.NaT, cohort="all", label=label, seats=seats, banned=banned)
    frame["as_of"] = frame["as_of"].astype("datetime64[us]")
    training = TrainingSet(
        "win",
        frame,
        (SEATS, BANNED),
        np.arange(len(frame)),
        lambda _: label.astype(float),
        np.full(len(frame), np.nan),
        "ordered",
        len(frame),
        {},
        pd.DataFrame(),
        "f",
    )

    def fold(name: str, train: np.ndarray, test: np.ndarray) -> FoldModel:
        encoding = Encoding(("seats",), {})
        fitting = {"objective": "binary", "num_leaves": 2, "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1}
        booster = lgb.train(fitting, lgb.Dataset(encoding.apply(frame.iloc[train]), label[train]), 100)
        model = FittedModel("win", booster.model_to_string(), encoding, Calibration(0.0, 1.0, (), (), (), ()), {}, 0.5)
        return FoldModel(name, train, label[train].astype(float), test, model, model.probability(frame.iloc[test]))

    folds = (fold("first", np.arange(400), first), fold("second", np.arange(406, 806), second))
    result = replace(company.result, model=folds[-1].model, backtest=replace(company.result.backtest, folds=folds))
    return (training, result), frame


def test_the_same_account_has_the_tier_of_its_own_time(win: Company) -> None:
    taught, frame = by_hand(win)
    past = past_rows(taught, None, QUARTERS, seed=7)
    assert past.row.tolist() == [*range(400, 406), *range(806, 812)]
    assert past.period.tolist() == ["first"] * 6 + ["second"] * 6
    assert frame["seats"].to_numpy()[past.row].tolist() == [0, 1, 2, 3, 4, 5] * 2
    # A quarter of each fold's own accounts has each size. The last two would be A, were they not banned.
    assert "".join(past.tier) == "DCBADD" + "DDDCDD"
    free = past_rows(taught, None, QUARTERS.model_copy(update={"disqualifiers": ()}), seed=7)
    assert "".join(free.tier) == "DCBAAA" + "DDDCBA"
    assert free.points.tolist() == past.points.tolist()
    assert past.points[[0, 3, 8, 11]].tolist() == [0, 100, 0, 100]


def test_a_fold_that_knew_all_rows_would_draw_the_lines_of_the_final_card(win: Company) -> None:
    """One rule for the edges: the card of today, read as if it were a fold's, gives the tiers that it gives."""
    rule = Disqualifier(feature="noise", at_least=2.0, reason="too noisy")
    settings = ScorecardSettings(disqualifiers=(rule,))
    training, result = win.taught
    everything = np.arange(len(training.frame))
    labels = training.label.astype(float)
    today = FoldModel("today", everything, labels, everything, result.model, result.model.probability(training.features))
    past = past_rows((training, replace(result, backtest=replace(result.backtest, folds=(today,)))), None, settings, seed=7)
    scored = build_scorecards(win.taught, None, settings, seed=7)["win"].score(training.features)
    assert past.points.tolist() == scored["points"].tolist()
    assert past.tier.tolist() == scored["tier"].tolist()
    assert set(past.tier) == set("ABCD")
    assert past.out.tolist() == (scored["disqualified"] != "").tolist()
    card = build_scorecards(win.taught, None, settings, seed=7)["win"]
    assert set(past.parts) == {a.name for a in card.attributes} | {f"both: {r.label}" for r in card.rules}
    for layer in ("firmographic", "technographic", "behavioral", "intent"):
        asked = [past.parts[a.name] for a in card.attributes if a.layer == layer]
        rules = [past.parts[f"both: {r.label}"] for r in card.rules if r.layer == layer]
        np.testing.assert_array_equal(np.sum([*asked, *rules, np.zeros(len(everything))], axis=0), scored[f"points_{layer}"])


def test_what_became_of_the_newest_quarter_does_not_change_its_own_tiers(make_company: Callable[..., Company], keep: Company) -> None:
    """All is learned anew with every fourth outcome of the newest quarter turned around; older quarters' rows are as before too."""
    company = make_company(n=1200, seed=3)
    settings = TrainingSettings(trials=1, permutations=199, bootstrap=50, test_quarters=4)

    def learned(label: np.ndarray) -> tuple[Any, Any]:
        data = company.training
        known = data.position + 30 * DAY
        data = replace(
            data, frame=data.frame.assign(label=label.astype(np.int8)), labels_at=lambda p: np.where(known < p, label.astype(float), np.nan)
        )
        return data, fit_outcome(data, settings, threads=1)

    label = company.training.label
    newest = (company.training.frame["cohort"] == company.training.frame["cohort"].max()).to_numpy()
    as_it_was, turned = learned(label), learned(np.where(newest & (np.arange(len(label)) % 4 == 0), 1 - label, label))
    assert turned[1].model.calibration != as_it_was[1].model.calibration, "today's model has learned from them"
    for keeper in (None, keep.taught):
        then, now = (past_rows(one, keeper, ScorecardSettings(), seed=7) for one in (as_it_was, turned))
        assert newest[then.row].any()
        for name in ("row", "period", "points", "tier"):
            np.testing.assert_array_equal(getattr(then, name), getattr(now, name))


def test_lines_are_drawn_by_the_newest_year_only_where_it_holds_enough_rows(win: Company) -> None:
    training, _ = win.taught

    def drawn(new: int) -> np.ndarray:
        """Of 400 rows of two years ago and ``new`` ones of the last day and the day a year before it."""
        position = np.repeat(np.array([0, 366, 731]) * DAY, [400, 1, new])
        frame = training.frame.iloc[np.zeros(len(position), dtype=int)].reset_index(drop=True)
        dated = replace(
            training, frame=frame, position=position, amount=np.full(len(position), np.nan), timing="dated", considered=len(position)
        )
        return newest_rows(dated, np.arange(len(position)))

    assert drawn(300).tolist() == list(range(401, 701)), "a day that is a whole year back is of the year before"
    assert len(drawn(299)) == 700


def test_with_no_fold_nothing_is_read(win: Company) -> None:
    training, result = win.taught
    past = past_rows((training, replace(result, backtest=replace(result.backtest, folds=()))), None, ScorecardSettings(), seed=7)
    assert len(past.row) == len(past.tier) == 0
    assert not past.foresight


def test_a_past_that_does_not_fit_together_cannot_be_made(win: Company) -> None:
    past = past_rows(win.taught, None, ScorecardSettings(), seed=7)
    with pytest.raises(ValueError, match="points and a tier"):
        replace(past, tier=past.tier[1:])
    with pytest.raises(ValueError, match="must sum to them"):
        replace(past, points=past.points + 1)


def test_tiers_by_chance_begin_in_the_past_about_where_they_begin_today(win: Company) -> None:
    """The cards of the past promise what the card promises, by their own models."""
    tiers = [{"name": "A", "expected": 0.6}, {"name": "B", "expected": 0.4}, {"name": "C", "expected": 0.2}, {"name": "D"}]
    settings = ScorecardSettings.model_validate({"tiers": tiers})
    today = build_scorecards(win.taught, None, settings, seed=7)["win"]
    training, result = win.taught
    drafted = draft_card(training, np.arange(len(training.frame)), Models(result.model, None), settings, 7)
    assert drafted is not None
    for then, now in zip(drafted.edges[:3], today.tiers[:3], strict=True):
        assert abs(then - now.from_points) <= 8
