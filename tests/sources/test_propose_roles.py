"""Ids, accounts, names and amounts: by their meaning, and none where none is meant."""

from __future__ import annotations

import pandas as pd
import pytest

from icpfit.sources.propose_currency import propose_currency
from icpfit.sources.propose_look import Look
from icpfit.sources.propose_roles import guess_account, guess_amount, guess_domain, guess_id, guess_name

NONE: frozenset[str] = frozenset()


def looks(**columns: list[str]) -> list[Look]:
    return [Look.at(header.replace("_", " "), pd.Series(texts, dtype="str")) for header, texts in columns.items()]


NAMES = [f"Acme {i}" for i in range(90)]


@pytest.mark.parametrize("header", ["Opportunity_ID", "id", "Deal_Number", "Lead_ID"])
def test_a_deals_id_that_repeats_stays_the_id_and_a_name_that_does_not_is_none(header: str) -> None:
    lines = looks(**{"Opportunity_Name": NAMES, header: [f"006{i // 3:05d}" for i in range(90)]})
    guess = guess_id(lines)
    assert guess.header == header.replace("_", " ")
    assert guess.doubt.startswith("30 values come more than once; such rows are kept as id#2, id#3")


@pytest.mark.parametrize("header", ["Account_ID", "Customer_ID", "Owner_ID", "Campaign_ID"])
def test_the_id_of_something_else_that_repeats_is_not_the_rows_own(header: str) -> None:
    guess = guess_id(
        looks(**{"Contact_Name": NAMES, header: [f"A{i // 3}" for i in range(90)], "Email": [f"p{i}@a.com" for i in range(90)]})
    )
    assert guess.header is None
    assert "no column tells the rows apart" in guess.doubt


def test_a_customers_id_that_never_repeats_is_the_rows_own() -> None:
    assert guess_id(looks(Customer=NAMES, Customer_ID=[f"C{i}" for i in range(90)])).header == "Customer ID"


def test_neither_a_phone_number_nor_an_address_is_an_id() -> None:
    phones = looks(
        Phone_Number=[f"+1 555 {i:06d}" for i in range(90)],
        Email=[f"p{i}@a.com" for i in range(90)],
        Notes=[f"said {i}" for i in range(90)],
    )
    assert guess_id(phones).header is None


def test_codes_without_a_telling_name_are_taken_with_a_doubt() -> None:
    guess = guess_id(looks(Name=NAMES, Vorgang=[f"VC-{i:05d}" for i in range(90)]))
    assert guess.header == "Vorgang"
    assert "no column is called an id" in guess.doubt


def test_dates_of_several_forms_are_no_codes() -> None:
    days = [f"{i % 12 + 1:02d}/{i % 28 + 1:02d}/25" if i % 9 else f"2025-{i % 12 + 1:02d}-{i % 28 + 1:02d}" for i in range(80)]
    assert guess_id(looks(Name=NAMES[:80], Date_in=days)).header is None


def test_a_lead_is_the_account_where_the_deal_has_an_id_of_its_own() -> None:
    leads = [f"lead_{i // 3}" for i in range(90)]
    assert guess_account(looks(id=[f"o{i}" for i in range(90)], lead_id=leads), frozenset({"id"})).header == "lead id"
    assert guess_account(looks(lead_id=[f"lead_{i}" for i in range(90)]), NONE).header is None


def test_a_total_at_the_end_does_not_cost_the_file_its_id() -> None:
    assert guess_id(looks(Deal_ID=[*(str(i) for i in range(30)), ""], Amount=["1"] * 31)).header == "Deal ID"


@pytest.mark.parametrize("header", ["Account Name", "Account ID", "Customer"])
def test_twenty_accounts_with_many_deals_each_are_accounts(header: str) -> None:
    """Taken for unrelated deals, what they share would pass for a pattern."""
    assert guess_account(looks(**{header: [f"Acme {i % 20}" for i in range(500)]}), NONE).header == header


def test_where_nothing_says_whose_a_deal_is_that_is_asked() -> None:
    kinds = looks(Customer=["new" if i % 3 else "existing" for i in range(90)], Country=["DE"] * 90)
    assert guess_account(kinds, NONE).header is None
    assert guess_account(kinds, NONE).doubt.startswith("no column says which deals are of one account")
    # where each row has an account of its own there is nothing to ask
    assert guess_account(looks(Account_ID=[f"A{i}" for i in range(90)]), NONE).doubt == ""


