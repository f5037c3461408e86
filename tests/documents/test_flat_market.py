"""Who is buying, from a flat file: the same as from the tables that it was written from, and nothing made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icpfit.config import Config
from icpfit.cycle.opened import Opened, open_source
from icpfit.cycle.paper import market, why_no_market
from icpfit.documents import Market, market_of
from icpfit.moments import DAY, parse_moment

AS_OF = parse_moment("2026-01-01")
COLUMNS = {
    "id": "deal",
    "result": "stage",
    "positive": ["won"],
    "negative": ["lost"],
    "created_at": "created",
    "closed_at": "closed",
    "amount": "amount",
}


def rows(n: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    created = AS_OF - rng.integers(30, 1_000, n) * DAY
    length = rng.integers(0, 90, n)
    stage = rng.choice(["won", "lost", "open"], n, p=[0.3, 0.6, 0.1])
    closed = pd.Series(created + length * DAY)
    stage = np.where(closed >= AS_OF, "open", stage)
    return pd.DataFrame(
        {
            "deal": [f"d{i}" for i in range(n)],
            "stage": stage,
            "created": [text(t) for t in created],
            "closed": ["" if s == "open" else text(t) for s, t in zip(stage, closed, strict=True)],
            "amount": [str(v) for v in rng.integers(1_000, 90_000, n)],
            "Industry": rng.choice(["Software", "Retail", "Media", ""], n),
            "Number of employees": [str(v) for v in rng.integers(1, 900, n)],
            "Client Size": rng.choice(["small", "large"], n),
            "headcount": [str(v) for v in rng.integers(1, 6, n)],
            "Deal size": [str(v) for v in rng.integers(1, 900, n)],
        }
    )


def text(moment: int) -> str:
    return str(pd.Timestamp(int(moment), unit="us"))[:10]


def opened(place: Path, frame: pd.DataFrame, layer: tuple[str, ...], outcome: str = "win", columns: Any = COLUMNS, **more: Any) -> Opened:
    frame.to_csv(place / "deals.csv", index=False)
    layers = {"firmographic": list(layer)}
    source = {"kind": "flat", "path": str(place / "deals.csv"), "outcome": outcome, "columns": columns, "layers": layers, **more}
    return open_source(Config.model_validate({"source": source}))


def counted(place: Path, frame: pd.DataFrame, *layer: str, **more: Any) -> Market:
    found = market(opened(place, frame, layer, **more), AS_OF)
    assert found is not None
    return found


def test_it_is_the_market_of_the_tables_the_file_was_written_from(tmp_path: Path) -> None:
    frame = rows()
    moments = {c: [parse_moment(t) if t else None for t in frame[c]] for c in ("created", "closed")}
    deals = pd.DataFrame(
        {
            "account_id": frame["deal"],
            "stage": frame["stage"],
            "created_at": moments["created"],
            "closed_at": moments["closed"],
            "amount": frame["amount"],
        }
    )
    accounts = pd.DataFrame({"account_id": frame["deal"], "industry": frame["Industry"].replace("", None)})
    accounts["employee_count"] = frame["Number of employees"].astype(float)
    found = counted(tmp_path, frame, "Industry", "Number of employees")
    plain = market_of(deals, accounts, AS_OF)
    assert found.won > 20
    assert replace(found, industry_name="Industry", size_name="Employees", about=plain.about) == plain
    assert (found.industry_name, found.size_name) == ("Industry", "Number of employees")
    assert found.about == "Rows of your file that were closed in these twelve months. Industry and size are as the file has them."


def test_what_the_file_does_not_say_is_not_made_up(tmp_path: Path) -> None:
    bare = counted(tmp_path, rows(), "Deal size", columns={**COLUMNS, "amount": None})
    assert (bare.by_industry, bare.by_size, bare.loss_reasons, bare.mean_value) == ((), (), (), None)
    assert "Industry" not in bare.about


@pytest.mark.parametrize(("column", "groups"), [("Client Size", {"small", "large"}), ("headcount", {"1", "2", "3", "4", "5"})])
def test_groups_and_codes_of_the_file_are_not_read_as_numbers_of_employees(tmp_path: Path, column: str, groups: set[str]) -> None:
    found = counted(tmp_path, rows(), column)
    assert {s.name for s in found.by_size} == groups
    assert found.size_name == column


def test_large_codes_are_told_apart_to_their_last_digit(tmp_path: Path) -> None:
    frame = rows()
    frame["headcount"] = ["1234567" if i % 2 else "1234568" for i in range(len(frame))]
    assert {s.name for s in counted(tmp_path, frame, "headcount").by_size} == {"1234567", "1234568"}


def test_without_a_close_or_without_deals_it_says_why(tmp_path: Path) -> None:
    frame = rows()
    no_close = opened(tmp_path, frame, ("Industry",), columns={**COLUMNS, "closed_at": None})
    assert market(no_close, AS_OF) is None
    assert why_no_market(no_close).startswith("No row of the file says when a deal was closed")
    staying = opened(tmp_path, frame, ("Industry",), outcome="retention")
    assert market(staying, AS_OF) is None
    assert why_no_market(staying) == "The file says who stays, not who buys: there are no deals to count."
    assert market(opened(tmp_path, frame, ("Industry",)), None) is None


def test_rows_that_cannot_be_counted_are_named(tmp_path: Path) -> None:
    frame = rows()
    frame.loc[frame.index[frame["stage"] == "won"][:3], "closed"] = ""
    whole, part = counted(tmp_path, rows(), "Industry"), counted(tmp_path, frame, "Industry")
    assert whole.won + sum(whole.before) >= part.won + sum(part.before)
    assert part.about.endswith("3 more with a result do not say when they were closed, and are not counted.")
    window = counted(tmp_path, frame, "Industry", outcome_window_days=120, no_outcome_before="2023-06-01")
    assert "Rows created before 2023-06-01 are not counted. Rows of the last 120 days have not had their time yet" in window.about


def test_what_comes_later_changes_nothing(tmp_path: Path) -> None:
    frame = rows()
    later = frame.assign(deal="later-" + frame["deal"], created="2026-01-05", closed="2026-02-01", stage="won")
    assert counted(tmp_path, pd.concat([frame, later]), "Industry") == counted(tmp_path, frame, "Industry")
