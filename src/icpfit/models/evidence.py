"""How much the closed deals can say, from counts alone, and the overall rate with its interval."""

from __future__ import annotations

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
