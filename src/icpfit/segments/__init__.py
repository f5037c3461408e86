"""Segments of a company's deals: who wins, what they pay, how long it takes and who stays; and how the model does in each."""

from icpfit.segments.adjust import Adjustment, Predicted, adjustments
from icpfit.segments.bands import SIZE_BANDS
from icpfit.segments.deals import SegmentDeals
from icpfit.segments.own_model import OwnModel, own_models
from icpfit.segments.report import in_brief, models_report, table_csv, table_report
from icpfit.segments.table import Table, segment_table
from icpfit.segments.traits import KNOWN_TRAITS, Trait, TraitsFound, read_traits, trait_of_feature

__all__ = [
    "KNOWN_TRAITS",
    "SIZE_BANDS",
    "Adjustment",
    "OwnModel",
    "Predicted",
    "SegmentDeals",
    "Table",
    "Trait",
    "TraitsFound",
    "adjustments",
    "in_brief",
    "models_report",
    "own_models",
    "read_traits",
    "segment_table",
    "table_csv",
    "table_report",
    "trait_of_feature",
]
