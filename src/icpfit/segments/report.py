"""The table, the findings and the adjustments as plain JSON values: the key ``segments`` of a run's metrics."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, get_args

from icpfit.segments.adjust import Adjustment
from icpfit.segments.deals import FigureName, SegmentDeals
from icpfit.segments.own_model import OwnModel
from icpfit.segments.table import LEAST_ODDS, LEAST_RATIO, LEVELS, PAIR_ROWS, Cell, Row, Table
from icpfit.segments.traits import Trait, TraitsFound
from icpfit.segments.words import churn_findings, row_words

OF_ROW = ("label", "status", "direction", "deals", "accounts", "q", "words")
OF_CELL = ("rows", "hits", "median", "value", "low", "high", "against", "p", "odd")
DIGITS = 4
"""significant ones, of what is estimated: more would be noise, and hang on the order of a sum"""


def table_report(deals: SegmentDeals, found: TraitsFound, table: Table) -> dict[str, Any]:
    """Single segments by trait, then pairs; ``not_found`` are traits without data, ``refused`` those that know the outcome."""
    singles, pairs = table.tested(1), table.tested(2)
    return {
        "deals": int(deals.counted.sum()),
        "traits": [_trait(t) for t in found.traits],
        "not_found": list(found.missing),
        "refused": [{"trait": label, "reason": reason} for label, reason in found.refused],
        "overall": {name: {"rows": n, "hits": hits, "value": _round(v)} for name, (n, hits, v) in table.overall.items()},
        "tested": {"segments": singles[0], "pairs": pairs[0], "comparisons": singles[1] + pairs[1]},
        "levels": {"segments": LEVELS[1], "pairs": LEVELS[2]},
        "floors": {"odds": LEAST_ODDS, "ratio": LEAST_RATIO},
        "pair_rows": PAIR_ROWS,
        "alike_within_accounts": {name: _round(v) for name, v in table.alike.items()},
        "table": [_row(r) for r in table.rows],
        "findings": [asdict(f) for f in churn_findings(table)],
    }


def in_brief(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report without the pairs of which there is nothing to tell: hundreds, which :func:`table_csv` has."""
    return {**report, "table": [r for r in report["table"] if len(r["segment"]) == 1 or r["status"]]}


def table_csv(report: Mapping[str, Any]) -> str:
    """Every row of the table as a CSV file, a column for each part of each figure; "" without a row."""
    rows = report["table"]
    if not rows:
        return ""
    figures = [name for name in get_args(FigureName) if any(name in r for r in rows)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*OF_ROW, *(f"{name}_{part}" for name in figures for part in OF_CELL)])
    for row in rows:
        cells: list[Mapping[str, Any]] = [row.get(name, {}) for name in figures]
        writer.writerow([*(row[part] for part in OF_ROW), *(cell.get(part) for cell in cells for part in OF_CELL)])
    return text.getvalue()


def models_report(trait: Trait, adjusted: Sequence[Adjustment], own: Sequence[OwnModel]) -> dict[str, Any]:
    """One trait's adjustments of the model, and whether each of its values should have a model of its own."""
    answers = {o.value: o for o in own}
    return {
        "label": trait.label,
        "values": [
            {**_rounded(asdict(a)), "off": a.off, "own_model": _rounded(asdict(answers[a.value])) if a.value in answers else None}
            for a in adjusted
        ],
    }


def _trait(trait: Trait) -> dict[str, Any]:
    known = sum(1 for v in trait.values if v is not None)
    return {
        "trait": trait.name,
        "label": trait.label,
        "known": known,
        "values": len(trait.shown),
        "beyond": trait.beyond,
        "today": trait.today,
    }


def _row(row: Row) -> dict[str, Any]:
    cells: Mapping[FigureName, Cell] = row.cells
    return {
        "segment": dict(row.of),
        "label": row.label,
        "status": row.status,
        "direction": row.direction,
        "words": row_words(row),
        "deals": row.deals,
        "accounts": row.accounts,
        "q": None if row.q is None else _round(row.q),
        **{name: _cell(cell) for name, cell in cells.items()},
    }


def _cell(cell: Cell) -> dict[str, Any]:
    """``hits`` of a rate, ``median`` of an amount; ``odd`` only where it is."""
    counted = {"median": cell.counted} if cell.hits is None else {"hits": cell.hits}
    odd = {"odd": cell.odd} if cell.odd else {}
    body = {"rows": cell.rows, **counted, "value": cell.value, "low": cell.low, "high": cell.high, "against": cell.against, "p": cell.p}
    return _rounded(body) | odd


def _rounded(body: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _round(v) if isinstance(v, float) else v for k, v in body.items()}


def _round(value: float) -> float:
    """
    >>> _round(0.123456), _round(1234567.0), _round(0.0)
    (0.1235, 1235000.0, 0.0)
    """
    return float(f"{value:.{DIGITS}g}")
