"""Rows that are right one by one and contradict each other: what ``icpfit check`` says of any company's tables."""

from icpfit.sources.nonsense.find import find_nonsense

__all__ = ["find_nonsense"]
