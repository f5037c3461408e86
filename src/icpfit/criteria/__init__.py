"""The criteria of an ideal customer profile by priority, and how past customers stood by the cards of their own time."""

from icpfit.criteria.borne_out import BorneOut, borne_out
from icpfit.criteria.exclusions import Exclusion, Exclusions, find_exclusions, value_of
from icpfit.criteria.groups import Groups, groups_of
from icpfit.criteria.signals import Signal, Signals, find_signals
from icpfit.criteria.standing import fits_by_tier, overlap, shortfall

__all__ = [
    "BorneOut",
    "Exclusion",
    "Exclusions",
    "Groups",
    "Signal",
    "Signals",
    "borne_out",
    "find_exclusions",
    "find_signals",
    "fits_by_tier",
    "groups_of",
    "overlap",
    "shortfall",
    "value_of",
]
