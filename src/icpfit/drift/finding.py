"""One answer to "has this moved?", with the numbers behind it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """``alarm`` means: significant within the call's error rate, and large enough to matter.

    ``p_value`` and ``q_value`` are None where the test could not be made; ``words`` then says how many
    rows it would need. ``effect`` is a distance between 0 and 1 (largest gap of the distributions,
    share of rows that moved, difference of shares or of correlations).
    """

    code: str
    subject: str
    statistic: float | None
    p_value: float | None
    q_value: float | None
    effect: float | None
    n_reference: int
    n_current: int
    alarm: bool
    words: str

    def __post_init__(self) -> None:
        if self.alarm and self.p_value is None:
            raise ValueError(f"{self.code} {self.subject}: an alarm needs a test")
