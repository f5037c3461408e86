"""What the codes of findings are called, and what to do about those that say nothing of it themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """``one`` and ``many``: what was asked, as it stands in a list of questions. ``change``: what its power is about."""

    one: str
    many: str = ""
    action: str = ""
    change: str = "a change that matters"
    rows: str = "deals"


GROUPS = (
    ("TRADE-", "The market and the deals"),
    ("MODEL-", "The model"),
    ("ICP-", "The profile"),
    ("DRIFT-", "The data"),
)
OTHER_GROUP = "Other findings"
PROPOSED = "TRIGGER-"

RATE = "See which accounts explain it, then retrain: the percentages of the profile in force no longer hold."
CODES = {
    "MODEL-WINRATE": Code("the win rate", action=RATE, change="a change of 3 points"),
    "MODEL-RETENTION": Code("the share of customers who stay", action=RATE, change="a change of 3 points", rows="customers"),
    "DRIFT-FEATURE": Code(
        "one attribute",
        "attributes",
        "First see that it is still read from the same place and means the same. If the accounts are others, retrain.",
    ),
    "DRIFT-MISSING": Code("gaps", action="See what feeds it: a source that stopped, a field that nobody fills any more."),
    "DRIFT-CORRELATION": Code(
        "how attributes go together", action="Look for a new kind of account, or for two sources that were changed together; then retrain."
    ),
    "DRIFT-WHOLE": Code(
        "the accounts as a whole", action="The accounts are of another kind than those the profile was learned from: retrain."
    ),
    "DRIFT-SOURCE": Code("the source", action="Bring back what the profile in force is made of, or retrain without it."),
    "DRIFT-DATES": Code("dates", action="Give the source a date of creation for each row."),
}


def code_of(code: str) -> Code:
    """What is known of a code; one that nobody wrote down is called by its own words.

    >>> code_of("TRADE-CYCLE").one, code_of("DRIFT-MISSING").one
    ('cycle', 'gaps')
    """
    if code in CODES:
        return CODES[code]
    return Code(code.partition("-")[2].replace("-", " ").lower() or "other", rows="customers" if "CHURN" in code else "deals")


def group_of(code: str) -> str:
    return next((title for start, title in GROUPS if code.startswith(start)), OTHER_GROUP)
