"""What the page says of segments: the confirmed first, then what touches winning and staying; nothing of what is not known."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from icpfit.documents import render_html
from icpfit.documents.segments_page import MOST_ROWS, segments_page

Make = Callable[..., dict[str, Any]]


def test_the_confirmed_stand_first_then_what_touches_winning_and_staying(make_segments: Make) -> None:
    page = segments_page(make_segments(), "USD")
    assert page is not None
    assert [r["label"] for r in page["rows"]] == ["Region: NA", "Product: Lite", "Region: NA, Industry: x", "CRM in use"]
    assert page["words"] == [
        "5 segments and 1 pair of them were compared with the rest; 4 rows differ by more than chance would show.",
        "Better in two figures or more: Region: NA.",
    ]
    assert page["churn"]["rows"] == ["Churn is concentrated in “Product: Lite”: 12 of its 30 customers left."]
    assert page["more"] == ""


def test_a_figure_stands_with_what_it_is_compared_with_and_what_was_counted(make_segments: Make) -> None:
    page = segments_page(make_segments(), "USD")
    assert page is not None
    won, pays, days, stay = page["rows"][0]["figures"]
    assert won == {"name": "Won", "figure": "29%", "odd": True, "notes": ["others 20%", "30 of 100"]}
    assert pays == {"name": "Pays", "figure": "USD 9,500", "odd": False, "notes": ["others USD 9,400", "30 won"]}
    assert (days["figure"], stay["odd"]) == ("41", True)
    assert page["rows"][2]["figures"][0]["notes"] == ["its parts 20%", "30 of 100"]


def test_the_models_standing_in_words(make_segments: Make) -> None:
    page = segments_page(make_segments(), "USD")
    assert page is not None
    (model,) = page["models"]
    assert model["title"] == "Who buys, by Region"
    assert [r["words"] for r in model["rows"]] == ["It holds here.", "It says too much here. It ranks worse here than elsewhere."]
    assert [r["own"] for r in model["rows"]] == [
        "No. It puts 77.0 pairs in order, this one 80.0.",
        "Cannot tell; needed: 3 more wins.",
    ]


def test_no_more_rows_than_a_person_reads(make_segments: Make) -> None:
    report = make_segments()
    report["table"] = [{**copy.deepcopy(report["table"][3]), "label": f"Region: {i:02}"} for i in range(MOST_ROWS + 4)]
    page = segments_page(report, "USD")
    assert page is not None
    assert len(page["rows"]) == MOST_ROWS
    assert page["more"] == "4 more rows of this kind: all are in segments.csv beside the document of the training run."


def test_where_nothing_stands_out_it_says_so_and_where_nothing_is_known_it_is_silent(make_segments: Make, make_page: Make) -> None:
    report = make_segments()
    report["table"], report["findings"] = report["table"][:1], []
    page = segments_page(report, "USD")
    assert page is not None
    assert page["words"] == ["5 segments and 1 pair of them were compared with the rest: none differs by more than chance would show."]
    assert (page["rows"], page["churn"]) == ([], None)
    assert segments_page({**report, "table": []}, "USD") is None
    assert segments_page(None, "USD") is None


def test_a_trait_without_data_is_not_spoken_of(make_segments: Make, pages: dict[str, Any]) -> None:
    assert make_segments()["not_found"] == ["funding"]
    assert "unding" not in render_html(pages["whole"])["icp.html"].split('id="segments"')[1].split("<h2")[0]
