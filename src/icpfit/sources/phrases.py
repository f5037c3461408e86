"""The words for rows that were left out: how many, why, one example, what to do."""

from __future__ import annotations

from typing import Literal

from icpfit.moments import Micros, day_text
from icpfit.plural import counted
from icpfit.sources.rows import DataFinding
from icpfit.sources.set_aside import SET_ASIDE
from icpfit.sources.staging import COPY, IN_ORDER, MERGED, NO_ACCOUNT, OF_MERGING, OWN_HISTORY, OWN_ROW, REPEATED, UNKNOWN_ACCOUNT

UNREADABLE = "unreadable line"
NUMBERS_ARE = "Numbers are read as 1234.5, without thousands separators, currency or units"
FLAGS_ARE = "Yes or no is read as yes and no, true and false, y and n, t and f, 1 and 0"

# reason -> what one row does, what several do, what to do about it
_PHRASES: dict[str, tuple[str, str, str]] = {
    **SET_ASIDE,
    "closed before created": (
        "closes before it was created",
        "close before they were created",
        "If the two columns are swapped, say so in the configuration under source.columns.deals.",
    ),
    "ended before started": ("ends before it starts", "end before they start", "Mend ended_at or started_at."),
    "last seen before first seen": ("was last seen before it was first seen", "were last seen before they were first seen", ""),
    UNKNOWN_ACCOUNT: (
        "names an account that is not in accounts",
        "name accounts that are not in accounts",
        "Add them to accounts, or translate their spelling in the configuration under source.values.",
    ),
    NO_ACCOUNT: ("has no account", "have no account", "Where that is normal, set accountless_rows_exempt."),
    REPEATED: ("repeats a key with other content", "repeat a key with other content", "The row that was known first stays."),
    MERGED: (
        "is the same company as another account",
        "are the same companies as other accounts",
        "Their rows in the other tables count for that account; icpfit check --merges FILE lists them, and identity in the"
        " configuration keeps apart what is not one company.",
    ),
    OWN_HISTORY: (
        "tells of a field of which the account that it was merged into had a history already",
        "tell of fields of which the accounts that they were merged into had a history already",
        "",
    ),
    OWN_ROW: ("is known of the account that it was merged into", "are known of the accounts that they were merged into", ""),
    "merged in a circle": (
        "is merged into an account that leads back to it",
        "are merged into accounts that lead back to them",
        "Say which of them is kept.",
    ),
    COPY: ("is an exact copy of another", "are exact copies of others", "The first stays."),
    "bad stage": (
        "has an unknown stage",
        "have unknown stages",
        "Stages are open, won and lost: translate others in the configuration under source.values.deals.stage.",
    ),
    "bad deal_type": (
        "has an unknown deal_type",
        "have unknown deal_types",
        "Types are new_logo, expansion and renewal: translate others in the configuration under source.values.deals.deal_type.",
    ),
    "bad date": (
        "has a date that cannot be read",
        "have dates that cannot be read",
        "Dates are read as 2026-01-31 or 2026-01-31T12:00:00Z; for another form set source.date_format.",
    ),
    "bad number": (
        "has a number that cannot be read",
        "have numbers that cannot be read",
        f"{NUMBERS_ARE}.",
    ),
    UNREADABLE: (
        "cannot be read",
        "cannot be read",
        "They do not have as many cells as the header, or a quote stands where none may.",
    ),
}

_THINGS = {"deals": "deal", "accounts": "account", "subscriptions": "subscription", "contacts": "contact", "interviews": "interview"}


def left_out_finding(
    table: str,
    place: str,
    reason: str,
    *,
    rows: int,
    rows_in: int,
    row: int,
    key: str | None,
    column: str | None,
    cell: str | None,
    expected: bool = False,
) -> DataFinding:
    """One sentence for one reason. ``row``, ``key``, ``column`` and ``cell`` are those of the example.

    ``expected``: such rows are no fault, as those of companies that nobody here knows in a file about the whole market.
    """
    one, many, hint = _PHRASES.get(reason, (f"has {reason}", f"have {reason}", ""))
    hint = "That is no fault: the file may speak of others than your accounts." if expected else hint
    example = f"row {row:,}"
    if key:
        example += f", {_THINGS.get(table, 'key')} {_short(key)!r}"
    if table in IN_ORDER and reason == IN_ORDER[table][2]:
        example += f": {cell}"
    elif cell is not None and reason not in (REPEATED, COPY):
        example += f": {column} {_short(cell)!r}"
    were = "It was" if rows == 1 else "They were"
    done = "merged" if reason == MERGED else "left out"
    words = f"{place}: {rows:,} of {rows_in:,} rows {one if rows == 1 else many}, e.g. {example}. {were} {done}. {hint}".rstrip()
    severity: Literal["note", "warning"] = "note" if expected or reason in (COPY, NO_ACCOUNT, *OF_MERGING, *SET_ASIDE) else "warning"
    return DataFinding("ROWS-" + reason.upper().replace(" ", "-").replace("_", "-"), severity, table, words, rows)


def unread_finding(place: str, column: str, *, rows: int, rows_in: int, line: int, cell: str, is_flag: bool) -> DataFinding:
    """One sentence for the cells of a list's column that are not the numbers (or yes and no) that they should be."""
    what = ("a yes or no", "a yes or no each") if is_flag else ("a number", "numbers")
    has = f"has {what[0]} that cannot be read" if rows == 1 else f"have {what[1]} that cannot be read"
    done = "It is" if rows == 1 else "They are"
    words = (
        f"{place}: {rows:,} of {counted(rows_in, 'row')} {has}, e.g. line {line:,}: {column} {_short(cell)!r}. {done} scored as if"
        f" {column} were not known. {FLAGS_ARE if is_flag else NUMBERS_ARE}; leave the cell empty where it is not known."
    )
    return DataFinding("ROWS-BAD-FLAG" if is_flag else "ROWS-BAD-NUMBER", "warning", "target list", words, rows)


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


FOR_EVER_HINT = "leave that cell empty in each such row: the newest time decides what counts as known"


def for_ever(place: str, clock: str, row: int, moment: Micros) -> str:
    """The sentence for a time that stands for no time."""
    return f"{place}: {clock} in row {row:,} is {day_text(moment)}, which can be no time at which something happened"
