"""Options that commands share, and the way results are said."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def config_option(command: F) -> F:
    return click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path, dir_okay=False),
        default=Path("configs/demo.yaml"),
        show_default=True,
        help="The company's configuration; it names the data.",
    )(command)


def workspace_option(command: F) -> F:
    return click.option(
        "--workspace",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(),
        show_default="the current folder",
        help="Where models/ and mlruns/ lie.",
    )(command)


def as_of_option(command: F) -> F:
    return click.option("--as-of", help="The moment of knowing, as 2026-01-31.  [default: the newest time in the data, never the clock]")(
        command
    )


def json_option(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")(command)


def say(words: str) -> None:
    """Progress and words, on standard error."""
    click.echo(words, err=True)


def steps() -> Callable[[str], None]:
    """Progress of long work, on standard error: a line a step, and on a terminal the seconds since the start before it.

    On a terminal the first line comes at once: the libraries alone take some seconds to load.
    """
    if not sys.stderr.isatty():
        return say
    start = time.monotonic()

    def tell(words: str) -> None:
        say(f"{time.monotonic() - start:4.0f} s  {words}")

    tell("reading the data")
    return tell


def answer(result: Mapping[str, Any], lines: list[str], *, as_json: bool) -> None:
    """The result: one JSON object, or lines for a person. JSON knows no NaN: an unknown figure is null."""
    if as_json:
        from icpfit.manifest import plain

        click.echo(json.dumps(plain(_finite(result)), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        for line in lines:
            click.echo(line)


def _finite(value: Any) -> Any:
    """JSON has no infinity either."""
    if isinstance(value, float) and math.isinf(value):
        return None
    if isinstance(value, Mapping):
        return {k: _finite(v) for k, v in value.items()}
    return [_finite(v) for v in value] if isinstance(value, (list, tuple)) else value
