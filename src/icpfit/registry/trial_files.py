"""The trials of a retrain under way, a file for each search: a retrain that was killed goes on where it stood."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from icpfit.errors import SourceError
from icpfit.manifest import sha256_text
from icpfit.registry.workspace import Workspace, append_line, make_folder, remove, sync_folder

Batch = Sequence[Mapping[str, Any]]


class TrialFiles:
    """``models/.tuning/<outcome>-<hash of all inputs>.jsonl``: a line for each batch of trials, with its number and its sha256.

    A line is on the disk before the next batch begins. A last line that was cut off in the middle was never
    finished, and is dropped; any other fault and the file is not trusted at all: ``tell`` hears it, and the search
    begins anew. Use it under the workspace's lock.
    """

    def __init__(self, workspace: Workspace, tell: Callable[[str], None] = lambda _: None) -> None:
        self._workspace, self._tell = workspace, tell
        self._folder = workspace.models / ".tuning"
        self._written: dict[str, int] = {}

    def read(self, search: str) -> tuple[Batch, ...]:
        """The batches that were written whole, oldest first.

        Raises:
            SourceError: the file is there and cannot be read.
        """
        path = self._file(search)
        try:
            body = path.read_bytes()
        except FileNotFoundError:
            body = b""
        except OSError as error:
            raise SourceError(
                f"{path}: the trials of a retrain that was cut off cannot be read ({error.strerror})",
                hint=f"delete {self._folder}: tuning begins anew, and nothing else is lost",
            ) from error
        whole = body[: body.rfind(b"\n") + 1]
        if whole != body:
            os.truncate(path, len(whole))
        batches = []
        for number, line in enumerate(whole.splitlines()):
            try:
                found = json.loads(line)
                if found["sha256"] != _seal(search, number, found["trials"]):
                    raise ValueError("the hash does not hold")
            except (KeyError, TypeError, ValueError):  # no JSON, and no UTF-8, are ValueErrors too
                self.forget(search, f"line {number + 1} was changed or damaged")
                return ()
            batches.append(found["trials"])
        self._written[search] = len(batches)
        return tuple(batches)

    def write(self, search: str, batch: Batch) -> None:
        """One more batch, on the disk when this returns."""
        number = self._written.get(search, 0)
        make_folder(self._folder)
        append_line(self._file(search), json.dumps({"sha256": _seal(search, number, batch), "trials": batch}, allow_nan=False))
        self._written[search] = number + 1

    def forget(self, search: str, why: str) -> None:
        """Take the file away, and say why its trials are not trusted."""
        path = self._file(search)
        self._tell(f"{path.relative_to(self._workspace.path)}: {why}; its trials are not used, and tuning begins anew")
        remove(path)
        self._written[search] = 0

    def clear(self) -> None:
        """All trials of this workspace go: those of the retrain that has ended, and of older ones that nobody took up again."""
        if self._folder.exists():
            shutil.rmtree(self._folder)
            sync_folder(self._folder.parent)

    def _file(self, search: str) -> Path:
        return self._folder / f"{search}.jsonl"


def _seal(search: str, number: int, batch: Batch) -> str:
    """A line holds for its own search and its own place only."""
    return sha256_text(json.dumps([search, number, batch], allow_nan=False))
