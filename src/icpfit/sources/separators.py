"""Which sign parts the cells of a CSV file."""

from __future__ import annotations

import csv
import io

SEPARATOR_WORDS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def sniff_separator(text: str) -> str:
    """The separator under which the header has several cells and the rows have as many; a comma if none does.

    ``text`` is the beginning of the file, which may end within a row.

    >>> sniff_separator("name;size\\nA, Inc.;5\\nB;6,5\\n")
    ';'
    >>> sniff_separator("only one column\\n")
    ','
    """
    best, best_score = ",", (0.0, 0)
    for separator in SEPARATOR_WORDS:
        widths = _widths(text, separator)
        if not widths or widths[0] < 2:
            continue
        agree = sum(w == widths[0] for w in widths) / len(widths)
        if (agree, widths[0]) > best_score:
            best, best_score = separator, (agree, widths[0])
    return best


def _widths(text: str, separator: str, rows: int = 50) -> list[int]:
    whole = text if len(text) < 60_000 else text[: text.rfind("\n") + 1]
    widths: list[int] = []
    try:
        for cells in csv.reader(io.StringIO(whole), delimiter=separator):
            if cells:
                widths.append(len(cells))
            if len(widths) >= rows:
                break
    except csv.Error:  # a cell beyond csv's limit: what was counted before it is enough
        pass
    return widths
