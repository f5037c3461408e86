"""Domains in one form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpfit.sources.identity import FREE_EMAIL_DOMAINS, is_free_email, normalise_domain, normalise_domains


@pytest.mark.parametrize(
    ("given_text", "domain"),
    [
        ("acme.com", "acme.com"),
        ("  ACME.com  ", "acme.com"),
        ("www.acme.com", "acme.com"),
        ("www2.acme.com", "acme.com"),
        ("www.com", "www.com"),
        ("https://www.acme.com/path?q=a@b.c#x", "acme.com"),
        ("http:acme.com", "acme.com"),
        ("//acme.com/x", "acme.com"),
        ("acme.com:8443", "acme.com"),
        ("acme.com/", "acme.com"),
        ("acme.com.", "acme.com"),
        ("jane@acme.com", "acme.com"),
        ("mailto:jane@acme.com", "acme.com"),
        ("ftp://jane:secret@acme.co.uk:21/", "acme.co.uk"),
        ("eu.acme.com", "eu.acme.com"),
        ("my_shop.acme.com", "my_shop.acme.com"),
        ("acme.example", "acme.example"),
        ("BÜCHER.de", "xn--bcher-kva.de"),
        ("xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("点看.中国", "xn--3pxu8k.xn--fiqs8s"),
        ("acme。com", "acme.com"),
        ("a" * 63 + ".com", "a" * 63 + ".com"),
    ],
)
def test_one_form(given_text: str, domain: str) -> None:
    assert normalise_domain(given_text) == domain


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "localhost",
            "acme",
            "http://",
            "n/a",
            "none",
            "127.0.0.1",
            "10.0.0.1:80",
            "[::1]",
            "a..b",
            ".com",
            "acme.c",
            "acme.123",
        ),
        *("two words.com", "acme,com", "-acme.com", "acme-.com", "a" * 64 + ".com", "x." * 130 + "com", "xn--a.com\x00", "acme.com;b.com"),
    ],
)
def test_what_is_no_domain(text: str) -> None:
    assert normalise_domain(text) is None


@given(st.text(max_size=60) | st.from_regex(r"(https?://)?(www\.)?[A-Za-z0-9.ä_-]{1,20}\.[a-z]{1,5}(:\d+)?(/.*)?", fullmatch=True))
def test_a_normal_form_is_its_own_and_ascii(text: str) -> None:
    domain = normalise_domain(text)
    if domain is not None:
        assert domain.isascii()
        assert domain == domain.lower()
        assert normalise_domain(domain) == domain


@given(st.lists(st.none() | st.sampled_from(["A.com", "b.io", "x", "", "https://c.de/"]), max_size=12))
def test_many_at_once_are_the_same_as_one_by_one(texts: list[str | None]) -> None:
    assert normalise_domains(np.array([*texts, None], dtype=object)).tolist() == [*[normalise_domain(t) for t in texts], None]


def test_not_a_text_is_no_domain() -> None:
    assert normalise_domains(np.array([float("nan"), 3, None], dtype=object)).tolist() == [None, None, None]


def test_the_list_of_free_mail_providers_holds_normal_forms_once() -> None:
    assert len(FREE_EMAIL_DOMAINS) > 300
    assert {d for d in FREE_EMAIL_DOMAINS if normalise_domain(d) != d} == set()
    assert {"gmail.com", "web.de", "qq.com", "yahoo.co.jp", "mail.ru", "uol.com.br"} <= FREE_EMAIL_DOMAINS


def test_free_mail_in_any_form() -> None:
    assert is_free_email("https://www.GMail.com/")
    assert not is_free_email("mail.gmail.com.acme.example")
    assert not is_free_email("")
