"""How long each step of a run took; the figures stand in MLflow and in no document."""

from __future__ import annotations

import time


class Stopwatch:
    """``laps``: seconds by the name of the step."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = now - self._last
        self._last = now

    def skip(self) -> None:
        self._last = time.perf_counter()
