"""What a row of the table says, in words, and churn that is concentrated in a segment as a finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from icpfit.plural import counted
from icpfit.segments.compare import FEWEST_ROWS
from icpfit.segments.deals import FigureName
from icpfit.segments.table import Row, Table

CODE = "CHURN-SEGMENT"
ADVICE = "Ask those who left why, before you win more of the kind."

SAID: dict[FigureName, tuple[str, str]] = {
    "win_rate": ("won more often", "won less often"),
    "value": ("pays more", "pays less"),
    "cycle": ("closes faster", "closes slower"),
    "retention": ("stays more often", "leaves more often"),
}
"""better, worse"""


@dataclass(frozen=True, slots=True)
class ChurnFinding:
    """``answer``: yes for a segment whose customers leave more; one no, or one cannot tell, where there is none."""

    answer: Literal["yes", "no", "cannot tell"]
    segment: str
    customers: int
    left: int
    words: str
    code: str = CODE


def row_words(row: Row) -> str:
    """What is odd about a segment, the better first; empty where nothing is.

    >>> from icpfit.segments.table import Cell
    >>> cell = Cell(rows=50, hits=25, counted=0.5, value=0.48, low=0.4, high=0.6, against=0.2, p=1e-6, leans=1, odd=1)
    >>> row_words(Row((("region", "EU"),), "Region: EU", 50, 50, {"win_rate": cell}))
    'won more often'
    """
    odd = sorted(((name, c) for name, c in row.cells.items() if c.odd), key=lambda item: -item[1].odd)
    return ", ".join(SAID[name][0 if cell.odd > 0 else 1] for name, cell in odd)


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.0995 else f"{share:.1%}"


def churn_findings(table: Table) -> tuple[ChurnFinding, ...]:
    """A finding for each segment, then each pair, whose customers are told to leave more; else one that says no, or cannot tell."""
    odd = [r for r in table.rows if "retention" in r.cells and r.cells["retention"].odd < 0]
    odd.sort(key=lambda r: (len(r.of), r.cells["retention"].value, r.label))
    if odd:
        return tuple(_leaving(r) for r in odd)
    rows, stayed, _ = table.overall.get("retention", (0, 0, 0.0))
    left = rows - (stayed or 0)
    compared = any("retention" in r.cells and r.cells["retention"].p is not None for r in table.rows)
    if compared:
        words = f"of {counted(rows, 'customer')} {left:,} left, and no segment's customers are shown to leave more often than the others"
        return (ChurnFinding("no", "", rows, left, words),)
    needed = max(0, FEWEST_ROWS - left), max(0, FEWEST_ROWS - (rows - left))
    more = " and ".join(f"{n} more who {what}" for n, what in zip(needed, ("left", "stayed"), strict=True) if n)
    if not rows:
        why = "nothing is known of who stayed"
    elif more:
        why = f"of {counted(rows, 'customer')} whose time has passed {left:,} left; needed: {more}"
    else:
        why = f"no segment is known that has {FEWEST_ROWS} customers, and as many beside it"
    return (ChurnFinding("cannot tell", "", rows, left, f"whether churn is concentrated in a segment cannot be told: {why}"),)


def _leaving(row: Row) -> ChurnFinding:
    cell = row.cells["retention"]
    left = cell.rows - (cell.hits or 0)
    words = f"churn is concentrated in “{row.label}”: {left:,} of its {counted(cell.rows, 'customer')} left"
    if cell.against is not None:
        estimate = f"by our estimate {_percent(1 - cell.value)} ({_percent(1 - cell.high)} to {_percent(1 - cell.low)}) leave"
        beside = "its two parts together would suggest" if len(row.of) > 1 else "of all others did"
        words += f"; {estimate}, where {_percent(1 - cell.against)} {beside}"
    return ChurnFinding("yes", row.label, cell.rows, left, words)
