"""Who a company is: its domain, brought to one form."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt
from publicsuffixlist import PublicSuffixList

_PLAIN = re.compile(r"(?!www\d?\.)(?!.*--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\.[a-z]{2,63}")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:(?://)?(?!\d+(?:[/?#]|$))", re.IGNORECASE)


def normalise_domain(text: str | None) -> str | None:
    """The domain in its plain form, or None where the text holds none.

    Takes URLs, e-mail addresses, capitals, ``www.``, ports, paths, a dot at the end and letters outside
    ASCII (which become punycode). Numeric addresses and names without a dot are not domains of companies.

    >>> normalise_domain("https://user@WWW.Acme-Corp.com:8080/about?x=1#top")
    'acme-corp.com'
    >>> normalise_domain("Jane.Doe@mail.acme.example")
    'mail.acme.example'
    >>> normalise_domain("https://www.bücher.example./")
    'xn--bcher-kva.example'
    >>> [normalise_domain(t) for t in ("localhost", "192.168.0.1", "not a domain", "", None, "a..com")]
    [None, None, None, None, None, None]
    """
    if text is None:
        return None
    plain = text.strip()
    if len(plain) <= 253 and _PLAIN.fullmatch(plain):
        return plain
    host = _SCHEME.sub("", plain).lstrip("/")
    host = re.split(r"[/?#\\]", host, maxsplit=1)[0]
    host = host.rsplit("@", 1)[-1]
    host = re.sub(r":\d*$", "", host)
    host = re.sub("[。．｡]", ".", host).casefold() if host.isascii() else re.sub("[。．｡]", ".", host).lower()
    host = host.removesuffix(".")
    host = re.sub(r"^www\d?\.(?=[^.]+\.)", "", host)
    return _valid(host)


def _valid(host: str) -> str | None:
    labels = host.split(".")
    if len(labels) < 2:
        return None
    try:
        labels = [_ascii(label) for label in labels]
    except UnicodeError:
        return None
    if len(".".join(labels)) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    top = labels[-1]
    if not (re.fullmatch(r"[a-z]{2,63}", top) or re.fullmatch(r"xn--[a-z0-9-]{1,59}", top)):
        return None
    return ".".join(labels)


def _ascii(label: str) -> str:
    if label.startswith("xn--"):
        label.encode("ascii").decode("idna")  # raises UnicodeError where it is no punycode
    return label if label.isascii() else label.encode("idna").decode("ascii")


def normalise_domains(texts: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """:func:`normalise_domain` of each text (None and NaN allowed); each distinct text is looked at once.

    >>> normalise_domains(np.array(["WWW.a.io", None, "x"], dtype=object)).tolist()
    ['a.io', None, None]
    """
    done: dict[object, str | None] = {}
    out = np.empty(len(texts), dtype=object)
    for i, text in enumerate(texts):
        key = text if isinstance(text, str) else None
        if key not in done:
            done[key] = normalise_domain(key)
        out[i] = done[key]
    return out


@lru_cache(maxsize=4096)
def registrable_domain(domain: str) -> str | None:
    """The part of a normalised domain that one owner registered, by the public-suffix list that the package carries.

    Hosting domains such as ``github.io`` keep their owners apart. None where the domain is itself a public
    suffix, which nobody's company owns. An ending that the list does not know, such as ``.example``, has one label.

    >>> [registrable_domain(d) for d in ("mail.acme.co.uk", "a.acme.example", "acme.github.io", "github.io", "co.uk")]
    ['acme.co.uk', 'acme.example', 'acme.github.io', None, None]
    """
    return _public_suffixes().privatesuffix(domain)


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()  # reads the list in its own package, never the network


def company_domain(domain: str | None) -> str | None:
    """The registrable domain of a normalised one, where it is one company's own.

    None for mail providers, public suffixes, and sites on which others have their pages.

    >>> [company_domain(d) for d in ("mail.acme.co.uk", "gmail.com", "x.mailinator.com", "github.io", "facebook.com", None)]
    ['acme.co.uk', None, None, None, None, None]
    """
    if domain is None or not names_company(domain):
        return None
    own = registrable_domain(domain)
    return None if own in PLATFORM_DOMAINS else own


def names_company(domain: str) -> bool:
    """Whether a normalised domain can name a company: it is no free or disposable mail provider's, nor a part of one.

    >>> [names_company(d) for d in ("acme.com", "eu.acme.com", "gmail.com", "x.mailinator.com")]
    [True, True, False, False]
    """
    own = {domain, registrable_domain(domain)}
    return own.isdisjoint(FREE_EMAIL_DOMAINS) and own.isdisjoint(DISPOSABLE_EMAIL_DOMAINS)


def split_domains(cell: str | None) -> tuple[str, ...]:
    """The domains in a cell that holds several, normalised, each once; what is no domain is passed over.

    >>> split_domains("acme.de; https://www.acme.fr/, acme.de n/a")
    ('acme.de', 'acme.fr')
    """
    parts = re.split(r"[;,|\s]+", cell or "")
    return tuple(dict.fromkeys(d for p in parts if (d := normalise_domain(p)) is not None))


def _listed(name: str) -> frozenset[str]:
    """The domains in a text of the package: one a line, what follows a # is a remark."""
    text = resources.files("icpfit.sources").joinpath(name).read_text(encoding="utf-8")
    return frozenset(line for raw in text.splitlines() if (line := raw.split("#", 1)[0].strip()))


FREE_EMAIL_DOMAINS: frozenset[str] = _listed("free_email_domains.txt")
"""Domains of mail providers that anyone can have an address at."""

DISPOSABLE_EMAIL_DOMAINS: frozenset[str] = _listed("disposable_email_domains.txt")
"""Domains of throw-away mail addresses."""

PLATFORM_DOMAINS: frozenset[str] = _listed("platform_domains.txt")
"""Domains of sites on which companies have a page under a path."""


def is_free_email(domain: str | None) -> bool:
    """Whether a domain, in any form, belongs to a free mail provider, which names nobody's company.

    >>> [is_free_email(d) for d in ("gmail.com", "Jane@GMAIL.com", "acme.com", None)]
    [True, True, False, False]
    """
    return normalise_domain(domain) in FREE_EMAIL_DOMAINS


def is_disposable_email(domain: str | None) -> bool:
    """Whether a domain, in any form, or the one it is a part of, gives out throw-away addresses.

    >>> [is_disposable_email(d) for d in ("mailinator.com", "x@eu.Mailinator.com", "acme.com", "gmail.com", None)]
    [True, True, False, False, False]
    """
    plain = normalise_domain(domain)
    return plain is not None and not {plain, registrable_domain(plain)}.isdisjoint(DISPOSABLE_EMAIL_DOMAINS)
