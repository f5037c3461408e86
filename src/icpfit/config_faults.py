"""What is wrong with a configuration, in one sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError


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
    elif first["type"] == "union_tag_invalid":
        message = f"there is no kind {first['ctx']['tag']!r}; there are {first['ctx']['expected_tags']}"
    elif first["type"] == "union_tag_not_found":
        message = "its 'kind' is not said"
    return f"{place}: {message}{more}"


def did_you_mean(error: ValidationError, model: type[BaseModel]) -> str | None:
    """The setting whose name is closest to the first unknown one; None where none is close.

    A name that is right and stands in the wrong section is answered with its full place.
    """
    places = sorted(set(_places(model, "")))
    known = {place.rsplit(".", 1)[-1] for place in places}
    for problem in error.errors():
        if problem["type"] != "extra_forbidden":
            continue
        written = str(problem["loc"][-1])
        if written in known:
            right = [repr(place) for place in places if place.rsplit(".", 1)[-1] == written]
            return f"did you mean {' or '.join(right)}?"
        close = difflib.get_close_matches(written, sorted(known), n=1)
        if close:
            return f"did you mean {close[0]!r}?"
    return None


def _places(kind: Any, above: str) -> Iterator[str]:
    """Every setting of a model with its place, as ``scorecard.tiers.share``; unions and lists are looked into."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            yield above + name
            yield from _places(field.annotation, f"{above}{name}.")
    else:
        for part in get_args(kind):
            yield from _places(part, above)
