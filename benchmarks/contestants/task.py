"""The task that every contestant is given, and how each of them hands in what it found.

Of every (account, moment): how many events of four kinds in the last 7, 30 and 90 days, how many different users, and days since
the last event. An event counts where it happened **and** was recorded before the moment. Numpy alone is imported here, since
one contestant lives in an environment of its own.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

KINDS = ("login", "page_view", "pricing_page_view", "report_run")
OTHER_KINDS = ("export", "invite_sent", "api_call", "support_ticket")
WINDOWS = (7, 30, 90)
DAY = 86_400_000_000
COLUMNS = tuple(f"{what}_{w}d" for w in WINDOWS for what in (*KINDS, "users", "recency"))
"""The order of the answer's columns: float64, recency in days and NaN where there was no event in the window."""


class Watch:
    """What an answer costs from now on: seconds on the wall and of all cores, and the most memory that the process had, in GB."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def figures(self) -> dict[str, float]:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)
        return {"seconds": time.perf_counter() - self.wall, "cpu": time.process_time() - self.cpu, "peak": peak}


def hand_in(folder: Path, name: str, values: np.ndarray, **figures: float | str) -> None:
    """Write the answer beside the data, and the figures to standard output."""
    np.save(folder / f"{name}.npy", np.ascontiguousarray(values, dtype=np.float64))
    print(json.dumps(figures))


def ordered(found: dict[str, np.ndarray], moment: np.ndarray, moments: int) -> np.ndarray:
    """Columns of the moments that have any event, ``recency`` in microseconds, as the whole answer."""
    out = np.zeros((moments, len(COLUMNS)))
    for j, name in enumerate(COLUMNS):
        if name.startswith("recency"):
            out[:, j] = np.nan
            out[moment, j] = found[name] / DAY
        else:
            out[moment, j] = np.nan_to_num(found[name])
    return out
