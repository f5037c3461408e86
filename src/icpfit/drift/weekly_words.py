"""The looks of a weekly watch as findings that a sales leader can act on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from icpfit.config import Outcome
from icpfit.drift.association import Scores, gap, weights
from icpfit.drift.finding import Finding
from icpfit.drift.looks import look_at, looks_until
from icpfit.drift.power import WANTED, variance_left
from icpfit.moments import day_text
from icpfit.plural import counted

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FLOOR_RATE = 0.1
"""Of the expected rate: what is less than one win in ten is not acted on, however sure it is. Of a gap likewise."""
FLOOR_GAP = 1 / 3
"""Of the expected gap."""
FALL = 0.25
"""Of the expected rate: the fall that the power of the level is told for. Of a signal it is the loss of all it tells."""
SURE = float(stats.norm.ppf(0.95))
FAR = 4.5
"""standard deviations; stands for the boundary of a look that may spend too little for an alarm"""
SHOWN = 5
LEAST_BEFORE = 100
"""deals of before without which nothing is compared"""

LEVEL_CODES: dict[Outcome, str] = {"win": "WATCH-WINRATE", "retention": "WATCH-RETENTION"}
_NOUNS: dict[Outcome, tuple[str, str, str, str]] = {
    "win": ("Wins", "deal", "won", "lost"),
    "retention": ("Customers kept", "customer", "kept", "left"),
}


@dataclass(frozen=True)
class Watched:
    """``before`` and ``new`` in the order in which they became known; ``moments`` of ``new``; ``usable``: the level and each signal."""

    before: Scores
    new: Scores
    moments: Int64s
    usable: Bools
    names: list[str]
    alpha: float
    outcome: Outcome = "win"

    def expected(self, start: int, end: int) -> Floats:
        """The rate and each signal's gap that the profile expects of some of the new deals."""
        rows = self.new.of(slice(start, end))
        return np.concatenate([[rows.expected.mean()], gap(rows.points, rows.expected)])

    def matters(self, start: int, end: int) -> Floats:
        """The change whose power is told."""
        expected = self.expected(start, end)
        return np.concatenate([expected[:1] * FALL, np.maximum(expected[1:], 0.0)])

    def floors(self, start: int, end: int) -> Floats:
        """A smaller change is not acted on."""
        expected = self.expected(start, end)
        least = FLOOR_RATE * expected[0]
        return np.concatenate([[least], np.maximum(FLOOR_GAP * expected[1:], least)])


@dataclass(frozen=True)
class Look:
    """What one look saw of the level and of each signal (arrays 1 + signals), in shares of a rate.

    ``start``: the new deals from there to ``end`` were compared, all or the newest. ``change``: shortfall of before less the new one.
    ``power``: how often a change that matters, from the first new deal on, would have been found by now.
    """

    start: Int64s
    end: int
    statistic: Floats
    threshold: Floats
    p_value: Floats
    q_value: Floats
    shortfall: Floats
    change: Floats
    spread_now: Floats
    spread_before: Floats
    power: Floats

    def alarms(self, watched: Watched) -> Bools:
        """Surer than the boundary asks, and large enough both against before and against what the profile expects by itself."""
        floors = np.array([watched.floors(int(s), self.end)[j] for j, s in enumerate(self.start)])
        return (self.statistic > self.threshold) & (self.change >= floors) & (-self.shortfall >= floors)


def told(watched: Watched, looks: list[Look]) -> list[Finding]:
    """The level, then each signal: the look that first raised an alarm, else the last one."""
    raised = [look.alarms(watched) for look in looks]
    findings = []
    for j in range(len(watched.usable)):
        first = next((look for look, alarms in zip(looks, raised, strict=True) if alarms[j]), None)
        findings.append(_Teller(watched, j, looks).finding(first))
    return findings


