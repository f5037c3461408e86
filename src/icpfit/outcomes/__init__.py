"""Win and retention labels, always as they were known at a moment."""

from icpfit.outcomes.deals import DealBook, KnownDeals, discount
from icpfit.outcomes.joint import joint_labels
from icpfit.outcomes.known import NEVER
from icpfit.outcomes.maturity import kaplan_meier, mature_months, share_closed_by
from icpfit.outcomes.result import LabelsAt
from icpfit.outcomes.retention import Customers, retention_labels
from icpfit.outcomes.win import win_labels

__all__ = [
    "NEVER",
    "Customers",
    "DealBook",
    "KnownDeals",
    "LabelsAt",
    "discount",
    "joint_labels",
    "kaplan_meier",
    "mature_months",
    "retention_labels",
    "share_closed_by",
    "win_labels",
]
