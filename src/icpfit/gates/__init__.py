"""What a challenger must show before leadership is asked."""

from icpfit.gates.judge import Against, Challenger, Decision, Gate, decide, judge
from icpfit.gates.titles import TITLES, title_of

__all__ = ["TITLES", "Against", "Challenger", "Decision", "Gate", "decide", "judge", "title_of"]
