"""``icpfit drift``: has anything moved since the champion was trained?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from icpfit.attribution import contributions
from icpfit.bundle import Bundle
from icpfit.config import FeatureSpec, Outcome
from icpfit.cycle.asked import Asked
from icpfit.cycle.intake import facts_of, other_outcome
from icpfit.cycle.opened import Opened
from icpfit.cycle.segmenting import check_named_segments
from icpfit.cycle.told import alarm_lines, fact_lines, proposal_lines, still_line, told_words, untold_lines
from icpfit.cycle.trade import trade_findings
from icpfit.cycle.triggers import trigger_findings
from icpfit.drift import Finding, compare
from icpfit.drift.attributed import attribution_findings
from icpfit.drift.card_change import card_findings
from icpfit.drift.compare import MIN_ROWS
from icpfit.drift.finding import counted_in
from icpfit.drift.icp import icp_findings
from icpfit.drift.model import model_findings
from icpfit.drift.unseen import then_of
from icpfit.drift.verdict import by_verdict, count_line, must_mend
from icpfit.moments import Micros, day_text
from icpfit.plural import counted
from icpfit.registry import Workspace, load_bundle
from icpfit.scorecard.card import Scorecard
from icpfit.training_set import account_keys

Int64s = npt.NDArray[np.int64]

ALPHA = 0.05
SHARES = {"model": 0.28, "trade": 0.28, "data": 0.20, "icp": 0.14, "attribution": 0.06, "triggers": 0.04}
"""How the command's alpha is shared among its questions: with nothing changed at most 5 % of commands raise any alarm."""
OF_OUTCOMES = {"win": 0.7, "retention": 0.3}
"""of the model's share, where there are two"""


@dataclass(frozen=True)
class WatchReport:
    """``values``: the answer to ``--json``; ``lines``: the same in words. ``refused``: the data must be mended before anything is asked."""

    values: Mapping[str, Any]
    lines: list[str]
    alarmed: bool
    refused: bool = False


def watch(opened: Opened, workspace: Workspace, as_of: Micros) -> WatchReport:
    """Deals whose outcome became known since the champion was trained, against those it learned from.

    Raises:
        ConfigError: ``training.segments`` or ``scorecard.lines`` names what is neither a trait nor a feature.
    """
    check_named_segments(opened.config, opened.specs)
    bundle = load_bundle(workspace, "champion")
    newest = load_bundle(workspace, "challenger", missing_ok=True)
    return report_of(opened, bundle, as_of, findings_since(opened, bundle, as_of, newest.card if newest is not None else None))


def report_of(opened: Opened, bundle: Bundle, as_of: Micros, findings: list[dict[str, Any]]) -> WatchReport:
    """What to look at in the data first, since it may explain alarms; alarms, each with what to do; then what is proposed, how the newest
    card differs, what is still, what cannot be told, and how many of each."""
    then, now = bundle.metrics.get("as_of"), opened.day(as_of)
    found = by_verdict(findings)
    lines = [
        f"champion {bundle.version}" + (f", trained as of {then}; looked at as of {now}" if then and now else ""),
        *fact_lines(found["fact"]),
        *alarm_lines(found["alarm"]),
        *proposal_lines(found["proposal"]),
        *(f"beside the newest card: {told_words(f)}" for f in found["described"]),
        *still_line(found["still"]),
        *untold_lines(found["cannot tell"]),
        count_line(findings),
    ]
    return WatchReport({"champion": bundle.version, "findings": findings}, lines, bool(found["alarm"]), must_mend(findings))


def findings_since(opened: Opened, bundle: Bundle, as_of: Micros, newest: Scorecard | None = None) -> list[dict[str, Any]]:
    """Findings as plain values. Where the data must be mended first, they are what must be, and nothing else is asked. ``newest``: the
    card of a later training, where there is one of the champion's kind."""
    beside = newest is not None and newest.kind == bundle.card.kind and newest != bundle.card
    described = card_findings(bundle.card, newest) if newest is not None and beside else []
    return [asdict(f) for f in [*findings_of(Asked(opened, bundle, as_of)), *described]]


def findings_of(asked: Asked) -> list[Finding]:
    """What to mend in the data; then every question with its share of the error rate: model, profile, trade, triggers, data."""
    leading = asked.opened.outcomes[0]
    if leading not in asked.outcomes:
        return [other_outcome(asked, leading)]
    facts = facts_of(asked, leading, subjects(asked.bundle.specs))
    if not facts.askable:
        return list(facts.found)
    few = int(asked.newer(leading).sum()) < MIN_ROWS
    level = {name: ALPHA * share for name, share in SHARES.items()}
    seed = asked.bundle.seed
    trade = trade_findings(asked, alpha=level["trade"], seed=seed)
    parts: dict[str, Callable[[float], Sequence[Finding]]] = {
        "model": lambda alpha: _model(asked, alpha, seed),
        "icp": lambda alpha: _too_few(asked, leading, "ICP-POINTS", "the profile") if few else _icp(asked, leading, alpha, seed),
        "trade": lambda _: trade,
        "triggers": lambda alpha: trigger_findings(asked, trade, alpha=alpha),
        "attribution": lambda alpha: [] if few else _attribution(asked, leading, alpha, seed),
        "data": lambda alpha: _too_few(asked, leading, "DRIFT-FEATURE", "attributes") if few else _data(asked, leading, alpha, seed),
    }
    return [*facts.found, *(f for name, ask in parts.items() for f in counted_in(ask(level[name]), SHARES[name]))]


