"""How much the closed deals can say, from counts alone, and the overall rate with its interval."""

from __future__ import annotations

from icpfit.config import Outcome
from icpfit.models.results import Evidence, EvidenceLevel

PATTERNS_BELOW = 20
INDICATIVE_FROM = 50
ESTABLISHED_FROM = 100

MEANING: dict[EvidenceLevel, str] = {
    "patterns only": "too little to learn a model from: look at the deals one by one",
    "hypotheses": "enough for hypotheses, not for decisions",
    "indicative": "enough to act on with care",
    "established": "enough to tell what goes with the outcome",
}


NOUN: dict[Outcome, str] = {"win": "won deals", "retention": "customers who stayed"}
OTHER: dict[Outcome, str] = {"win": "lost ones", "retention": "those who left"}


def weigh_evidence(wins: int, losses: int) -> Evidence:
    """The level by the *rarer* outcome: a model learns from the contrast, and 900 wins beside 12 losses hold only 12.

    >>> weigh_evidence(900, 12).level
    'patterns only'
    >>> weigh_evidence(100, 300).level
    'established'
    """
    if min(wins, losses) < 0:
        raise ValueError(f"counts cannot be negative, got {wins} and {losses}")
    rarer = min(wins, losses)
    level: EvidenceLevel
    if rarer < PATTERNS_BELOW:
        level = "patterns only"
    elif rarer < INDICATIVE_FROM:
        level = "hypotheses"
    elif rarer < ESTABLISHED_FROM:
        level = "indicative"
    else:
        level = "established"
    return Evidence(level, wins, losses)


def too_little(outcome: Outcome, evidence: Evidence, least_rows: int) -> str | None:
    """Why no model can be made of so few; None where one can.

    >>> too_little("win", weigh_evidence(27, 30), 100)
    '57 won deals and lost ones; a model needs 100 (training.min_train_rows)'
    """
    wins, losses = evidence.wins, evidence.losses
    noun, other = NOUN[outcome], OTHER[outcome]
    if wins + losses == 0:
        return "no row has an outcome to learn from: the rows left out, and why, are counted by reason"
    if wins == 0 or losses == 0:
        return f"all rows have the same outcome ({noun}: {wins:,}, {other}: {losses:,}): there is nothing to compare"
    if min(wins, losses) < PATTERNS_BELOW:
        return f"{noun}: {wins:,}, {other}: {losses:,}; at least {PATTERNS_BELOW} of each are needed: {MEANING['patterns only']}"
    if wins + losses < least_rows:
        return f"{wins + losses:,} {noun} and {other}; a model needs {least_rows:,} (training.min_train_rows)"
    return None


def shrunken_rate(positives: int, rows: int) -> tuple[float, float, float]:
    """The rate under Jeffreys' prior, Beta(1/2, 1/2), and its 90 % interval: never 0 or 1.

    Source: Brown, Cai and DasGupta, "Interval estimation for a binomial proportion", 2001.

    >>> rate, low, high = shrunken_rate(0, 0)
    >>> rate, round(low, 3), round(high, 3)
    (0.5, 0.006, 0.994)
    """
    from scipy.stats import beta

    if not 0 <= positives <= rows:
        raise ValueError(f"{positives} positives of {rows} rows")
    a, b = positives + 0.5, rows - positives + 0.5
    return a / (a + b), float(beta.ppf(0.05, a, b)), float(beta.ppf(0.95, a, b))
