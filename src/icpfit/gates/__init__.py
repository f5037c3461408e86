"""What a challenger must show before leadership is asked."""

from icpfit.gates.gate import Gate
from icpfit.gates.judge import Against, Challenger, Decision, decide, judge
from icpfit.gates.past import Past
from icpfit.gates.titles import TITLES, title_of

__all__ = ["TITLES", "Against", "Challenger", "Decision", "Gate", "Past", "decide", "judge", "title_of"]
