"""What no single feature shows: correlations that change, and many small shifts together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from icpfit.drift.finding import Finding

Floats = npt.NDArray[np.float64]

PERMUTATIONS = 999
MOST_ROWS = 4_000
FEWEST_ROWS = 20
FLOOR_CORRELATION = 0.15
FLOOR_WHOLE = 0.05
BATCH = 64


def _sample(scores: Floats, rng: np.random.Generator) -> Floats:
    if len(scores) <= MOST_ROWS:
        return scores
    return scores[np.sort(rng.choice(len(scores), MOST_ROWS, replace=False))]


def correlation_finding(reference: Floats, current: Floats, level: float, seed: int) -> Finding:
    """Largest change of a pairwise rank correlation, against the same under permuted membership (max-T).

    Marginal shifts are taken out first: each side's scores are centred and scaled on their own, since a
    permutation test of the correlations must not answer for a moved mean.
    """
    n_ref, n_cur = len(reference), len(current)
    if n_cur < FEWEST_ROWS or n_ref < FEWEST_ROWS or reference.shape[1] < 2:
        return _cannot("DRIFT-CORRELATION", "correlations", n_ref, n_cur)
    rng = np.random.default_rng([seed, 1])
    a, b = _standard(_sample(reference, rng)), _standard(_sample(current, rng))
    both = np.vstack([a, b])
    observed, size = _correlation_gap(a, b)
    draws = PERMUTATIONS if len(both) <= 2_500 else 499
    exceed = 0
    for _ in range(draws):
        order = rng.permutation(len(both))
        statistic, _ = _correlation_gap(both[order[: len(a)]], both[order[len(a) :]])
        exceed += statistic >= observed
    p = (exceed + 1) / (draws + 1)
    alarm = p <= level and size >= FLOOR_CORRELATION
    words = (
        f"features that went together no longer do (or the other way): a correlation moved by {size:.2f}"
        if alarm
        else "features go together as before"
    )
    return Finding("DRIFT-CORRELATION", "correlations", observed, p, p, min(size, 1.0), n_ref, n_cur, alarm, words)


def whole_finding(reference: Floats, current: Floats, level: float, seed: int) -> Finding:
    """Many small shifts at once: the mean squared difference of mean scores, against permuted membership."""
    n_ref, n_cur = len(reference), len(current)
    if n_cur < FEWEST_ROWS or n_ref < FEWEST_ROWS or reference.shape[1] == 0:
        return _cannot("DRIFT-WHOLE", "all features together", n_ref, n_cur)
    rng = np.random.default_rng([seed, 2])
    a, b = _sample(reference, rng), _sample(current, rng)
    both = np.vstack([a, b])
    total, size = both.sum(axis=0), len(a)
    observed = float(np.mean((a.mean(axis=0) - b.mean(axis=0)) ** 2))
    exceed = 0
    for start in range(0, PERMUTATIONS, BATCH):
        batch = min(BATCH, PERMUTATIONS - start)
        member = np.zeros((batch, len(both)))
        for i in range(batch):
            member[i, rng.permutation(len(both))[:size]] = 1.0
        sums = member @ both
        gaps = sums / size - (total - sums) / (len(both) - size)
        exceed += int((np.mean(gaps**2, axis=1) >= observed).sum())
    p = (exceed + 1) / (PERMUTATIONS + 1)
    effect = float(np.sqrt(observed))
    alarm = p <= level and effect >= FLOOR_WHOLE
    words = "taken together, the accounts have moved" if alarm else "taken together, the accounts are as before"
    return Finding("DRIFT-WHOLE", "all features together", observed, p, p, min(effect, 1.0), n_ref, n_cur, alarm, words)


def _standard(scores: Floats) -> Floats:
    centred = scores - scores.mean(axis=0)
    spread = centred.std(axis=0)
    standard: Floats = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-12)
    return standard


def _correlation_gap(a: Floats, b: Floats) -> tuple[float, float]:
    """Largest change on Fisher's z scale in its standard errors, and the change itself."""
    ra, rb = (_standard(m).T @ _standard(m) / len(m) for m in (a, b))
    upper = np.triu_indices(ra.shape[0], k=1)
    za, zb = (np.arctanh(np.clip(r[upper], -0.999, 0.999)) for r in (ra, rb))
    gaps = np.abs(za - zb)
    at = int(np.argmax(gaps))
    return float(gaps[at] / np.sqrt(1 / max(len(a) - 3, 1) + 1 / max(len(b) - 3, 1))), float(abs(ra[upper][at] - rb[upper][at]))


def _cannot(code: str, subject: str, n_ref: int, n_cur: int) -> Finding:
    words = f"{subject}: cannot tell; {max(FEWEST_ROWS - min(n_ref, n_cur), 1)} more rows are needed"
    return Finding(code, subject, None, None, None, None, n_ref, n_cur, False, words)
