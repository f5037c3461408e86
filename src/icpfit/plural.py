"""Numbers with their nouns."""

from __future__ import annotations


def counted(n: int, one: str, many: str | None = None) -> str:
    """
    >>> counted(1, "win"), counted(1_200, "win"), counted(0, "past win"), counted(2, "loss", "losses")
    ('1 win', '1,200 wins', '0 past wins', '2 losses')
    """
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"
