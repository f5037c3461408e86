"""What a challenger must show before leadership is asked."""

from icpfit.gates.judge import Against, Challenger, Decision, Gate, decide, judge

__all__ = ["Against", "Challenger", "Decision", "Gate", "decide", "judge"]
