"""Results on disk, whole or not at all: written beside their name, then renamed into place."""

from __future__ import annotations

import contextlib
import glob
import os
from pathlib import Path

from icpfit.errors import SourceError


def write_bytes(path: Path, content: bytes) -> None:
    """Under ``path`` stands the old content or the new, never a part of it.

    Raises:
        SourceError: the place cannot be written to.
    """
    write_all({path: content})


def write_all(contents: dict[Path, bytes]) -> None:
    """Every file whole, and none of them where one cannot be written. The first gets its name last: with it stand all others.

    Raises:
        SourceError: a place cannot be written to; what stood there before stands there still.
    """
    aside = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in contents}
    path = Path()
    try:
        for path, content in contents.items():
            if path.is_dir():
                raise IsADirectoryError(21, "it is a folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            _clear_left(path)
            aside[path].write_bytes(content)
        for path in reversed(contents):
            os.replace(aside[path], path)
    except OSError as error:
        raise SourceError(f"{path}: cannot be written ({error.strerror})", hint="name a file in a folder that you may write to") from error
    finally:
        for part in aside.values():
            with contextlib.suppress(OSError):  # it was never made, or its folder was not
                part.unlink()


def write_text(path: Path, text: str) -> None:
    """UTF-8, with the line ends as they are."""
    write_bytes(path, text.encode())


def _clear_left(path: Path) -> None:
    """Take away what a killed process left half written beside ``path``; a part of a process that is alive stays."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        process = part.name.removeprefix(f".{path.name}.").removesuffix(".part")
        if process.isdecimal() and not _alive(int(process)):
            part.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    if os.name != "posix":  # elsewhere the question itself would end the process
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # somebody else's
    return True
