"""Options that commands share, and the way results are said."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from icpfit.progress import Counted

if TYPE_CHECKING:
    from rich.progress import Progress

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

    On a terminal the first line comes at once: the libraries alone take some seconds to load. What is counted
    is a bar there, which goes when all is done.
    """
    if not sys.stderr.isatty():
        return say
    told = _OnTerminal()
    if (context := click.get_current_context(silent=True)) is not None:
        context.call_on_close(told.close)  # however the command ends: the bar had hidden the cursor
    told("reading the data")
    return told


class _OnTerminal:
    """Lines with the seconds since the start, and a bar under them while something is counted."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._bar: Progress | None = None

    def __call__(self, words: str) -> None:
        if isinstance(words, Counted) and words.done < words.total:
            self._draw(words)
            return
        self.close()
        say(f"{time.monotonic() - self._start:4.0f} s  {words}")

    def _draw(self, words: Counted) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        if self._bar is None:
            columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
        if not self._bar.tasks:
            self._bar.add_task("")
        self._bar.update(self._bar.task_ids[0], description=words.step, completed=words.done, total=words.total)

    def close(self) -> None:
        """Take the bar away, if one stands there."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


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
