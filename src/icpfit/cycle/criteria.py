"""The profile's criteria and its own past, for one run: what cards of their own time said of past deals, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.config import Config, Disqualifier, Outcome
from icpfit.criteria import (
    BorneOut,
    Groups,
    Signals,
    borne_out,
    find_exclusions,
    find_signals,
    fits_by_tier,
    groups_of,
    overlap,
    shortfall,
    value_of,
)
from icpfit.criteria.exclusions import condition_of, declared_evidence
from icpfit.customers import Study
from icpfit.drift import Finding
from icpfit.gates import Past
from icpfit.gates.gate import FEW
from icpfit.gates.past import retrospective_recall
from icpfit.models.results import OutcomeResult
from icpfit.plural import counted
from icpfit.scorecard.card import CardKind, Scorecard
from icpfit.scorecard.past import PastRows, past_rows
from icpfit.training_set import TrainingSet, account_keys

WINS_BELOW = "CARD-WINS-BELOW"
MOST_BLAMED = 3
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ReadPast:
    """Past deals by the cards of their own time: ``past`` is what the gates ask, ``rows`` also say which lines gave the points.
    ``deal_id`` and ``account`` (numbered) are of the rows, ``training`` is where their numbers are from."""

    training: TrainingSet
    past: Past
    rows: PastRows
    deal_id: npt.NDArray[np.object_]
    account: Ints


def read_past(
    training: Mapping[Outcome, TrainingSet],
    results: Mapping[Outcome, OutcomeResult],
    kind: CardKind,
    config: Config,
    customers: pd.DataFrame | None = None,
) -> ReadPast:
    """Past deals by the cards of their own time. A customer is the deal it was won by, whichever outcome leads.

    ``customers`` are those of ``icpfit.customers.Study``; without them nobody knows what became of their revenue.
    """
    win, keep = ((training[o], results[o]) if o in training else None for o in ("win", "retention"))
    leading = keep if kind == "retention" else win
    if leading is None or leading[1].backtest is None:
        raise ValueError("a card has a leading outcome, and a backtest")
    data, seed = leading[0], config.training.seed
    read = past_rows(win if kind != "retention" else None, keep if kind != "win" else None, config.scorecard, seed)
    deals, label = data.frame["deal_id"].to_numpy(object)[read.row], data.label
    kept = keep[0].frame if keep is not None else data.frame.iloc[:0]
    stayed = kept.set_index("deal_id")["label"].reindex(deals).to_numpy(np.float64)
    account = pd.factorize(account_keys(data.frame))[0].astype(np.int64)[read.row]
    growth = None
    if customers is not None and len(customers):
        growth = customers.drop_duplicates("deal_id").set_index("deal_id")["growth"].reindex(deals).to_numpy(np.float64)
    past = Past(
        period=read.period,
        points=read.points.astype(np.float64),
        tier=read.tier,
        won=label[read.row].astype(np.float64),
        stayed=stayed,
        wins=int((label == 1).sum()),
        customers=len(kept),
        earlier=leading[1].backtest.forward,
        foresight=read.foresight,
        overlap=overlap(read.points.astype(np.float64), read.tier, read.period, account, growth, stayed, seed),
    )
    return ReadPast(data, past, read, deals, account)


def criteria_report(
    card: Scorecard,
    training: Mapping[Outcome, TrainingSet],
    results: Mapping[Outcome, OutcomeResult],
    study: Study | None,
    read: ReadPast | None,
    config: Config,
) -> dict[str, Any]:
    """Plain JSON: ``best`` (who they are), ``primary``, ``secondary``, ``later`` (deals that bear them out), ``negative``, ``fits``,
    ``retrospective``, ``reverse``."""
    customers = study.customers if study is not None else None
    groups, seed = groups_of(training, customers), config.training.seed
    later = None
    if read is not None and read.training is groups.training and len(read.rows.row):
        later = borne_out(card, read.rows, groups, forward=read.past.earlier)
    found = find_signals(card, groups, later)
    value, value_is = value_of(groups, customers)
    refused = frozenset(r.attribute for one in results.values() for r in one.refused)
    out = find_exclusions(training, refused, config.scorecard.disqualifiers, value, seed)
    return {
        "best": _who(groups, study is not None, customers),
        "primary": {
            "enough": found.enough,
            "asked": found.asked[0],
            "found": [s.values() for s in found.primary],
            "nearest": None if found.nearest is None else found.nearest.values(),
        },
        "secondary": {"asked": found.asked[1], "found": [s.values() for s in found.secondary]},
        "later": None if later is None else _later(later, found),
        "negative": {
            "asked": out.asked,
            "alike": out.alike,
            "value_is": value_is,
            "found": [x.values() for x in out.found],
            "declared": _declared(config.scorecard.disqualifiers, groups),
        },
        "fits": fits_by_tier(customers, read.deal_id, read.rows.tier) if read is not None and study is not None else None,
        "retrospective": _retrospective(read, config) if read is not None else None,
        "reverse": dict(read.past.overlap) if read is not None and np.isfinite(read.past.stayed).any() else None,
    }


def _who(groups: Groups, tables: bool, customers: pd.DataFrame | None) -> dict[str, Any]:
    """How many rows each group holds; ``of``: how many customers are as the best are, learned from or not, where they are told by that."""
    sides = {"best": groups.best, "left": groups.left, "lost": groups.lost}
    told = {"is": groups.best_is, "tables": tables, **{name: int(side.sum()) for name, side in sides.items()}}
    column, name = {"best fit": ("fit", "best fit"), "best cohort": ("cohort", "best")}.get(groups.best_is, ("", ""))
    return told if customers is None or not column else {**told, "of": int((customers.drop_duplicates("deal_id")[column] == name).sum())}


def _later(later: BorneOut, found: Signals) -> dict[str, Any]:
    """``not_borne_out`` by the later deals though their cards asked; ``new``: hardly one asked."""
    fallen = {new: [a.label for a in found.not_borne_out if (a.name in later.new) is new] for new in (False, True)}
    return {"deals": later.deals, "not_borne_out": fallen[False], "new": fallen[True]}


def _declared(rules: tuple[Disqualifier, ...], groups: Groups) -> list[dict[str, Any]]:
    return [declared_evidence(rule, groups) for rule in rules]


def _retrospective(read: ReadPast, config: Config) -> dict[str, Any]:
    """The gate's numbers, and what the wins below the line lack; those that a disqualifier took there lack no points."""
    past, rows = read.past, read.rows
    won = past.won == 1
    below = won & (past.tier == "D") & ~rows.out
    above = won & (past.tier != "D")
    lacks: list[dict[str, Any]] = []
    if min(below.sum(), above.sum()) >= FEW:
        told = shortfall(dict(rows.parts), past.period, above, below, read.account, config.training.seed)
        lacks = [{**one, "label": rows.labels[one["name"]]} for one in told]
    numbers = dict(retrospective_recall(past, config.gates).numbers)
    blamed = [one for one in lacks if one["low"] > 0][:MOST_BLAMED]
    frame = read.training.frame.iloc[rows.row[won]]
    by_rule = {r.reason: int(condition_of(r).met(frame[r.feature]).sum()) for r in config.scorecard.disqualifiers}
    disqualified = {"wins": int((won & rows.out).sum()), "by": {reason: n for reason, n in by_rule.items() if n}}
    finding = asdict(_finding(numbers, disqualified, blamed, config.gates.max_wins_below_line))
    whole = sum(one["points"] for one in lacks)
    return {**numbers, "disqualified": disqualified, "short_by": whole, "shortfall": lacks, "blamed": blamed, "finding": finding}


