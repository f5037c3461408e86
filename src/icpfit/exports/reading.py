"""Formulas that read a cell as the card reads a value: the rule of ``icpfit.scorecard.reading`` in the language of spreadsheets.

Only functions that Excel (2013 and later) and LibreOffice both know. A comparison of two numbers there forgives the last bits, so a
value is held against an edge with GESTEP, which does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

BEYOND = "1.79769313486231E+308"
"""stands for infinity, which a cell cannot hold"""
SHAPES = tuple(map("".join, product(("", "+", "-"), ("", "."), ("e", "e+", "e-"))))
"""what may be left of a number as it is written when its digits are taken away"""


def as_written(cell: str) -> str:
    """The text of a cell, ready to be looked at as a number: small letters, no blanks at its ends, always with an exponent."""
    text = _in_small_letters(cell)
    return f'IF(ISTEXT({cell}),{text}&IF(ISERROR(FIND("e",LOWER({cell}))),"e0",""),"")'


def _in_small_letters(cell: str) -> str:
    return f'LOWER(TRIM(SUBSTITUTE({cell},CHAR(9)," ")))'


def without_digits(written: str) -> str:
    formula = written
    for digit in range(10):
        formula = f'SUBSTITUTE({formula},"{digit}","")'
    return formula


def as_number(cell: str, written: str, shape: str, shapes: str, *, is_flag: bool = False) -> str:
    """The number in ``cell``, or "" where it is unknown; of a yes/no 1 or 0. ``written`` and ``shape`` are cells with the two formulas
    above, ``shapes`` is a range with ``SHAPES``."""
    e, shape_e = f'FIND("e",{written})', f'FIND("e",{shape})'
    right = ",".join(
        [
            f"SUMPRODUCT(EXACT({shape},{shapes})*1)",
            f"{e}>{shape_e}",  # a digit before the exponent, and one in it
            f"LEN({written})-{e}>LEN({shape})-{shape_e}",
            f'OR(AND(LEFT({shape})<>"+",LEFT({shape})<>"-"),LEFT({written})=LEFT({shape}))',  # signs stand first
            f"OR(LEN({shape})={shape_e},MID({written},{e}+1,1)=MID({shape},{shape_e}+1,1))",
        ]
    )
    mantissa = f"LEFT({written},{e}-1)"
    for sign in ("0", ".", "+", "-"):
        mantissa = f'SUBSTITUTE({mantissa},"{sign}","")'
    # no double is so large, or so near to zero
    lost = f'IF(OR(LEN({mantissa})=0,MID({written},{e}+1,1)="-"),0,IF(LEFT({written})="-",-{BEYOND},{BEYOND}))'
    word = _in_small_letters(cell)
    flags = [(f'OR({word}={{"yes","y","true","t"}})', "1"), (f'OR({word}={{"no","n","false","f"}})', "0")] if is_flag else []
    cases = [
        (f"ISNUMBER({cell})", cell),
        (f"ISLOGICAL({cell})", f"IF({cell},1,0)"),
        (f"NOT(ISTEXT({cell}))", '""'),
        *flags,
        (f'EXACT({cell},"true")', "1"),
        (f'EXACT({cell},"false")', "0"),
        (f'OR({written}={{"infe0","+infe0","infinitye0","+infinitye0"}})', BEYOND),
        (f'OR({written}={{"-infe0","-infinitye0"}})', f"-{BEYOND}"),
        (f"AND({right})", f'IFERROR(_xlfn.NUMBERVALUE({written},".",","),{lost})'),
    ]
    return "".join(f"IF({condition},{value}," for condition, value in cases) + '""' + ")" * len(cases)


def as_text(cell: str) -> str:
    """The text in ``cell``, or "" where it is unknown."""
    return f'IF(ISLOGICAL({cell}),IF({cell},"true","false"),IF(EXACT({cell},"nan"),"",{cell}&""))'


def step(number: str, edges: Sequence[str]) -> str:
    """How many of the rising edges a number has reached."""
    return "+".join(f"GESTEP({number},{edge})" for edge in edges) or "0"


def stepped(number: str, unknown: str, points: str, rises: Sequence[str], edges: Sequence[str]) -> str:
    """The points of the range that a number lies in: those of the first, and what each edge adds."""
    added = "".join(f"+{rise}*GESTEP({number},{edge})" for rise, edge in zip(rises, edges, strict=True))
    return f'IF({number}="",{unknown},{points}{added})'


def named(text: str, texts: str, worth: str) -> str:
    """What stands beside a text in a list of texts, each of which it holds once; 0 where it is not in it."""
    return f"SUMPRODUCT(EXACT({text},{texts})*{worth})"


def listed(text: str, unknown: str, other: str, texts: str | None, points: str | None) -> str:
    """The points of the group that a text is in; those of ``other`` where it is in none."""
    named = f"+SUMPRODUCT(EXACT({text},{texts})*({points}-{other}))" if texts else ""
    return f'IF({text}="",{unknown},{other}{named})'


def met(number: str, low: str | None, high: str | None) -> str:
    """1 where a number lies in [low, high), else 0."""
    ends = [f"GESTEP({number},{low})"] if low is not None else []
    ends += [f"(1-GESTEP({number},{high}))"] if high is not None else []
    return f'IF({number}="",0,{"*".join(ends)})'


def met_text(text: str, texts: str) -> str:
    """1 where a text is one of a list."""
    return f'IF({text}="",0,SUMPRODUCT(EXACT({text},{texts})*1))'
