"""What a person enters in Salesforce and HubSpot: names that they take, formulas within their limits, and a stated plan."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import cards
import pytest
from crm_formulas import computed, hubspot, salesforce
from hypothesis import given, settings
from hypothesis import strategies as st

from icpfit.errors import ScorecardError
from icpfit.exports.fields import Input, decimal
from icpfit.exports.hubspot import hubspot_names, hubspot_properties, hubspot_text
from icpfit.exports.salesforce import MOST_CHARACTERS, salesforce_fields, salesforce_names, salesforce_text
from icpfit.scorecard.card import Disqualification, Scorecard


@pytest.fixture(scope="module")
def card() -> Scorecard:
    return cards.full_card()


@pytest.fixture(scope="module")
def huge(card: Scorecard) -> Scorecard:
    """A category of a thousand texts, and a disqualifier of a thousand others: no formula holds them."""
    many = tuple(f'the "{n}th" region of many' for n in range(1_000))
    regions = (cards.cell("half", 6, values=many[:500]), cards.cell("rest", 0, values=many[500:]), cards.cell("?", 3, unknown=True))
    attributes = tuple(replace(a, bins=regions) if a.name == "region" else a for a in card.attributes)
    out = Disqualification("partner", None, "one of the thousand", 1, None, None, values=many)
    return replace(card, attributes=attributes, disqualifiers=(*card.disqualifiers, out))


def test_names_are_such_that_the_crms_take_and_no_two_are_the_same(card: Scorecard) -> None:
    wanted = ["a" * 60 + "_one", "a" * 60 + "_two", "Größe (m²)", "points", "tier", "disqualified", "points_intent", "p_points", "A__b_"]
    out = tuple(Disqualification(name, 1.0, name, 1, None, None) for name in wanted)
    odd = replace(card, disqualifiers=out)
    for names, made, ending, limit in (
        (salesforce_names(odd), salesforce_fields(odd), "__c", 40),
        (hubspot_names(odd), hubspot_properties(odd), "", 100),
    ):
        found = [*names.values(), *(f.name for f in made)]
        assert len(set(found)) == len(found)
        assert all(re.fullmatch(r"[a-z](?:[a-z0-9]|_(?=[a-z0-9]))*", name.removesuffix(ending)) for name in found), found
        assert max(len(name.removesuffix(ending)) for name in found) <= limit


def test_a_card_of_a_thousand_texts_is_split_and_says_so(huge: Scorecard) -> None:
    fields = salesforce_fields(huge)
    assert max(len(f.formula) for f in fields) <= MOST_CHARACTERS
    parts = [f for f in fields if f.name.startswith("icpfit_part_")]
    assert len(parts) > 10
    text = salesforce_text(huge, "v")
    assert f"{len(parts)} of the fields below" in text
    names = {i.feature if not i.is_text or i.feature != "employees" else "text": name for i, name in salesforce_names(huge).items()}
    asked = [
        ('the "3th" region of many', None),
        ('the "999th" region of many', None),
        ("unseen", None),
        (None, 'the "712th" region of many'),
    ]
    accounts = [{**dict.fromkeys(names.values()), names["region"]: r, names["partner"]: p} for r, p in asked]
    found = computed([(f.name, f.formula) for f in fields], salesforce, accounts)
    columns: dict[str, list[Any]] = {n: [None] * 4 for n in ("employees", *names) if n != "text"}
    columns |= {"region": [r for r, _ in asked], "partner": [p for _, p in asked]}
    expected = cards.by_hand(huge, columns)
    got = [(int(a["icpfit_points__c"]), a["icpfit_tier__c"], a["icpfit_disqualified__c"] or "") for a in found]
    assert got == [(r[0], r[-2], r[-1]) for r in expected]


def test_a_text_that_no_formula_holds_is_refused(card: Scorecard) -> None:
    endless = replace(card, disqualifiers=(Disqualification("partner", None, "x" * 5_000, 1, None, None, values=("yes",)),))
    with pytest.raises(ScorecardError, match="more than 3,900"):
        salesforce_fields(endless)


def test_fields_stand_after_those_they_name(card: Scorecard, huge: Scorecard) -> None:
    for each in (card, huge):
        for fields, held in ((salesforce_fields(each), salesforce_names(each)), (hubspot_properties(each), hubspot_names(each))):
            there = set(held.values())
            for f in fields:
                named = set(re.findall(r"\bicpfit_\w+", re.sub(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'", "", f.formula)))
                assert named <= there, f.name
                assert f.name not in there
                there.add(f.name)


def test_both_texts_name_every_field_and_what_cannot_be_said(card: Scorecard) -> None:
    for text, fields, held in (
        (salesforce_text(card, "v"), salesforce_fields(card), salesforce_names(card)),
        (hubspot_text(card, "v"), hubspot_properties(card), hubspot_names(card)),
    ):
        for f in fields:
            assert f"### `{f.name}`" in text
            assert f.formula in text
        assert all(f"`{name}`" in text for name in held.values())
        assert "“two⏎lines”" in text
        assert "not run inside Salesforce" in text or "None was run inside HubSpot" in text
        assert text.endswith("\n")


def test_the_rules_to_enter_are_the_bins_of_the_card(card: Scorecard) -> None:
    """Each bin is one line of the table, with its points; group limits are the layers' maxima."""
    text = hubspot_text(card, "v")
    groups = dict(re.findall(r"### Group \*(\w+)\*, group limit (\d+)", text))
    assert {k: int(v) for k, v in groups.items()} == {k: v for k, v in card.layer_maxima.items() if v}
    assert "| `icpfit_employees` | is at least 50 and less than 120 | 15 |" in text
    assert "| `icpfit_region` | is unknown (empty), or any text that is not named | 3 |" in text
    table = text[text.index("## 2.") : text.index("### Thresholds")]
    assert len(re.findall(r"^\| `+ ?icpfit_.* \| -?\d+ \|", table, re.MULTILINE)) >= sum(len(a.bins) for a in card.attributes)


