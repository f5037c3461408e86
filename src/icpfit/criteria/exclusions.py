"""Disqualifiers to consider: yes/no conditions whose deals are hardly ever won, or whose customers hardly ever stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icpfit.config import Disqualifier, FeatureSpec, Kind, Outcome
from icpfit.criteria.groups import Groups
from icpfit.criteria.shares import Bools, Counter, Floats, Share, Times, below, false_discoveries
from icpfit.models.folds import group_of
from icpfit.scorecard.condition import Condition
from icpfit.scorecard.disqualify import disqualified
from icpfit.scorecard.reading import as_numbers, as_texts
from icpfit.scorecard.wording import range_label
from icpfit.training_set import TrainingSet, account_keys

FAR = 2 / 3
"""Far below the rest: surely (in 95 of 100 repetitions) won, or kept, less than two thirds as often. What companies declare as
disqualifiers is about half as often; a bound at one half itself would take thousands of rows to show."""
MIN_ROWS = 30
"""that meet it, of as many accounts"""
MOST_ROWS = 1 / 3
"""of all rows whose value is known: what holds for more of them is the market, not an exception"""
ENDS = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30)
"""shares of the rows at the low and at the high end of a number, where it may be cut"""
LEVEL = 0.05
MOST_NAMED = 10
GROWING = ("recency_days", "days_since_first")
"""Without a window these look back to where the tables begin, and grow older by themselves: their high end is a time, not a kind."""


@dataclass(frozen=True)
class Exclusion:
    """``met``: the share won (or kept) of the rows that meet the condition; ``otherwise`` of the others whose value is known; ``times``
    the one over the other. ``older`` and ``newer``: the same ratio in the half that found it, and in the half that confirmed it.

    ``lost_wins`` and ``lost_value``: the won deals, or the customers who stayed, that it would have thrown away, and what they began
    with, as far as that is known. ``in_force``: what the company has declared takes all rows that meet it.
    ``today``: the feature is read as it is today, so it may have been written after the outcome.
    """

    outcome: Outcome
    spec: FeatureSpec
    condition: Condition
    met: Share
    otherwise: Share
    times: Times
    older: float
    newer: float
    lost_wins: int
    lost_value: float
    q_value: float
    in_force: bool
    today: bool = False

    @property
    def yaml(self) -> str:
        """One item of ``scorecard.disqualifiers``, a line for each key and each text."""
        import yaml

        c = self.condition
        asked: dict[str, Any] = {"is_one_of": list(c.values)} if c.values else {"at_least": _plain(c.low)}
        if c.high is not None:
            asked = {"below": _plain(c.high)}
        body = {"feature": c.feature, **asked, "reason": c.words}
        for style, as_it_is in ((None, True), ('"', False)):  # quoted and escaped, no text breaks its line
            text = str(
                yaml.safe_dump([body], default_flow_style=False, default_style=style, sort_keys=False, allow_unicode=as_it_is, width=10**6)
            )
            if text.replace("\n", "").isprintable() and text.count("\n") == len(body) + len(c.values):
                break
        return text.rstrip("\n")

    def values(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "feature": self.spec.name,
            "label": self.spec.label,
            "words": self.condition.words,
            "met": self.met.values(),
            "otherwise": self.otherwise.values(),
            "times": self.times.values(),
            "found_on_older": self.older,
            "confirmed_on_newer": self.newer,
            "lost_wins": self.lost_wins,
            "lost_value": round(self.lost_value, 2),
            "q_value": self.q_value,
            "in_force": self.in_force,
            "today": self.today,
            "yaml": self.yaml,
        }


@dataclass(frozen=True)
class Exclusions:
    """``found``, the surest first, each with rows of its own beside those before it. ``asked``: conditions tried; ``alike``: how many
    more passed whose rows are mostly those of one that is named."""

    found: tuple[Exclusion, ...]
    asked: int
    alike: int = 0


def find_exclusions(
    training: Mapping[Outcome, TrainingSet],
    refused: frozenset[str],
    declared: Sequence[Disqualifier],
    value: pd.Series,
    seed: int,
) -> Exclusions:
    """Conditions on any feature that nobody refused: a flag, an end of a number, a text, for winning and for staying.

    Sought on the older half of the rows and confirmed on the newer one (on halves of the accounts where there are no dates), luck
    counted over all that were sought out; and over all rows the condition must be ``FAR`` below the others, for ``MIN_ROWS`` or more
    that are no more than ``MOST_ROWS`` of them. Nothing of this is in force before somebody writes it into the configuration.

    Args:
        refused: features that may know an outcome.
        value: what each deal began with, by its id; deals without are counted, and add nothing.
    """
    passed: list[tuple[float, Exclusion, Bools, TrainingSet]] = []
    asked = 0
    for outcome, data in training.items():
        found, tried = _of(data, refused, value, declared, seed, outcome)
        passed, asked = passed + found, asked + tried
    passed.sort(key=lambda p: (p[0], p[1].spec.name, p[1].condition.words))
    named: list[Exclusion] = []
    out: dict[Outcome, Bools] = {o: np.zeros(len(t.frame), dtype=bool) for o, t in training.items()}
    for _, one, met, data in passed:
        own = met & ~out[one.outcome]
        counter = Counter(_accounts(data))
        good = data.label == 1
        rest = ~met & ~out[one.outcome]
        if counter.accounts(own) < MIN_ROWS or Times.of(counter.share(good, own), counter.share(good, rest)).times > FAR:
            continue  # a near-copy of what is named
        named.append(one)
        for o, t in training.items():
            out[o] |= one.condition.met(t.frame[one.spec.name])
    return Exclusions(tuple(named[:MOST_NAMED]), asked, len(passed) - len(named[:MOST_NAMED]))


def condition_of(rule: Disqualifier) -> Condition:
    """What a declared disqualifier asks; its words are the reason."""
    kind: Kind = "category" if rule.is_one_of else "number"
    return Condition(rule.feature, kind, rule.reason, low=rule.at_least, high=rule.below, values=rule.is_one_of)


def declared_evidence(rule: Disqualifier, groups: Groups) -> dict[str, Any]:
    """What became of the rows that a declared disqualifier takes out, beside the others; ``borne_out`` by the measure of those found."""
    condition = condition_of(rule)
    column = groups.training.frame[rule.feature]
    met = condition.met(column)
    rest = ~met & column.notna().to_numpy()
    share, others = groups.counter.share(groups.good, met), groups.counter.share(groups.good, rest)
    times = Times.of(share, others)
    fewest = min(share.accounts, others.accounts)
    told = {"feature": rule.feature, "words": rule.reason, "met": share.values(), "otherwise": others.values(), "accounts": share.accounts}
    if fewest < MIN_ROWS:
        return {**told, "times": None, "borne_out": None}
    return {**told, "times": times.values(), "borne_out": times.high <= FAR}


def _of(
    data: TrainingSet, refused: frozenset[str], value: pd.Series, declared: Sequence[Disqualifier], seed: int, outcome: Outcome
) -> tuple[list[tuple[float, Exclusion, Bools, TrainingSet]], int]:
    """What passes for one outcome, with the z by which it does, its rows, and the rows asked; and how many conditions were tried."""
    good, account = data.label == 1, _accounts(data)
    counter = Counter(account)
    worth = value.reindex(data.frame["deal_id"]).to_numpy(np.float64)
    older = _older(data, seed)
    _, taken = disqualified(declared, data.specs, data.frame, np.full(len(good), np.nan))
    sought: list[tuple[FeatureSpec, Condition, Bools, Bools, Times, Times]] = []
    tried = 0
    for spec in data.specs:
        if spec.name in refused:
            continue
        for condition, met, known in _candidates(spec, data.frame[spec.name]):
            if counter.accounts(met) < MIN_ROWS or met.sum() > MOST_ROWS * known.sum():
                continue
            tried += 1
            rest = known & ~met
            found, again = (Times.of(counter.share(good, met & h), counter.share(good, rest & h)) for h in (older, ~older))
            if below(found.z) <= LEVEL and found.times <= FAR:
                sought.append((spec, condition, met, rest, found, again))
    q_values = false_discoveries([below(again.z) for *_, again in sought])
    out: list[tuple[float, Exclusion, Bools, TrainingSet]] = []
    for (spec, condition, met, rest, found, again), q in zip(sought, q_values, strict=True):
        share, others = counter.share(good, met), counter.share(good, rest)
        times = Times.of(share, others)
        if q > LEVEL or times.high > FAR:
            continue
        lost, marks = float(np.nansum(worth[met & good])), (not (met & ~taken).any(), spec.name in data.current_state)
        one = Exclusion(outcome, spec, condition, share, others, times, found.times, again.times, share.hits, lost, q, *marks)
        out.append((times.z, one, met, data))
    return out, tried


def _accounts(data: TrainingSet) -> Any:
    return pd.factorize(account_keys(data.frame))[0].astype(np.int64)


def _older(data: TrainingSet, seed: int) -> Bools:
    """The rows of the older half, those of one moment together; of one half of the accounts where there is no time."""
    if data.timing == "none":
        return np.asarray(group_of(account_keys(data.frame), 2, seed, "exclusions") == 0)
    return np.asarray(data.position < np.median(data.position)) if len(data.position) else np.zeros(0, dtype=bool)


def _candidates(spec: FeatureSpec, column: pd.Series) -> Iterator[tuple[Condition, Bools, Bools]]:
    """Conditions on a feature, with the rows that meet each and those whose value is known; unknown meets none."""
    if spec.kind == "category":
        codes, texts = as_texts(column)
        counts = np.bincount(codes, minlength=len(texts))
        known = np.array([t is not None for t in texts])[codes]
        for text in sorted({t for t, n in zip(texts, counts, strict=True) if t is not None and n >= MIN_ROWS}):
            condition = Condition(spec.name, spec.kind, f"{spec.label}: {text}", values=(text,))
            yield condition, condition.met(column), known
        return
    numbers = as_numbers(column)
    known = ~np.isnan(numbers)
    if not known.any():
        return
    if spec.kind == "flag":
        yield Condition(spec.name, spec.kind, spec.label, low=1.0), known & (numbers >= 1), known
        yield Condition(spec.name, spec.kind, f"not: {spec.label}", high=1.0), known & (numbers < 1), known
        return
    whole = bool((numbers[known] == np.floor(numbers[known])).all())
    never_negative = whole and bool(numbers[known].min() >= 0)
    open_ended = spec.aggregate in GROWING and spec.window_days is None
    for low, cut in _cuts(numbers[known], whole):
        if open_ended and not low:
            continue
        words = range_label(None if low else cut, cut if low else None, spec, counts=never_negative, integers=whole)
        condition = Condition(spec.name, spec.kind, f"{spec.label}: {words}", low=None if low else cut, high=cut if low else None)
        yield condition, condition.met(column), known


def _cuts(known: Floats, whole: bool) -> list[tuple[bool, float]]:
    """(at the low end or not, the cut), rounded as people say numbers: two digits, and small whole numbers as they are.

    >>> _cuts(np.repeat([0.0, 1.0, 5.0], [40, 40, 20]), True)
    [(True, 1.0), (False, 1.0), (False, 5.0)]
    """
    finite = np.sort(known[np.isfinite(known)])
    if not len(finite):
        return []
    ends = [(True, float(c)) for c in np.quantile(finite, ENDS, method="higher")]
    ends += [(False, float(c)) for c in np.quantile(finite, [1 - e for e in ENDS], method="lower")]
    # At the low end a value that many rows share lies below the cut with them.
    above = [(low, _next(finite, c) if low else c) for low, c in ends]
    rounded = [(low, c if whole and abs(c) < 100 else float(f"{c:.2g}")) for low, c in above]
    return sorted({(low, c) for low, c in rounded if c > finite[0]}, key=lambda e: (not e[0], e[1]))


def _next(ordered: Floats, value: float) -> float:
    """The first of the rising values above ``value``, or the last."""
    return float(ordered[min(int(np.searchsorted(ordered, value, side="right")), len(ordered) - 1)])


def _plain(cut: float | None) -> float | int | None:
    return int(cut) if cut is not None and cut == int(cut) else cut


def value_of(groups: Groups, customers: pd.DataFrame | None) -> tuple[pd.Series, str]:
    """What each won deal began with, by its id, and what that is: the first ARR where there are customers, else the deal's amount."""
    if customers is not None and len(customers):
        return customers.drop_duplicates("deal_id").set_index("deal_id")["first_arr"].astype(np.float64), "ARR"
    frame = groups.training.frame
    return pd.Series(groups.training.amount, index=frame["deal_id"].to_numpy(object)).groupby(level=0).first(), "value"