@dataclass(frozen=True)
class _Teller:
    watched: Watched
    j: int
    looks: list[Look]

    @property
    def nouns(self) -> tuple[str, str, str, str]:
        return _NOUNS[self.watched.outcome]

    @property
    def subject(self) -> str:
        return self.watched.names[self.j - 1] if self.j else self.nouns[0]

    def deals(self, n: int) -> str:
        return counted(n, self.nouns[1])

    def finding(self, first: Look | None) -> Finding:
        code, j = ("WATCH-SIGNAL" if self.j else LEVEL_CODES[self.watched.outcome]), self.j
        sizes = len(self.watched.before), len(self.watched.new)
        if (look := first or (self.looks[-1] if self.looks else None)) is None or not self.watched.usable[j]:
            power = 0.0 if self.watched.usable[j] else None
            words = f"{self.subject}: {self._cannot()}"
            return Finding(code, self.subject, None, None, None, None, *sizes, False, words, power, self._needed())
        start, end = int(look.start[j]), look.end
        span = f"{day_text(int(self.watched.moments[start]))} to {day_text(int(self.watched.moments[end - 1]))}"
        return Finding(
            code,
            self.subject,
            statistic=float(look.statistic[j]),
            p_value=float(look.p_value[j]),
            q_value=float(look.q_value[j]),
            effect=float(min(abs(look.change[j]), 1.0)),
            n_reference=sizes[0],
            n_current=end - start,
            alarm=first is not None,
            words=f"{self.subject}: {self._alarm(look) if first else self._quiet(look)}",
            power=float(look.power[j]),
            needed=0 if look.power[j] >= WANTED or first else self._needed(),
            cohort=f"{self.deals(end - start)} whose end became known {span}",
            rows=self._rows(start, end) if first else (),
            action=self._action(look) if first else "",
        )

    def _cannot(self) -> str:
        before, (_, noun, won, lost) = self.watched.before, self.nouns
        if not self.watched.usable[0]:
            if len(before) < LEAST_BEFORE:
                return f"cannot tell; {counted(len(before), f'older {noun}')} can be compared, and {LEAST_BEFORE} are needed"
            wins = int(before.good.sum())
            few, what = (wins, won) if wins < len(before) - wins else (len(before) - wins, lost)
            older = f"{few or 'none'} of {len(before):,} older {noun}s"
            return f"cannot tell; {older} {'was' if few == 1 else 'were'} {what}, too few to compare with"
        if not self.watched.usable[self.j]:
            asked = int(before.asked[:, self.j - 1].sum())
            return f"cannot tell; older cards asked it of {self.deals(asked)}, and {LEAST_BEFORE} are needed"
        return f"cannot tell yet; {self._next('the first look')}"

    def _next(self, look: str = "the next look") -> str:
        n = len(self.watched.new)
        at = look_at(len(looks_until(n)))
        return f"{look} is at {self.deals(at)}, {at - n:,} more"

    def _alarm(self, look: Look) -> str:
        end, n = look.end, len(self.watched.new)
        first = f"First seen with {self.deals(end)}, those known by {day_text(int(self.watched.moments[end - 1]))}"
        today = f"; {self._today()}" if n > end else ""
        if self.j and self._alike(look):
            return f"{self._nothing(look)}. {first}"
        _, noun, won, _ = self.nouns
        if self.j:
            way = (
                "now points the other way"
                if self._interval(look)[1] < 0
                else f"no longer tells {noun}s that are {won} from others as it did"
            )
            return f"{way}. {self._seen(look)}. {first}{today}"
        return f"fewer than expected. {self._seen(look)}. {first}{today}"

    def _alike(self, look: Look) -> bool:
        """Whether all that were compared ended alike: then no signal can be held against the outcome."""
        good = self.watched.new.of(slice(int(look.start[self.j]), look.end)).good
        return bool(good.all() or not good.any())

    def _nothing(self, look: Look) -> str:
        rows, (_, _, won, lost) = self.watched.new.of(slice(int(look.start[self.j]), look.end)), self.nouns
        every, expected = bool(rows.good.all()), float(rows.expected.sum())
        ended = f"{won if every else lost}, where the profile expects {expected if every else len(rows) - expected:,.0f}"
        return f"nothing can be compared, for all {self.deals(len(rows))} were {ended}"

    def _seen(self, look: Look) -> str:
        start, end = int(look.start[self.j]), look.end
        which = self.deals(end - start) if start == 0 else f"the newest {end - start:,} of {self.deals(end)}"
        rows, before, (_, noun, won, _) = self.watched.new.of(slice(start, end)), self.watched.before, self.nouns
        expected = self.watched.expected(start, end)[self.j]
        if self.j == 0:
            hits = int(rows.good.sum())
            return (
                f"{hits:,} of {which} were {won} ({rows.good.mean():.0%}),"
                f" where the profile expects {rows.expected.sum():,.0f} ({expected:.0%});"
                f" before, {before.good.mean():.0%} were {won} where {before.expected.mean():.0%} were expected"
            )
        asked = before.asked[:, self.j - 1]
        was = gap(before.points[asked][:, [self.j - 1]], before.good[asked])[0]
        low, high = self._interval(look)
        return (
            f"{noun.capitalize()}s that score high on it were {won} {_more(self._gap(start, end))} often than those that score low"
            f" (between {100 * low:+.0f} and {100 * high:+.0f}, in {which}), where the profile expects {100 * expected:.0f} more;"
            f" before, it was {100 * was:.0f}"
        )

    def _gap(self, start: int, end: int) -> float:
        rows = self.watched.new.of(slice(start, end))
        return float(gap(rows.points[:, [self.j - 1]], rows.good)[0])

    def _interval(self, look: Look) -> tuple[float, float]:
        middle, half = self._gap(int(look.start[self.j]), look.end), SURE * float(look.spread_now[self.j])
        return max(middle - half, -1.0), min(middle + half, 1.0)

    def _today(self) -> str:
        n = len(self.watched.new)
        if self.j == 0:
            return f"of all {n:,} of today {self.watched.new.good.mean():.0%}, where {self.watched.new.expected.mean():.0%} are expected"
        gap_, expected = (100 * value for value in (self._gap(0, n), self.watched.expected(0, n)[self.j]))
        return f"in all {n:,} of today it is {gap_:.0f}, where {expected:.0f} are expected"

    def _quiet(self, look: Look) -> str:
        power = look.power[self.j]
        start, noun = int(look.start[self.j]), self.nouns[1]
        lower = -look.shortfall[self.j] >= self.watched.floors(start, look.end)[self.j]
        if self._alike(look):
            return f"{self._nothing(look)}; {self._next()}"
        verdict = "lower than expected, which may be chance" if lower else "no fall seen"
        if power >= WANTED:
            return f"{verdict}. {self._seen(look)}; {self._next()}"
        needed, change = self._needed(), "a fall by a quarter" if self.j == 0 else "the loss of its whole effect"
        rest = f"4 in 5 times with {needed:,} more {noun}s" if needed else f"and too few older {noun}s are known to do better"
        missed = f"{change.capitalize()} would be noticed {round(100 * power)} times in 100 by now, {rest}"
        return f"{verdict}. {self._seen(look)}. {missed}; {self._next()}"

    def _needed(self) -> int | None:
        """More new deals until a change that matters is found four times in five; None where no number of them would do."""
        if not self.watched.usable[self.j]:
            return None
        before, new = self.watched.before, self.watched.new
        rows = new if len(new) >= look_at(0) else before
        table, n = weights(rows)[:, self.j] ** 2, len(rows)
        one = float(table @ rows.variance) / n
        if self.looks:
            bound, fixed = min(float(self.looks[-1].threshold[self.j]), FAR), float(self.looks[-1].spread_before[self.j])
        else:
            bound = float(stats.norm.isf(self.watched.alpha / 2 / len(self.watched.usable)))
            fixed = float(np.sqrt(weights(before)[:, self.j] ** 2 @ before.variance)) / len(before)
        expected = rows.expected.mean() * FALL if self.j == 0 else gap(rows.points[:, [self.j - 1]], rows.expected)[0]
        left = variance_left(max(float(expected), 0.0), fixed**2, bound)
        if left <= 0:
            return None
        k = len(looks_until(len(new)))
        while look_at(k) < one / left:
            k += 1
        return max(look_at(k) - len(new), 0)

    def _rows(self, start: int, end: int) -> tuple[str, ...]:
        rows = self.watched.new.of(slice(start, end))
        against = weights(rows)[:, self.j] * rows.residual
        return tuple(str(d) for d in rows.deal_id[np.argsort(against, kind="stable")[:SHOWN]])

    def _action(self, look: Look) -> str:
        _, noun, won, lost = self.nouns
        if self._alike(look):
            gone = lost if self.watched.new.of(slice(int(look.start[self.j]), look.end)).good.all() else won
            return f"see whether {noun}s that are {gone} still reach the data"
        if self.j == 0:
            return (
                f"ask the team what changed (a price, a competitor, a campaign, the market) and look at the {noun}s named here;"
                " if it lasts, retrain (icpfit retrain) before the quarter ends"
            )
        return (
            f"see where {self.subject} comes from (a feed that broke, a page or form that changed) and rely less on its points until then;"
            " if nothing explains it, retrain (icpfit retrain) before the quarter ends"
        )


def _more(gap_: float) -> str:
    """
    >>> _more(0.183), _more(-0.02), _more(0.006)
    ('18 points more', '2 points less', '1 point more')
    """
    n = round(100 * abs(gap_))
    return f"{n} {'point' if n == 1 else 'points'} {'less' if gap_ < 0 and n else 'more'}"