def test_a_yes_or_no_is_a_checkbox_where_a_checkbox_can_be_empty(card: Scorecard) -> None:
    """HubSpot has one that may be empty; in Salesforce it is never, and the file says why it is a number there."""
    flags = {i.feature for i in hubspot_names(card) if i.kind == "flag"}
    assert flags == {"warehouse", "on_free_mail", "competitor", "reseller"}
    text = hubspot_text(card, "v")
    for feature in flags:
        assert f"| `icpfit_{feature}` | Single checkbox (type bool) |" in text
        assert not re.search(rf"(?<!bool\()icpfit_{feature}\b", "".join(f.formula for f in hubspot_properties(card)))
    assert "| `icpfit_warehouse` | is Yes | 12 |" in text
    assert "| `icpfit_warehouse` | is No | 0 |" in text
    assert "| `icpfit_warehouse` | is unknown (empty) | 6 |" in text
    assert "| `icpfit_competitor` | is Yes | -100 | a competitor |" in text
    assert "| `icpfit_reseller` | is No | -100 | no reseller |" in text
    assert "0.5" not in text[text.index("## 1.") : text.index("### Thresholds")]
    told = salesforce_text(card, "v")
    for feature in flags:
        assert f"| `icpfit_{feature}__c` | Number(1, 0): 1 is yes, 0 is no |" in told
    assert "a checkbox of Salesforce is never empty" in told


@pytest.mark.parametrize(
    ("asked", "points"),
    [({"at_least": 1.0}, (0, 1, 0)), ({"below": 1.0}, (1, 0, 0)), ({"at_least": 0.0}, (1, 1, 0)), ({"at_least": 2.0}, (0, 0, 0))],
)
def test_whatever_is_asked_of_a_checkbox_is_asked_of_yes_and_of_no(
    card: Scorecard, asked: dict[str, float], points: tuple[int, ...]
) -> None:
    one = Disqualification("competitor", asked.get("at_least"), "out", 1, None, None, below=asked.get("below"), is_flag=True)
    fields = hubspot_properties(replace(card, disqualifiers=(one,)))
    names = hubspot_names(replace(card, disqualifiers=(one,)))
    accounts = [{**dict.fromkeys(names.values()), "icpfit_competitor": said} for said in (False, True, None)]
    found = computed([(f.name, f.formula) for f in fields], hubspot, accounts)
    assert tuple(int(a["icpfit_disqualified_no"]) for a in found) == points


