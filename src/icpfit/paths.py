"""Paths as people read them."""

from __future__ import annotations

import os
from pathlib import Path


def plain_path(path: Path) -> Path:
    """The same place without ``folder/..`` in it; in full where a link makes ``..`` mean something else.

    >>> plain_path(Path("configs/../deals.csv")).as_posix(), plain_path(Path("../data/")).as_posix()
    ('deals.csv', '../data')
    """
    short = Path(os.path.normpath(path))
    return short if os.path.realpath(short) == os.path.realpath(path) else Path(os.path.realpath(path))


def absent(path: Path) -> bool:
    """Whether nothing stands there. Where looking itself fails, not: whoever opens it says what is wrong."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def configured(path: Path, what: str) -> str:
    """What to do about a ``source.path`` of a configuration at which nothing stands."""
    where = "source.path in the configuration names it, and a relative path starts at the configuration's own folder"
    return f"{where}: mend it there, or put the {what} at {plain_path(path.absolute())}"
