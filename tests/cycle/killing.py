"""Runs a retrain in a forked process that is killed in the middle of a write of its trials, and then once more to its end.

    python killing.py CONFIG SCRATCH RUN MOMENT...

RUN is ``learn`` (what a retrain learns, and the bundle written) or ``retrain`` (all of it, with MLflow). The first run is
left alone; then, for each MOMENT (2.5: when half of the third batch of trials is written), one is killed (SIGKILL) and run
again. Prints one JSON object a line: the workspace, whether it was killed, what it left, what the last run said.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from icpfit.cycle.opened import open_config
from icpfit.cycle.retrain import learn, retrain
from icpfit.registry import TrialFiles, Workspace, trial_files, write_bundle


def kill_in(moment: str) -> None:
    """``2.5``: when half of the third batch is written."""
    append, left = trial_files.append_line, float(moment)

    def cut_off(path: Path, line: str) -> None:
        nonlocal left
        if left >= 1:
            append(path, line)
            left -= 1
            return
        body = f"{line}\n".encode()
        with path.open("ab") as handle:
            handle.write(body[: int(len(body) * left)])
        os.kill(os.getpid(), signal.SIGKILL)

    trial_files.append_line = cut_off


def learn_and_write(config: str, workspace: Workspace, say: Callable[[str], None]) -> None:
    opened = open_config(Path(config))
    with workspace.locked("retrain"):
        log = TrialFiles(workspace, say)
        bundle = learn(opened, opened.moment(None), say, log).bundle
        assert bundle is not None
        write_bundle(workspace, bundle)
        log.clear()


def retrain_whole(config: str, workspace: Workspace, say: Callable[[str], None]) -> None:
    opened = open_config(Path(config))
    retrain(opened, workspace, opened.moment(None), say)


def in_a_fork(run: Callable[..., None], *arguments: Any, words: Path, moment: str = "") -> bool:
    """True if it was killed."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with words.open("w", encoding="utf-8") as handle:

                def say(text: str) -> None:
                    handle.write(text + "\n")
                    handle.flush()

                if moment:
                    kill_in(moment)
                run(*arguments, say)
            code = 0
        finally:
            os._exit(code)
    _, state = os.waitpid(child, 0)
    if os.WIFEXITED(state) and os.WEXITSTATUS(state):
        raise SystemExit("a run failed of itself")
    return os.WIFSIGNALED(state)


def main(config: str, scratch: str, which: str, *moments: str) -> None:
    import lightgbm  # noqa: F401  # once, before the forks; it starts no thread until it trains
    import optuna  # noqa: F401

    run = {"learn": learn_and_write, "retrain": retrain_whole}[which]
    for moment in ("", *moments):
        workspace, words = Workspace(Path(scratch) / f"killed {moment}"), Path(scratch) / "words"
        killed = in_a_fork(run, config, workspace, words=words, moment=moment) if moment else False
        left = [p.read_bytes() for p in (workspace.models / ".tuning").glob("*")]
        in_a_fork(run, config, workspace, words=words)
        said = words.read_text(encoding="utf-8").splitlines()
        seen = {"workspace": str(workspace.path), "killed": killed, "lines": [len(b.splitlines()) for b in left], "said": said}
        seen["torn"] = [not body.endswith(b"\n") for body in left]
        print(json.dumps(seen), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
