"""The quarterly cycle and the weekly scoring, each one function over the parts below."""
