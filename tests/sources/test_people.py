"""The contacts' functions and seniorities, and what a feature may know of people."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from icpfit.config import FeatureSpec
from icpfit.errors import FeatureError
from icpfit.features.build import build_features
from icpfit.sources.frames import warehouse_from_frames
from icpfit.sources.warehouse import Warehouse

Frames = dict[str, pd.DataFrame]


def contacts(**columns: list[Any]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"contact_id": [f"P{i}" for i in range(n)], "account_id": ["A", "B", "C", "D", "A", "B"][:n], **columns})


def people(warehouse: Warehouse) -> list[list[str | None]]:
    frame = warehouse.frame("contacts")[["function", "seniority"]].astype(object)
    return frame.where(frame.notna(), None).to_numpy().tolist()


def test_the_companys_own_word_goes_first_then_the_title_and_an_unknown_word_stays(company: Frames) -> None:
    company["contacts"] = contacts(
        title=["CFO", "CFO", None, "Wizard", "CEO", None],
        function=[None, "data", "finance", "Team Blue", None, None],
        seniority=["individual", None, "c-level", "level 4", None, None],
    )
    warehouse = warehouse_from_frames(company)
    assert people(warehouse) == [
        ["Finance", "Entry"],
        ["Information Technology", "CXO"],
        ["Finance", "CXO"],
        ["Team Blue", "level 4"],
        [None, "CXO"],
        [None, None],
    ]
    (said,) = [f for f in warehouse.findings if f.code == "PEOPLE-UNMAPPED"]
    assert (said.rows, said.severity) == (1, "note")
    assert said.words == (
        "contacts: of 5 people with a title, 1 (20.0%) no function and 1 (20.0%) no seniority that the lists know, most often"
        " 'Wizard' (1); no condition finds them by it."
    )


def test_titles_alone_are_enough(company: Frames) -> None:
    company["contacts"] = contacts(title=["VP Sales", "Leiter Einkauf", "PDG", "Intern"])
    warehouse = warehouse_from_frames(company)
    assert people(warehouse) == [["Sales", "VP"], ["Purchasing", "Director"], [None, "CXO"], [None, "Training"]]
    assert {"function", "seniority"} <= set(warehouse.columns["contacts"])
    assert "title" not in warehouse_from_frames({**company, "contacts": contacts(buying_role=["user"])}).columns["contacts"]


def counted(warehouse: Warehouse, as_of: str, **spec: Any) -> list[float]:
    feature = FeatureSpec.model_validate({"name": "f", "label": "F", "layer": "behavioral", "aggregate": "count", **spec})
    moments = pd.DataFrame({"account_id": ["A", "B"], "as_of": [pd.Timestamp(as_of).value // 1_000] * 2})
    return [float(x) for x in build_features(warehouse, [feature], moments)["f"]]


def test_conditions_find_people_by_function_once_they_were_known(company: Frames) -> None:
    company["contacts"] = contacts(title=["CFO", "FP&A Manager", "CTO", "Wizard", "Finance Director", "CEO"])
    finance = {"table": "contacts", "where": "function = 'Finance'"}
    with pytest.raises(FeatureError, match="whose rows have no time"):
        counted(warehouse_from_frames(company), "2026-06-01", **finance)
    company["contacts"]["recorded_at"] = pd.to_datetime(
        ["2026-01-01", "2026-05-01", "2026-01-01", "2026-01-01", "2026-03-01", "2026-01-01"]
    )
    warehouse = warehouse_from_frames(company)
    assert counted(warehouse, "2026-02-01", **finance) == [1, 0]
    assert counted(warehouse, "2026-06-01", **finance) == [2, 1]
    assert counted(warehouse, "2026-06-01", table="contacts", where="seniority IN ('CXO', 'Owner')") == [1, 1]


def test_a_role_of_a_contact_is_refused_and_a_role_with_its_date_is_known_from_then_on(company: Frames) -> None:
    company["contacts"] = contacts(buying_role=["champion"], recorded_at=["2026-01-01"])
    company["contact_roles"] = pd.DataFrame(
        {"account_id": ["A", "A"], "buying_role": ["champion", "economic_buyer"], "assigned_at": ["2026-03-01", "2026-01-01"]}
    )
    warehouse = warehouse_from_frames(company)
    for asked in ({"where": "buying_role = 'champion'"}, {"aggregate": "distinct", "column": "buying_role"}):
        with pytest.raises(FeatureError, match="written after the row itself") as caught:
            counted(warehouse, "2026-06-01", table="contacts", **asked)
        assert "contact_roles" in str(caught.value.hint)
    champion = {"table": "contact_roles", "where": "buying_role = 'champion'"}
    assert counted(warehouse, "2026-02-01", **champion) == [0, 0]
    assert counted(warehouse, "2026-04-01", **champion) == [1, 0]
