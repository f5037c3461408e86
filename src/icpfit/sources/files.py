"""Results on disk, whole or not at all: written beside their name, then renamed into place."""

from __future__ import annotations

import os
from pathlib import Path

from icpfit.errors import SourceError


def write_bytes(path: Path, content: bytes) -> None:
    """Under ``path`` stands the old content or the new, never a part of it.

    Raises:
        SourceError: the place cannot be written to.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(content)
        os.replace(aside, path)
    except OSError as error:
        if aside.parent.is_dir():
            aside.unlink(missing_ok=True)
        raise SourceError(f"{path}: cannot be written ({error.strerror})", hint="name a file in a folder that you may write to") from error


def write_text(path: Path, text: str) -> None:
    """UTF-8, with the line ends as they are."""
    write_bytes(path, text.encode())
