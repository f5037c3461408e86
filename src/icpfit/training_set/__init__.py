"""A training set: what was known of each deal at its own moment, and what became of it."""

from icpfit.training_set.build import build_training_set, customer_starts, deal_attribute_specs, joint_labels_for
from icpfit.training_set.canonical import parquet_bytes, write_parquet
from icpfit.training_set.core import KEYS, Timing, TrainingSet, account_keys, of_rows
from icpfit.training_set.facts import deal_facts
from icpfit.training_set.flat import training_set_from_flat

__all__ = [
    "KEYS",
    "Timing",
    "TrainingSet",
    "account_keys",
    "build_training_set",
    "customer_starts",
    "deal_attribute_specs",
    "deal_facts",
    "joint_labels_for",
    "of_rows",
    "parquet_bytes",
    "training_set_from_flat",
    "write_parquet",
]