def test_the_interpreters_refuse_what_they_do_not_know() -> None:
    for formula in ("FLOOR(1)", "IF(1, 2)", "a +", "1 2", "CASE(a, 1, 2)"):
        with pytest.raises((AssertionError, KeyError)):
            salesforce(formula)
    for formula in ("if a then 1", "-1", "round(a)", "if a > 1 then 2 else 3 endif"):
        with pytest.raises(AssertionError):
            hubspot(formula)
    assert salesforce("IF(ISBLANK(a), 1, 2)")({"a": None}) == 1
    assert hubspot("a + 1")({"a": None}) is None


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5).filter(lambda t: t != "nan")
QUOTES = st.text("'\"\\ab ", min_size=1, max_size=5)
EDGE = st.one_of(st.integers(-1000, 10**6).map(float), st.floats(-1e30, 1e30)).filter(lambda v: v == 0 or abs(v) > 1e-30)


def test_a_zero_has_no_sign() -> None:
    """HubSpot has no sign before a number, and -0.0 is no number below 0."""
    assert decimal(-0.0) == decimal(0.0) == "0"


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_texts_and_edges_give_the_same_points(data: st.DataObject) -> None:
    card = cards.full_card()
    texts = data.draw(st.lists(st.one_of(TEXT, QUOTES), unique=True, min_size=2, max_size=6))
    edges = sorted(data.draw(st.lists(EDGE, unique=True, min_size=3, max_size=3)))
    regions = (cards.cell("a", 6, values=tuple(texts[:2])), cards.cell("b", 1, values=tuple(texts[2:]), other=True))
    new = {
        "region": (*regions, cards.cell("?", 3, unknown=True)),
        "share": cards.ranges(edges, [1, 0, 9, 5], 2),
    }
    attributes = tuple(replace(a, bins=new.get(a.name, a.bins)) for a in card.attributes)
    out = (
        Disqualification("share", None, data.draw(st.one_of(TEXT, QUOTES)) + "!", 1, None, None, below=edges[0]),
        Disqualification("region", None, "by name", 1, None, None, values=tuple(texts[:1])),
        Disqualification("seats", edges[1], "seats", 1, None, None),
    )
    card = replace(card, attributes=attributes, disqualifiers=out)
    near = [x for e in edges for x in cards.near(e)]
    n = 12
    columns: dict[str, list[Any]] = {name: [None] * n for name in cards.rows(1, 1).columns}
    columns["region"] = data.draw(st.lists(st.one_of(st.sampled_from(texts), TEXT, st.none()), min_size=n, max_size=n))
    for name in ("share", "seats"):
        columns[name] = data.draw(st.lists(st.one_of(st.sampled_from(near), EDGE, st.none()), min_size=n, max_size=n))
    expected = [(r[0], r[-2], r[-1]) for r in cards.by_hand(card, columns)]
    for language, fields, names, ending in (
        (salesforce, salesforce_fields(card), salesforce_names(card), "__c"),
        (hubspot, hubspot_properties(card), hubspot_names(card), ""),
    ):
        accounts = [{name: _held(i, columns[i.feature][k]) for i, name in names.items()} for k in range(n)]
        found = computed([(f.name, f.formula) for f in fields], language, accounts)
        shown = [(int(a[f"icpfit_points{ending}"]), a[f"icpfit_tier{ending}"], a[f"icpfit_disqualified{ending}"] or "") for a in found]
        assert shown == expected


def _held(i: Input, value: Any) -> Any:
    if i.is_text:
        return cards.text(value)
    return None if value is None else Decimal(repr(value))