def _too_few(asked: Asked, outcome: Outcome, code: str, subject: str) -> list[Finding]:
    """One answer for all rows of the card, or for all attributes, where so little is new."""
    now, before = int(asked.newer(outcome).sum()), int(asked.before(outcome).sum())
    more = counted(MIN_ROWS - now, "more deal" if outcome == "win" else "more customer")
    words = f"cannot tell; {more} of which the end is known {'is' if MIN_ROWS - now == 1 else 'are'} needed"
    return [Finding(code, subject, None, None, None, None, before, now, False, words, 0.0, MIN_ROWS - now, _cohort(asked, outcome))]


def _model(asked: Asked, alpha: float, seed: int) -> list[Finding]:
    found: list[Finding] = []
    whole = sum(OF_OUTCOMES[o] for o in asked.outcomes)
    for outcome in asked.outcomes:
        then = then_of(asked.bundle.unseen, outcome)
        share = OF_OUTCOMES[outcome] / whole
        found += counted_in(model_findings(outcome, then, asked.answered(outcome), alpha=alpha * share, seed=seed), share)
    return found


def _icp(asked: Asked, outcome: Outcome, alpha: float, seed: int) -> list[Finding]:
    then = then_of(asked.bundle.unseen, outcome)
    return icp_findings(asked.bundle.card, then, asked.answered(outcome), alpha=alpha, seed=seed, outcome=outcome)


def _data(asked: Asked, outcome: Outcome, alpha: float, seed: int) -> list[Finding]:
    now, model, specs = asked.training(outcome), asked.bundle.models()[outcome], asked.bundle.specs
    known = now.frame[[c for c in model.encoding.columns if c in now.frame.columns]]
    shown = within_a_year(known, specs).rename(columns=subjects(specs))
    before, newer = one_of_each(asked, outcome, seed)
    cohort = _cohort(asked, outcome)
    return [replace(f, cohort=cohort) for f in compare(shown.iloc[before], shown.iloc[newer], alpha=alpha, seed=seed)]


def _attribution(asked: Asked, outcome: Outcome, alpha: float, seed: int) -> list[Finding]:
    now, model = asked.training(outcome), asked.bundle.models()[outcome]
    before, newer = one_of_each(asked, outcome, seed)
    encoded = model.encode(now.features)

    def made_of(side: Int64s) -> pd.DataFrame:
        return pd.DataFrame(contributions(model.booster, encoded.iloc[side])[:, :-1], columns=model.encoding.columns)

    found = attribution_findings(
        made_of(before), made_of(newer), model.base_rate, alpha=alpha, seed=seed, labels=subjects(asked.bundle.specs)
    )
    cohort = _cohort(asked, outcome)
    return [replace(f, cohort=cohort) for f in found]


def one_of_each(asked: Asked, outcome: Outcome, seed: int) -> tuple[Int64s, Int64s]:
    """Rows of before and now, of each account one of both together, by lot: its deals are alike, and would count as many.

    So an account that comes often is as likely to stand on either side as one that came once, and what goes together with how often
    accounts come is no drift.
    """
    now, before, newer = asked.training(outcome), asked.before(outcome), asked.newer(outcome)
    rows = np.flatnonzero(before | newer)
    rows = rows[np.lexsort((now.frame["deal_id"].astype(str).to_numpy()[rows], now.position[rows]))]
    rows = rows[np.random.default_rng([seed, 3]).permutation(len(rows))]
    kept = np.sort(rows[np.unique(account_keys(now.frame)[rows].astype(str), return_index=True)[1]])
    return kept[before[kept]], kept[newer[kept]]


def _cohort(asked: Asked, outcome: Outcome) -> str:
    """Whose rows are new, in words."""
    newer = asked.newer(outcome)
    noun = "deal" if outcome == "win" else "customer"
    if not newer.any():
        return f"no {noun}s yet"
    at = asked.training(outcome).position[newer]
    return f"{counted(int(newer.sum()), noun)} created {day_text(int(np.min(at)))} to {day_text(int(np.max(at)))}"


def within_a_year(frame: pd.DataFrame, specs: Sequence[FeatureSpec]) -> pd.DataFrame:
    """Days since something, counted up to a year; longer ago, or never, is a year.

    What has no window looks back to where the tables begin: it grows older by itself from quarter to quarter,
    and what was never seen becomes rarer, though nothing has moved.
    """
    open_ended = [s.name for s in specs if s.aggregate in ("recency_days", "days_since_first") and s.window_days is None]
    cut = {name: frame[name].clip(upper=365.0).fillna(365.0) for name in open_ended if name in frame.columns}
    return frame.assign(**cut)


def subjects(specs: Sequence[FeatureSpec]) -> dict[str, str]:
    """Name to the words a finding is told in; two features of one label keep apart by their names."""
    said = Counter(s.label for s in specs)
    return {s.name: s.label if said[s.label] == 1 else f"{s.label} ({s.name})" for s in specs}
