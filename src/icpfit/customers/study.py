"""All that is asked of customers and losses, for one run: plain values for the metrics, and the lists that people work from."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Config, FeatureSpec, Outcome
from icpfit.customers.cohorts import Cohorts, place
from icpfit.customers.differences import compare_groups
from icpfit.customers.expansion import expanded, weigh_expansion
from icpfit.customers.fit import Fit, fit_of
from icpfit.customers.lifetime import Worth, weigh
from icpfit.customers.lives import Lives, read_lives
from icpfit.customers.lookalike import compare_fit
from icpfit.customers.losses import Losses, sort_losses
from icpfit.customers.profiles import FAST, SLOW, describe, find_profiles
from icpfit.features.build import build_features
from icpfit.models.results import OutcomeResult
from icpfit.moments import DAY, to_datetime
from icpfit.outcomes import DealBook
from icpfit.outcomes.retention import Customers
from icpfit.sources.warehouse import Warehouse
from icpfit.training_set import TrainingSet
from icpfit.training_set.build import read_book

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

USUAL_BELOW = 0.4
"""of deals that do not fit, where the configuration does not say tier D's share and there is no card to ask"""
RE_ENGAGE_FILE = "re-engage.csv"
CUSTOMERS_FILE = "customers.csv"


@dataclass(frozen=True)
class Study:
    """``report``: plain JSON values, the key ``customers`` of a run. ``lists``: CSV files by name, only those that hold a row.

    ``customers``: one row per customer, ``deal_id``, ``first_arr``, ``growth`` (ARR at the retention horizon over the first, 0 who is
    gone, NaN before it has passed), ``fit`` ("" where LTV cannot be told) and ``cohort``.
    """

    report: dict[str, Any]
    lists: Mapping[str, str] = field(default_factory=dict)
    customers: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class _Told:
    """The rows of a training set, by deal, with the attributes that nobody refused."""

    training: TrainingSet
    specs: tuple[FeatureSpec, ...]
    place: pd.Series

    @classmethod
    def of(cls, training: TrainingSet, results: Mapping[Outcome, OutcomeResult]) -> _Told:
        refused = {r.attribute for one in results.values() for r in one.refused}
        specs = tuple(s for s in training.specs if s.name not in refused)
        return cls(training, specs, pd.Series(np.arange(len(training.frame)), index=training.frame["deal_id"].to_numpy(object)))

    def rows(self, deal_id: npt.NDArray[np.object_]) -> Bools:
        out = np.zeros(len(self.training.frame), dtype=bool)
        found = self.place.reindex(deal_id).dropna().to_numpy(np.int64)
        out[found] = True
        return out

    def compared(self, first: npt.NDArray[np.object_], second: npt.NDArray[np.object_]) -> dict[str, Any]:
        """What tells the first deals from the second, within years."""
        years = np.array([to_datetime(p).year for p in self.training.position.tolist()], dtype=np.int64)
        accounts = self.training.frame["account_id"].to_numpy(object)
        return compare_groups(self.training.features, self.specs, accounts, self.rows(first), self.rows(second), years).report()


