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
    ("ATTRIBUTION-", "What the model looks at"),
    ("DRIFT-", "The data"),
    ("WATCH-", "Week by week"),
    ("TRIGGER-", "Lines that you drew"),
)
OTHER_GROUP = "Other findings"
PROPOSED = "TRIGGER-"
SUBJECT_FIRST = ("DRIFT-FEATURE", "ATTRIBUTION-FEATURE", "ICP-POINTS", "WATCH-")
"""codes whose words are read behind their subject; those of all others are whole sentences"""

RATE = "See which accounts explain it, then retrain: the percentages of the profile in force no longer hold."
RETRAIN = "Retrain, then look at the gates and sign off: nothing changes by itself."
CARD = "Retrain, and look at this in the new card before it is approved."
CODES = {
    "TRADE-WINRATE-SEGMENT": Code(
        "win rates by segment", action="Look at the lost deals of the segment; retrain so that the card learns of it."
    ),
    "TRADE-MIX": Code("who comes", "traits of who comes", "Ask sales whether it is meant; if it is to stay, retrain."),
    "TRADE-UPMARKET": Code("how large accounts are", action="Ask sales whether it is meant; if it is to stay, retrain."),
    "TRADE-DATA": Code("the trade's data", action="Bring in what is named, or leave it: the other questions do not need it."),
    "TRADE-NEW-SEGMENT": Code(
        "new segments among the wins", action="Treat it as a hypothesis of its own, and retrain once it has twenty wins."
    ),
    "TRADE-CYCLE": Code("sales cycles", action="See whether larger accounts come, somebody new must approve, or deals stall at one stage."),
    "TRADE-CHURN": Code("churn", "segments and their churn", "Call the customers who are still there before they renew.", rows="customers"),
    "TRADE-OUTSIDE": Code("wins outside the profile", action="Look at these wins: the profile may be too narrow. Then retrain."),
    "TRADE-BEST": Code(
        "whether the best customers fit", action="Look at which of the best the card does not name, and retrain.", rows="customers"
    ),
    "MODEL-WINRATE": Code("the win rate", action=RATE, change="a change of 8 points"),
    "MODEL-RETENTION": Code("the share of customers who stay", action=RATE, change="a change of 8 points", rows="customers"),
    "MODEL-RANKING": Code("the order of accounts", action="Retrain; until then let people overrule the score."),
    "MODEL-CALIBRATION": Code(
        "whether high chances are too high", action="Retrain; until then take high and low chances as nearer to the average."
    ),
    "ATTRIBUTION-FEATURE": Code(
        "an attribute as the model sees it",
        "attributes as the model sees them",
        "Expect more or fewer accounts in the upper tiers; check the attribute at its source.",
    ),
    "ATTRIBUTION-WHOLE": Code("all that the model looks at", action="Compare the tiers' shares with what the team can work."),
    "ICP-POINTS": Code("the points of an attribute", "attributes of the card", CARD),
    "ICP-TIERS": Code("the tiers", action="Look at what has moved in the data, at who works these tiers, and at their edges."),
    "ICP-FIT-RATE": Code(
        "whether accounts that fit still win", action="Ask what the lost deals of tiers A and B have in common, and retrain."
    ),
    "ICP-ATTRIBUTES": Code("what the newest card asks", action=CARD),
    "ICP-LAYERS": Code("the weights of the layers", action=CARD),
    "DRIFT-FEATURE": Code(
        "one attribute",
        "attributes",
        "First see that it is still read from the same place and means the same. If the accounts are others, retrain.",
    ),
    "DRIFT-MISSING": Code("gaps in the data", action="See what feeds it: a source that stopped, a field that nobody fills any more."),
    "DRIFT-CORRELATION": Code(
        "how attributes go together", action="Look for a new kind of account, or for two sources that were changed together; then retrain."
    ),
    "DRIFT-WHOLE": Code(
        "the accounts as a whole", action="The accounts are of another kind than those the profile was learned from: retrain."
    ),
    "DRIFT-SOURCE": Code("the source", action="Bring back what the profile in force is made of, or retrain without it."),
    "DRIFT-DATES": Code("dates", action="Give the source a date of creation for each row."),
    "DRIFT-RESULTS": Code("words for results", action="Name the word in the configuration, and ask again."),
    "DRIFT-LOST": Code("fields that are lost", action="Look at the export, and load it again."),
    "TRIGGER-WINRATE": Code("the floor of the win rate", action=RETRAIN),
    "TRIGGER-CHURN": Code("the churn target", action=RETRAIN, rows="customers"),
    "WATCH-BEFORE": Code("what earlier profiles said", action="Retrain: a new profile keeps what earlier ones said."),
    "WATCH-WINRATE": Code("the win rate, week by week", action=RATE),
    "WATCH-RETENTION": Code("who stays, week by week", action=RATE, rows="customers"),
    "WATCH-SIGNAL": Code(
        "a signal, week by week", "signals, week by week", "See whether what feeds it broke or was changed; if not, retrain."
    ),
}


def code_of(code: str) -> Code:
    """What is known of a code; one that nobody wrote down is called by its own words.

    >>> code_of("TRADE-BEST-NAME").one, code_of("DRIFT-MISSING").one
    ('best name', 'gaps in the data')
    """
    if code in CODES:
        return CODES[code]
    return Code(code.partition("-")[2].replace("-", " ").lower() or "other", rows="customers" if "CHURN" in code else "deals")


def group_of(code: str) -> str:
    return next((title for start, title in GROUPS if code.startswith(start)), OTHER_GROUP)
