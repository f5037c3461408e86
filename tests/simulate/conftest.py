from __future__ import annotations

import pytest

from icpfit.simulate import Company, simulate_company
from icpfit.simulate.limit import Attainable, attainable


@pytest.fixture(scope="session")
def company() -> Company:
    """The demo company itself."""
    return simulate_company()


@pytest.fixture(scope="session")
def reached(company: Company) -> Attainable:
    return attainable(company)


@pytest.fixture(scope="session")
def null_company() -> Company:
    return simulate_company(null=True)