def study_customers(
    warehouse: Warehouse,
    config: Config,
    training: Mapping[Outcome, TrainingSet],
    results: Mapping[Outcome, OutcomeResult],
    as_of: int,
) -> Study:
    """Lifetime and LTV, expansion, cohorts, profiles, losses, and whether accounts lost to competitors look like the best customers.

    All as known at ``as_of`` (microseconds); ``training`` and ``results`` are those of the same run. A table that the company does not have
    takes away what rests on it, and the report says so.
    """

    def optional(table: str) -> pd.DataFrame | None:
        return warehouse.frame(table) if warehouse.has(table) else None

    book, customers, deals = read_book(warehouse, config)
    subscriptions, health, accounts = optional("subscriptions"), optional("customer_health"), warehouse.frame("accounts")
    seed, win = config.training.seed, _Told.of(training["win"], results)
    sizes = _sizes(warehouse, config, book)
    lives = read_lives(customers, deals, as_of, sizes=sizes, subscriptions=subscriptions, health=health)
    below = config.scorecard.tiers[-1].share
    fit = fit_of(training, results, USUAL_BELOW if below is None else below, seed)
    losses = sort_losses(book, deals, as_of, fit, subscriptions=subscriptions, accounts=accounts)
    cohorts = place(lives)
    worth = weigh(lives, seed)
    report: dict[str, Any] = {
        "customers": {"told": len(lives), "left_out": dict(lives.left_out), "table": subscriptions is not None},
        "lifetime": worth.report if isinstance(worth, Worth) else worth,
        "expansion": _expansion(lives, training, results, seed),
        "cohorts": _cohorts(lives, cohorts, training, results),
        "profiles": _profiles(book, customers, lives, win, as_of, seed),
        "losses": losses.report,
        "lookalike": _lookalike(lives, cohorts, losses, fit, win, seed),
    }
    lists = {RE_ENGAGE_FILE: _csv(losses.re_engage)}
    if isinstance(worth, Worth):
        lists[CUSTOMERS_FILE] = _csv(_customer_list(lives, worth, cohorts))
    told = _told_customers(lives, worth if isinstance(worth, Worth) else None, cohorts)
    return Study(report, {name: text for name, text in lists.items() if text.count("\n") > 1}, told)


def _sizes(warehouse: Warehouse, config: Config, book: DealBook) -> Floats | None:
    """Headcount of each won deal's account at the deal's own moment, one per deal; None where the company keeps none."""
    own = next((s for s in config.features if s.column == "employee_count" and s.aggregate == "value" and s.kind == "number"), None)
    if own is None and "employee_count" not in warehouse.columns["accounts"]:
        return None
    spec = own or FeatureSpec(
        name="employees",
        label="Employees",
        layer="firmographic",
        table="accounts",
        aggregate="value",
        column="employee_count",
        history=warehouse.has("account_history"),
    )
    won = np.flatnonzero(book.stage_won & book.new_logo)
    moments = pd.DataFrame({"account_id": book.account_id[won], "as_of": book.as_of[won]})
    out = np.full(len(book), np.nan)
    out[won] = build_features(warehouse, (spec.model_copy(update={"hidden": False}),), moments)[spec.name].to_numpy(np.float64)
    return out


def _expansion(
    lives: Lives, training: Mapping[Outcome, TrainingSet], results: Mapping[Outcome, OutcomeResult], seed: int
) -> dict[str, Any]:
    report = weigh_expansion(lives, seed)
    keep = training.get("retention")
    if keep is None or not report["can_tell"]:
        return report
    grew, deals = expanded(lives), lives.texts("deal_id")
    return report | {"goes_with": _Told.of(keep, results).compared(deals[grew == 1], deals[grew == 0])}


def _cohorts(
    lives: Lives, cohorts: Cohorts, training: Mapping[Outcome, TrainingSet], results: Mapping[Outcome, OutcomeResult]
) -> dict[str, Any]:
    keep, deals = training.get("retention"), lives.texts("deal_id")
    if keep is None or not len(cohorts.row):
        return cohorts.report
    told = _Told.of(keep, results).compared(deals[cohorts.of("best")], deals[cohorts.of("problem")])
    return cohorts.report | {"best_from_problem": told}


