"""The command line: a command parses, calls one function, and prints where the result is."""

from icpfit.cli.main import main

__all__ = ["main"]
