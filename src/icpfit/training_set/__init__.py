"""A training set: what was known of each deal at its own moment, and what became of it."""

from icpfit.training_set.core import KEYS, Timing, TrainingSet

__all__ = ["KEYS", "Timing", "TrainingSet"]