def test_an_accounts_id_goes_before_its_name_and_its_name_before_the_deals() -> None:
    ids = [f"A{i % 40}" for i in range(90)]
    exported = looks(Opportunity_Name=NAMES, Account_Name=[f"Acme {i}" for i in ids], Account_ID=ids)
    assert guess_account(exported, NONE).header == "Account ID"
    assert guess_name(exported, NONE).header == "Account Name"
    by_name = guess_account(exported[:2], NONE)
    assert (by_name.header, by_name.doubt) == ("Account Name", "a name, not an id: two spellings are two accounts")
    assert guess_name(looks(Title=["CEO", "CTO", "VP"] * 30), NONE).header is None


def test_an_amount_with_a_decimal_comma_is_asked_about_and_not_passed_over() -> None:
    guess = guess_amount(looks(**{"Betrag_(EUR)": [f"1.{i:03d},50" for i in range(90)]}), NONE)
    assert guess.header is None
    assert "'1.000,50', which is not read as a number" in guess.doubt
    assert guess_amount(looks(Weighted_Amount=[str(i) for i in range(90)], Amount=[str(i) for i in range(90)]), NONE).header == "Amount"


def test_ranges_and_years_are_not_meant_as_numbers() -> None:
    bands, years = looks(Employees=["1-10", "11-50", "200+"] * 9, Cohort=["FY23", "FY24", "Q1"] * 9)
    assert (bands.like_numbers(), years.like_numbers()) == ("", "")
    assert looks(Revenue=["2.5k", "3k", "100"])[0].like_numbers() == "2.5k"
    assert looks(Amount=["(200.50)", "300", "100"])[0].like_numbers() == "(200.50)"


def test_the_currency_is_read_and_never_made_up() -> None:
    plain = [str(i) for i in range(90)]
    assert propose_currency(looks(Amount_EUR=plain), "Amount EUR") == ("EUR", "")
    assert propose_currency(looks(Amount=[f"£{i}" for i in plain]), "Amount") == ("GBP", "")
    assert propose_currency(looks(Amount=plain, Currency=["CHF"] * 90), "Amount") == ("CHF", "")
    assert propose_currency(looks(Amount=plain), "Amount") == ("USD", "'Amount' names no currency")
    assert "2 currencies" in propose_currency(looks(Amount=plain, Currency=["CHF", "EUR"] * 45), "Amount")[1]
    assert propose_currency(looks(Size=plain), None) == ("USD", "")


def test_the_currency_is_found_wherever_money_is_written_and_asked_about_where_it_is_not() -> None:
    plain = [str(i) for i in range(90)]
    estimated = {"Geschätzter_Umsatz": [f"{i}.50 €" for i in plain], "Quelle": ["Messe", "Web", "$"] * 30}
    assert propose_currency(looks(**estimated), None) == ("EUR", "")
    assert propose_currency(looks(Geschätzter_Umsatz=plain), None) == ("USD", "'Geschätzter Umsatz' names no currency")
    assert propose_currency(looks(**{"cons.price.idx": plain}), None) == ("USD", "")
    assert propose_currency(looks(**{"Umsatz_(CHF)": plain}), None) == ("CHF", "")
    assert propose_currency(looks(Amount=plain, Annual_Revenue=[f"£{i}" for i in plain]), "Amount") == (
        "GBP",
        "'Amount' names no currency; 'Annual Revenue' is written in GBP",
    )
    assert propose_currency(looks(Budget=[f"${i}" for i in plain], Est_Revenue=[f"€{i}" for i in plain]), None) == (
        "USD",
        "amounts are written in EUR, USD",
    )
    assert propose_currency(looks(Amount=[f"CA${i}" for i in plain]), "Amount") == ("CAD", "")
    assert propose_currency(looks(Amount=plain, Währung=["Euro"] * 90), "Amount") == ("EUR", "")


@pytest.mark.parametrize("header", ["Associated_Company_(Primary)", "Associated_Company", "Primary_Company", "Company_name", "Firmenname"])
def test_the_companys_name_goes_before_the_deals(header: str) -> None:
    companies = [f"Company {i}" for i in range(90)]
    assert guess_name(looks(Deal_Name=NAMES, **{header: companies}), NONE).header == header.replace("_", " ")


def test_a_company_that_has_several_deals_is_the_account_though_it_is_called_primary() -> None:
    repeated = [f"Company {i % 40}" for i in range(90)]
    assert guess_account(looks(**{"Associated_Company_(Primary)": repeated}), NONE).header == "Associated Company (Primary)"


@pytest.mark.parametrize("header", ["Webseite", "Website", "Website_URL", "Internetadresse", "Sitio_web"])
def test_a_website_is_the_domain(header: str) -> None:
    assert guess_domain(looks(**{header: [f"www.company{i}.com" for i in range(90)]}), NONE).header == header.replace("_", " ")
