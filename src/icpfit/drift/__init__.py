"""Has something moved? Findings with their numbers, at a false-alarm rate for the call as a whole."""

from icpfit.drift.compare import compare
from icpfit.drift.finding import Finding

__all__ = ["Finding", "compare"]
