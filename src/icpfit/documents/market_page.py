"""Who is buying, as words and figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from icpfit.documents.market import FEW, Market, Segment
from icpfit.documents.words import UNKNOWN, count, known, money, percent
from icpfit.models.evidence import shrunken_rate
from icpfit.moments import day_text
from icpfit.plural import counted

NOTHING = "—"


def market_page(market: Market, currency: str) -> dict[str, Any]:
    return {
        "until": day_text(market.as_of),
        "about": market.about,
        "tiles": _tiles(market, currency),
        "segments": [
            {
                "title": title,
                "name": name[:1].upper() + name[1:],
                "rows": _segments(rows, currency),
                "values": any(known(r.mean_value) is not None for r in rows),
            }
            for title, name, rows in (
                ("Deals won by industry", market.industry_name, market.by_industry),
                ("Deals won by company size", market.size_name, market.by_size),
            )
            if rows
        ],
        "losses": [
            {"name": name, "count": count(n), "share": percent(n / market.lost), "width": _width(n, max(m for _, m in market.loss_reasons))}
            for name, n in market.loss_reasons
        ],
    }


def _tiles(market: Market, currency: str) -> list[tuple[str, str, str]]:
    """(name, figure, remark)"""
    won, lost = market.before
    before = percent(won / (won + lost)) if won + lost else UNKNOWN
    closed = market.won + market.lost
    rate = f"of {count(closed)} closed deals{_in_brackets(market.won, closed)}; the year before: {before}"
    tiles = [("Deals won", count(market.won), f"the year before: {count(won)}"), ("Win rate", percent(market.win_rate), rate)]
    if known(market.mean_value) is not None:
        whose = "of a won deal" if market.valued == market.won else f"of the {counted(market.valued, 'won deal')} whose value is known"
        tiles.append(("Average value", _if_enough(market.valued, money(market.mean_value, currency)), whose))
    if market.median_cycle_days is not None:
        tiles.append(("Half are won within", _if_enough(market.won, f"{market.median_cycle_days:.0f} days"), "from created to closed"))
    return tiles


def _if_enough(deals: int, figure: str) -> str:
    """An average or a middle of a handful of deals says nothing."""
    return figure if deals >= FEW else "too few"


def _in_brackets(won: int, closed: int) -> str:
    return f" (90% range {_range(won, closed)})" if closed else ""


def _range(won: int, closed: int) -> str:
    _, low, high = shrunken_rate(won, closed)
    return f"{percent(low)} to {percent(high)}"


def _segments(rows: Sequence[Segment], currency: str) -> list[dict[str, str]]:
    most = max(r.won for r in rows)
    return [
        {
            "name": r.name,
            "won": count(r.won),
            "width": _width(r.won, most),
            "rate": "too few" if r.win_rate is None else percent(r.win_rate),
            "range": "" if r.win_rate is None else _range(r.won, r.closed),
            "value": NOTHING if known(r.mean_value) is None else _if_enough(r.valued, money(r.mean_value, currency)),
        }
        for r in rows
    ]


def _width(n: int, most: int) -> str:
    return f"{100 * n / most:.0f}" if most else "0"
