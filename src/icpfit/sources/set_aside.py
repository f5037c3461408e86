"""Rows that a reader leaves out because the source itself says that they do not count: no fault of the data."""

from __future__ import annotations

DELETED = "deleted in the CRM"
OF_DELETED = "of an account that is deleted in the CRM"
MERGED_ACCOUNT = "merged into another account"
MERGED_DEAL = "merged into another deal"
PIPELINE = "in a pipeline that is not read"
OLDER = "older version of a row"
NOT_DONE = "task that is not done"
PLANNED = "planned and not held yet"
UNCHANGED = "version without a change"
NO_ROLE = "no role"
NO_FIELD = "not a field of accounts"

SET_ASIDE: dict[str, tuple[str, str, str]] = {
    DELETED: ("is deleted in the CRM", "are deleted in the CRM", ""),
    OF_DELETED: ("is of an account that is deleted in the CRM", "are of accounts that are deleted in the CRM", ""),
    MERGED_ACCOUNT: (
        "was merged into another account",
        "were merged into other accounts",
        "What belongs to them goes with the account that stayed.",
    ),
    MERGED_DEAL: ("was merged into another deal", "were merged into other deals", "The deal that stayed is used."),
    PIPELINE: ("is in a pipeline that is not read", "are in pipelines that are not read", "source.pipelines names those that are."),
    OLDER: ("is an older version of a row", "are older versions of rows", "The history is made of them."),
    NOT_DONE: ("is a task that is not done", "are tasks that are not done", "What is planned has not happened."),
    PLANNED: ("is planned and not held yet", "are planned and not held yet", "It lies after everything else in the data."),
    UNCHANGED: ("is a version in which nothing that is read changed", "are versions in which nothing that is read changed", ""),
    NO_ROLE: ("says nothing of a buying role", "say nothing of a buying role", ""),
    NO_FIELD: ("is the history of no field of accounts", "are the history of no field of accounts", ""),
}
"""Reason -> what one row is, what several are, what there is to know. None of them counts towards ``max_left_out``."""
