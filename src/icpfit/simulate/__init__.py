"""A B2B SaaS company that anyone recognises, with its truth."""

from icpfit.simulate.company import Company, simulate_company
from icpfit.simulate.write import write_company

__all__ = ["Company", "simulate_company", "write_company"]
