"""What each gate asks, in words; its short name is for programs."""

from __future__ import annotations

TITLES = {
    "evidence": "There is enough data",
    "signal": "It is better than chance",
    "no_worse": "It is no worse than the profile in force",
    "calibration": "Its percentages hold",
    "card_fidelity": "The scorecard ranks as the model does",
    "leakage_clean": "Nothing in use knows the outcome",
    "tier_stability": "Most accounts keep their tier",
    "reverse_validation": "Customers who stayed score above those who left",
    "retrospective_recall": "Most past wins score above the lowest tier",
}


def title_of(gate: str) -> str:
    """In quotes, with the short name that the JSON and the configuration know it by.

    >>> title_of("signal")
    '“It is better than chance” (signal)'
    """
    return f"“{TITLES[gate]}” ({gate})" if gate in TITLES else gate
