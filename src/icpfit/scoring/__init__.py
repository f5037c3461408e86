"""Target lists: probabilities, points, tiers and reasons, one row out for each row that can be scored."""

from icpfit.scoring.score import ScoredList, score_targets

__all__ = ["ScoredList", "score_targets"]
