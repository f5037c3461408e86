"""One gate's answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Answer = Literal["passed", "failed", "cannot tell", "not applicable"]

FEW = 20
"""Fewer accounts, wins or customers than this cannot carry a share or a mean."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One question, its answer with the numbers it rests on, and the answer in words.

    ``passed`` is None where the answer is ``cannot tell`` or ``not applicable``. A gate that is not
    ``binding`` warns, and stops nothing.

    >>> Gate("signal", "failed", None, True, {}, "")
    Traceback (most recent call last):
    ...
    ValueError: signal: 'failed' goes with passed = False
    """

    gate: str
    answer: Answer
    passed: bool | None
    binding: bool
    numbers: Mapping[str, Any]
    words: str

    def __post_init__(self) -> None:
        expected = {"passed": True, "failed": False}.get(self.answer)
        if self.passed is not expected:
            raise ValueError(f"{self.gate}: {self.answer!r} goes with passed = {expected}")

    def values(self) -> dict[str, Any]:
        """As plain JSON."""
        return {name: getattr(self, name) for name in ("gate", "answer", "passed", "binding", "numbers", "words")}


def answered(name: str, answer: Answer | bool, numbers: Mapping[str, Any], words: str, binding: bool = True) -> Gate:
    """A gate whose ``passed`` follows from its answer; True and False are read as passed and failed."""
    said: Answer = answer if isinstance(answer, str) else ("passed" if answer else "failed")
    return Gate(name, said, {"passed": True, "failed": False}.get(said), binding, numbers, words)
