"""The evidence that the gates judge: champion and challenger on the same later deals."""
