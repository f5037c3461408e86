"""How far a long step is: told to whoever listens. Nobody does, unless a program's edge says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a command's --help must not wait for a library
    import duckdb

FIRST, EVERY = 5.0, 10.0
"""Seconds before the first word, and between words: short steps say nothing."""

_listeners: list[Callable[[str], None]] = []


def listen(tell: Callable[[str], None]) -> None:
    """From now on ``tell`` hears how far long steps are, from a thread of its own. It takes the place of who listened before."""
    _listeners[:] = [tell]


def say(words: str) -> None:
    """Whoever listens hears it at once."""
    for tell in _listeners:
        tell(words)


@contextmanager
def told(connection: duckdb.DuckDBPyConnection, step: str) -> Iterator[None]:
    """While the block runs and takes its time, its name, its seconds and how much of the current query is done."""
    if not _listeners:
        yield
        return
    connection.execute("SET enable_progress_bar = true")
    connection.execute("SET enable_progress_bar_print = false")
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(connection, step, over, _listeners[0]), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _watch(connection: duckdb.DuckDBPyConnection, step: str, over: threading.Event, tell: Callable[[str], None]) -> None:
    start, wait = time.monotonic(), FIRST
    while not over.wait(wait):
        share, wait = connection.query_progress(), EVERY
        done = f", {share:.0f} % of this step" if 0 < share <= 100 else ""
        tell(f"{step}: {time.monotonic() - start:.0f} s{done}")


class Counted(str):
    """Words on a step whose length is known. Who hears only words hears "tuning: 2 of 24 trials"; who can draw, draws a bar.

    >>> words = Counted("tuning", 2, 24, "trials")
    >>> words, words.done / words.total < 0.1
    ('tuning: 2 of 24 trials', True)
    """

    step: str
    done: int
    total: int
    unit: str

    def __new__(cls, step: str, done: int, total: int, unit: str) -> Counted:
        words = super().__new__(cls, f"{step}: {done} of {total} {unit}")
        words.step, words.done, words.total, words.unit = step, done, total, unit
        return words