def _finding(numbers: Mapping[str, Any], disqualified: Mapping[str, Any], blamed: list[dict[str, Any]], most: float) -> Finding:
    """Of the form of all findings; an alarm where more past wins than are allowed fall below the line."""
    from scipy.stats import binom

    wins, below = numbers["wins"], numbers["below"]
    if wins < FEW:
        words = f"cannot tell; {counted(wins, 'past win')} can be scored by a card of its own time, and {FEW} are needed"
        return Finding(WINS_BELOW, "past wins", None, None, None, None, wins, below, False, words)
    share = below / wins
    p_value = float(binom.sf(below - 1, wins, most))
    words = f"{below:,} of {wins:,} past wins ({share:.0%}) fall into tier D by the card of their own time; up to {most:.0%} is allowed"
    if n := disqualified["wins"]:
        by = ", ".join(f"“{reason}” {k:,}" for reason, k in disqualified["by"].items())
        several = "; a deal that several take out counts with each" if sum(disqualified["by"].values()) > n else ""
        words += f". {n:,} of them {'is' if n == 1 else 'are'} there by a disqualifier ({by}{several})"
    if blamed:
        named = ", ".join(f"{one['label']} ({one['points']:.1f} points)" for one in blamed)
        words += f". What {'the others' if n else 'they'} lack most, beside wins above the line: {named}"
    return Finding(WINS_BELOW, "past wins", share, p_value, p_value, max(share - most, 0.0), wins - below, below, share > most, words)
