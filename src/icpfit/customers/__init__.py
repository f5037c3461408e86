"""Customers and losses: what they are worth, who grows, the best and the problem ones, and why deals were lost."""

from icpfit.customers.study import Study, study_customers

__all__ = ["Study", "study_customers"]
