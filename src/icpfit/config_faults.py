"""What is wrong with a configuration, in one sentence."""

from __future__ import annotations

import difflib

from pydantic import ValidationError


def words_of(error: ValidationError) -> str:
    """The first problem, by its place in the file, and how many more there are."""
    problems = error.errors()
    first = problems[0]
    place = ".".join(str(p) for p in first["loc"] if p not in ("folder", "flat")) or "the configuration"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = "there is no such setting"
    elif first["type"] == "missing":
        message = "is needed and is not there"
    return f"{place}: {message}{more}"


def did_you_mean(error: ValidationError, known: set[str]) -> str | None:
    """The setting whose name is closest to the first unknown one; None where none is close."""
    for problem in error.errors():
        if problem["type"] != "extra_forbidden":
            continue
        close = difflib.get_close_matches(str(problem["loc"][-1]), sorted(known), n=1)
        if close:
            return f"did you mean {close[0]!r}?"
    return None
