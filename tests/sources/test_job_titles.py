"""Titles to functions and seniorities: what people reviewed, and that the tables are in order."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from icpfit.sources.job_titles import GENERAL_MANAGEMENT, functions, role_of, seniorities, standard_function, standard_seniority

TABLES = Path(__file__).parents[2] / "src" / "icpfit" / "sources" / "titles"
with (Path(__file__).parent / "reviewed_titles.csv").open(encoding="utf-8", newline="") as file:
    REVIEWED = [(row["title"], row["function"], row["seniority"]) for row in csv.DictReader(file)]


def test_there_are_enough_reviewed_titles():
    assert len({title for title, _, _ in REVIEWED}) == len(REVIEWED) > 250
    assert {f for _, f, _ in REVIEWED} == {"", GENERAL_MANAGEMENT, *functions()}
    assert {s for _, _, s in REVIEWED} == {"", *seniorities()}


@pytest.mark.parametrize(("title", "function", "seniority"), REVIEWED)
def test_a_title_says_what_was_reviewed(title: str, function: str, seniority: str):
    role = role_of(title)
    said = GENERAL_MANAGEMENT if role.whole_company else role.function or ""
    assert (said, role.seniority or "") == (function, seniority)
    assert role_of(f"  {title.upper()} ") == role, "capitals say nothing"


def test_the_lists_are_the_ad_platforms():
    assert len(functions()) == 26
    assert len(seniorities()) == 10
    assert set(seniorities()) == set(yaml.safe_load((TABLES / "seniorities.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["functions", "seniorities"])
def test_no_words_stand_for_two_things(name: str):
    places: dict[str, list[str]] = {}
    for value, kinds in yaml.safe_load((TABLES / f"{name}.yaml").read_text(encoding="utf-8")).items():
        assert set(kinds) <= {"first", "words", "last"}
        for kind, listed in kinds.items():
            for words in filter(None, (w.strip() for w in listed.split(","))):
                assert words == words.casefold(), f"{words} is written as no title is compared"
                assert words.isascii()
                places.setdefault(words, []).append(f"{value} {kind}")
    assert {words: found for words, found in places.items() if len(found) > 1} == {}


def test_a_companys_own_words_are_understood_and_the_lists_own_words_are_themselves():
    assert [standard_function(f) for f in functions()] == list(functions())
    assert [standard_seniority(s) for s in seniorities()] == list(seniorities())
    own = {"engineering": "Engineering", "revenue operations": "Sales", "IT": "Information Technology", "R&D": "Research", "x": None}
    assert {word: standard_function(word) for word in own} == own
    levels = {
        "c-level": "CXO",
        "C-Suite": "CXO",
        "vice president": "VP",
        "individual": "Entry",
        "Individual contributor": "Entry",
        "head": "Director",
    }
    assert {word: standard_seniority(word) for word in levels} == levels


@given(st.text(max_size=80))
def test_any_text_has_an_answer(text: str):
    role = role_of(text)
    assert role.function is None or role.function in functions()
    assert role.seniority is None or role.seniority in seniorities()
