"""From a difference to a finding: an alarm, too small to matter, no more than chance, or not to be told."""

from __future__ import annotations

from dataclasses import dataclass

from icpfit.config import Outcome
from icpfit.drift.answered import Answered
from icpfit.drift.between import Difference
from icpfit.drift.cohort import NOUNS, cannot, cohort_words
from icpfit.drift.finding import Finding
from icpfit.drift.power import WANTED


@dataclass(frozen=True, slots=True)
class Said:
    """``seen``: then and now in numbers. ``alarm``, ``action`` and ``rows`` count where there is one, ``calm`` ends the words where
    there is nothing, ``change`` names the one whose ``power`` is told."""

    seen: str
    calm: str
    alarm: str
    action: str
    rows: tuple[str, ...]
    change: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whose deals are compared, at which family-wise level."""

    then: Answered
    now: Answered
    outcome: Outcome
    level: float

    @property
    def cohort(self) -> str:
        return cohort_words(self.now, self.outcome)

    @property
    def noun(self) -> str:
        return NOUNS[self.outcome][0]

    def untold(self, code: str, subject: str, words: str, needed: int | None = None) -> Finding:
        """The question could not be asked."""
        return Finding(code, subject, None, None, None, None, len(self.then), len(self.now), False, words, 0.0, needed, self.cohort)

    def judged(self, code: str, subject: str, d: Difference, change: float, large: bool, told: float, said: Said) -> Finding:
        """``large``: it matters; ``told``: the change of the figure by which power is told. No p-value where nothing can be told."""
        power, needed = d.power(told), d.needed(told, len(self.now))
        sure = d.q_value <= self.level
        alarm = sure and large
        known = sure or power >= WANTED
        if alarm:
            words = said.alarm
        elif sure:
            words = f"{said.seen}: changed, too little to matter"
        elif known:
            words = f"{said.seen}: {said.calm}"
        else:
            words = f"{cannot(needed, self.noun, said.change, len(self.then))}; so far {said.seen}"
        return Finding(
            code,
            subject,
            d.z,
            d.p_value if known else None,
            d.q_value if known else None,
            min(abs(change), 1.0),
            len(self.then),
            len(self.now),
            alarm,
            words,
            power,
            0 if known else needed,
            self.cohort,
            said.rows if alarm else (),
            said.action if alarm else "",
        )
