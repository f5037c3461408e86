"""A run's cards: the main one, those of each outcome, and those of single product lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from icpfit.config import Outcome
from icpfit.cycle.opened import Opened
from icpfit.cycle.segmenting import lines_of
from icpfit.errors import ScorecardError
from icpfit.models.evidence import ESTABLISHED_FROM, weigh_evidence
from icpfit.models.fit import fit_outcome
from icpfit.models.results import OutcomeResult
from icpfit.plural import counted
from icpfit.scorecard.assemble import MIN_CLASS, Drawn, both_classes, card_of
from icpfit.scorecard.build import build_scorecards, draw_scorecards
from icpfit.scorecard.card import CardKind, Scorecard
from icpfit.training_set import TrainingSet, joint_labels_for, of_rows

Bools = npt.NDArray[np.bool_]

MOST_LINES = 8
"""that are looked at, the commonest first"""
_NOUNS = {"win": ("win", "wins", "loss", "losses"), "retention": ("who stayed", "who stayed", "who left", "who left")}


@dataclass(frozen=True)
class LineCards:
    """``trait``: what the lines are lines of, in words; ``cards`` by value; ``report``: plain JSON values, one per value looked at."""

    trait: str = ""
    cards: Mapping[str, Scorecard] = field(default_factory=dict)
    report: tuple[dict[str, Any], ...] = ()


def draw_cards(
    opened: Opened, training: Mapping[Outcome, TrainingSet], results: Mapping[Outcome, OutcomeResult], as_of: int
) -> dict[CardKind, Drawn]:
    """Every card that the data supports, before it is filled in."""
    win = (training["win"], results["win"]) if "win" in results else None
    keep = (training["retention"], results["retention"]) if "retention" in results else None
    joint = None
    if win is not None and keep is not None and keep[1].model is not None and opened.warehouse is not None:
        joint = joint_labels_for(opened.warehouse, opened.config, win[0], as_of)
    return draw_scorecards(win, keep, opened.config.scorecard, seed=opened.config.training.seed, joint=joint)


def line_cards(
    opened: Opened,
    training: Mapping[Outcome, TrainingSet],
    results: Mapping[Outcome, OutcomeResult],
    main: Drawn | None,
    segments: Mapping[str, Any],
    as_of: int,
    progress: Callable[[str], None] = lambda _: None,
) -> LineCards:
    """A card for each product line (or whatever ``scorecard.lines`` names) whose deals are evidence enough.

    A line has points of its own where a model of its own deals alone was better on later deals than the model of all
    (``segments`` says so); else it has the points of the main card, with its own chances, tiers, counts and test.
    """
    name = opened.config.scorecard.lines
    if main is None or name is None:
        return LineCards()
    trait = lines_of(opened, training, results, as_of, name)
    if trait is None or len(trait.shown) < 2:
        return LineCards()
    outcome, data = next(iter(training.items()))
    answers = segments.get("models", {}).get(outcome, {}).get(trait.name, {}).get("values", [])
    own = {a["value"]: (a.get("own_model") or {}).get("answer") for a in answers}
    cards: dict[str, Scorecard] = {}
    report: list[dict[str, Any]] = []
    for value in trait.shown[:MOST_LINES]:
        inside = np.array([v == value for v in trait.values], dtype=bool)
        wins = int(data.label[inside].sum())
        losses = int(inside.sum()) - wins
        entry: dict[str, Any] = {"value": value, "deals": int(inside.sum()), "wins": wins, "points": None, "why": ""}
        report.append(entry)
        if weigh_evidence(wins, losses).level != "established":
            entry["why"] = _short(outcome, wins, losses)
            continue
        if own.get(value) == "yes" and (card := _own_card(opened, main, outcome, results[outcome], inside, value, progress)) is not None:
            cards[value], entry["points"] = card, "own"
            continue
        if not both_classes(main.later.label[inside[main.later.row]]):
            entry["why"] = f"fewer than {MIN_CLASS} of its later deals went either way, so its chances could not be tested"
            continue
        cards[value], entry["points"] = card_of(main, seed=opened.config.training.seed, rows=inside), "shared"
    for entry in report:
        if entry["value"] in cards:
            entry |= _figures(cards[entry["value"]]) | {"asked": own.get(entry["value"]) in ("yes", "no")}
    report += [
        {
            "value": v,
            "deals": int((trait.values == v).sum()),
            "wins": None,
            "points": None,
            "why": f"only the {MOST_LINES} commonest are looked at",
        }
        for v in trait.shown[MOST_LINES:]
    ]
    return LineCards(trait.label, cards, tuple(report))


def _own_card(
    opened: Opened, main: Drawn, outcome: Outcome, result: OutcomeResult, inside: Bools, value: str, progress: Callable[[str], None]
) -> Scorecard | None:
    """Of one outcome alone; with the shares of the main card's tiers. None where it could not be tested."""
    progress(f"{value}: a model and a card of its own")
    alone = of_rows(main.training, inside)
    fitted = fit_outcome(alone, opened.config.training, refused=result.refused, suspects=result.suspects)
    taught = (alone, fitted) if outcome == "win" else None
    kept = (alone, fitted) if outcome == "retention" else None
    tiers = tuple(t.model_copy(update={"accounts": None}) for t in main.settings.tiers)
    settings = main.settings.model_copy(update={"tiers": tiers})
    try:
        return build_scorecards(taught, kept, settings, seed=opened.config.training.seed).get(outcome)
    except ScorecardError:
        return None


def _figures(card: Scorecard) -> dict[str, Any]:
    tiers = {t.name: {"from_points": t.from_points, "expected_rate": t.expected_rate, "rows": t.rows} for t in card.tiers}
    return {
        "kind": card.kind,
        "auc": card.fidelity.auc_card,
        "auc_model": card.fidelity.auc_model,
        "tested": card.fidelity.rows,
        "tiers": tiers,
    }


def _short(outcome: Outcome, wins: int, losses: int) -> str:
    win, many_wins, loss, many_losses = _NOUNS[outcome]
    missing = [(ESTABLISHED_FROM - n, *words) for n, words in ((wins, (win, many_wins)), (losses, (loss, many_losses)))]
    needed = " and ".join(counted(n, f"more {one}", f"more {many}") for n, one, many in missing if n > 0)
    return f"{needed} are needed for a card of its own"