def _profiles(book: DealBook, customers: Customers, lives: Lives, win: _Told, as_of: int, seed: int) -> dict[str, Any]:
    """Value is the first ARR where the company has subscriptions, else the deal's amount: the two are never mixed."""
    state = book.at(as_of)
    won = np.flatnonzero(state.population & state.won & ~book.bought)
    won = won[np.lexsort((book.deal_id[won].astype(str), book.created[won]))]
    by_arr = bool(len(lives))
    value = (customers.first_arr(as_of) if by_arr else book.amount)[won]
    cycle = (book.closed[won] - book.created[won]) / DAY
    found = find_profiles(value, cycle, seed)
    report: dict[str, Any] = {
        "found": 2 if found.slow is not None else 1 if found.p_value is not None else None,
        "words": found.words,
        "p_value": found.p_value,
        "deals": found.deals,
        "value_is": "first ARR" if by_arr else "amount",
    }
    if found.slow is None:
        return report
    by_row = lives.table.set_index("row").reindex(won)
    first, horizon = by_row["first_arr"].to_numpy(np.float64), by_row["horizon_arr"].to_numpy(np.float64)
    retained = np.where(np.isnan(horizon), np.nan, ((horizon > 0) & (horizon >= first * (1 - 1e-9))).astype(np.float64))
    told = np.isfinite(value) & (value > 0) & np.isfinite(cycle)
    sides = {FAST: told & ~found.slow, SLOW: told & found.slow}
    profiles = {name: describe(inside, value, cycle, retained, first, horizon) for name, inside in sides.items()}
    whole_value, whole = sum(p["value_share"] for p in profiles.values()), sum(p["deals"] for p in profiles.values())
    for p in profiles.values():
        p |= {"value_share": p["value_share"] / whole_value, "deal_share": p["deals"] / whole}
    apart = win.compared(*(book.deal_id[won[inside]] for inside in sides.values()))
    return report | {"profiles": profiles, "told_apart_by": apart}


def _lookalike(lives: Lives, cohorts: Cohorts, losses: Losses, fit: Fit | None, win: _Told, seed: int) -> dict[str, Any]:
    rivals, others = losses.of(competitor=True), losses.of(competitor=False)
    best = lives.texts("deal_id")[cohorts.of("best")]
    if fit is None:
        return {"answer": "cannot tell", "words": "cannot tell: no model of winning says how well a lost deal fits"}
    group: pd.Series = pd.Series({deal: g for g, deals in enumerate((best, rivals, others)) for deal in deals}, dtype=np.int64)
    told = fit.table.assign(group=group.reindex(fit.table["deal_id"]).to_numpy(np.float64)).dropna(subset=["group"])
    answer = compare_fit(
        told["fit"].to_numpy(np.float64),
        told["group"].to_numpy(np.int64),
        pd.factorize(told["model"])[0].astype(np.int64),
        told["account_id"].to_numpy(object),
        seed,
    )
    return answer.report() | {
        "joint": fit.joint,
        "best_from_competitor": win.compared(best, rivals),
        "competitor_from_other": win.compared(rivals, others),
    }


def _told_customers(lives: Lives, worth: Worth | None, cohorts: Cohorts) -> pd.DataFrame:
    first = lives.numbers("first_arr")
    return pd.DataFrame(
        {
            "deal_id": lives.texts("deal_id"),
            "first_arr": first,
            "growth": lives.numbers("horizon_arr") / first,
            "fit": worth.fit if worth is not None else np.full(len(lives), "", dtype=object),
            "cohort": _cohort_of(lives, cohorts),
        }
    ).astype({"deal_id": object, "fit": object, "cohort": object})


def _cohort_of(lives: Lives, cohorts: Cohorts) -> npt.NDArray[np.object_]:
    cohort = np.full(len(lives), "too young", dtype=object)
    cohort[cohorts.row] = cohorts.cohort
    return cohort


def _customer_list(lives: Lives, worth: Worth, cohorts: Cohorts) -> pd.DataFrame:
    """One line per customer, the most valuable first."""
    cohort = _cohort_of(lives, cohorts)
    grew = expanded(lives)
    out = pd.DataFrame(
        {
            "deal_id": lives.texts("deal_id"),
            "account_id": lives.texts("account_id"),
            "arr_now": np.round(lives.numbers("arr_now"), 2),
            "months": np.round(lives.numbers("months"), 1),
            "lifetime_months": np.round(worth.months, 1),
            "ltv": np.round(worth.ltv, 2),
            "ltv_low": np.round(worth.low, 2),
            "ltv_high": np.round(worth.high, 2),
            "fit": worth.fit,
            "cohort": cohort,
            "expanded": np.select([grew == 1, grew == 0], ["yes", "no"], ""),
        }
    )
    return out.sort_values(["ltv", "deal_id"], ascending=[False, True], kind="stable", ignore_index=True)


def _csv(frame: pd.DataFrame) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(frame.columns)
    shown = frame.astype(object).where(frame.notna(), "")
    writer.writerows(shown.itertuples(index=False, name=None))
    return text.getvalue()
