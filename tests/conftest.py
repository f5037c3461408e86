"""What all tests share: real data is tested only where it is there."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, not skip, the tests on public data sets where ICPFIT_REAL_DATA does not name their folder."""
    if os.environ.get("ICPFIT_REAL_DATA"):
        return
    real = [item for item in items if item.get_closest_marker("real_data")]
    if real:
        config.hook.pytest_deselected(items=real)
        items[:] = [item for item in items if not item.get_closest_marker("real_data")]
