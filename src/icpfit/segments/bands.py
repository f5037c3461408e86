"""Company sizes in the bands that people use."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SIZE_BANDS = (
    (1, 11, "1 to 10"),
    (11, 51, "11 to 50"),
    (51, 201, "51 to 200"),
    (201, 501, "201 to 500"),
    (501, 1_001, "501 to 1,000"),
    (1_001, 5_001, "1,001 to 5,000"),
    (5_001, np.inf, "more than 5,000"),
)
"""Employees, in the groups that most company registers and CRMs offer. Nobody at all is not a company's size."""


def size_bands(employees: npt.NDArray[np.float64]) -> npt.NDArray[np.object_]:
    """The name of each headcount's band; None where it is unknown, or no company's size.

    >>> size_bands(np.array([10.0, 11.0, 0.0, np.nan])).tolist()
    ['1 to 10', '11 to 50', None, None]
    """
    out = np.full(len(employees), None, dtype=object)
    for low, high, name in SIZE_BANDS:
        out[(employees >= low) & (employees < high)] = name
    return out
